/**
 * Salesforce writes one id in two ways: 15 characters, of which case counts, and 18, where three more say which of
 * the others are capitals, so that readers that ignore case tell them apart.
 */
const shortId = /^[a-zA-Z0-9]{15}$/
const longId = /^[a-zA-Z0-9]{18}$/

/** The 18 characters of an id of 15; null when the text is no such id. */
export function longSalesforceId(id: string): string | null {
  if (!shortId.test(id)) return null
  return id + [0, 5, 10].map((start) => capitalsOf(id.slice(start, start + 5))).join('')
}

/** Whether the last three of 18 characters fit the others. */
export function isSalesforceId(id: string): boolean {
  return longId.test(id) && longSalesforceId(id.slice(0, 15)) === id
}

/** Whether two texts are one id of Salesforce, written in the two ways. */
export function areOneSalesforceId(one: string, other: string): boolean {
  return longSalesforceId(one) === other || longSalesforceId(other) === one
}

/** Five characters: which of them are capitals, the first in the lowest bit. */
function capitalsOf(five: string): string {
  const bits = [...five].reduce((sum, character, at) => sum + (/[A-Z]/.test(character) ? 1 << at : 0), 0)
  return 'ABCDEFGHIJKLMNOPQRSTUVWXYZ012345'.charAt(bits)
}
