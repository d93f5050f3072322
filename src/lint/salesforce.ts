import { isSalesforceId, longSalesforceId } from '../core/rules/salesforce-id.ts'
import { type Check, foundAtPart } from './check.ts'
import { type ClaimCondition, claimUses, textsOf } from './rules.ts'
import type { Subject } from './subject.ts'
import { conditionName, operandsOf } from './words.ts'

export const salesforceChecks: readonly Check[] = [
  {
    id: 'salesforce-short-id',
    severity: 'warning',
    finds: 'A Salesforce id of 15 characters',
    why: 'Setup pages show 15 characters, but claims hold 18. The two are never equal, so nobody gets in.',
    fix: 'Write the 18 characters; the finding shows them.',
    example: 'require: { organization_id: "00D5e000000HEcP" }',
    find: (subject) =>
      claimUses(subject.gateway).flatMap((use) => {
        const { condition } = use
        const short = textsOf(condition).find((text) => isShortId(subject, condition, text))
        const long = short === undefined ? null : longSalesforceId(short)
        if (long === null) return []
        const hint = operandsOf(subject, condition) === null ? '' : `: write "${long}"`
        const message = `${conditionName(subject, condition)} holds 18 characters, this id has 15${hint}`
        return foundAtPart(subject, condition, message)
      }),
  },
  {
    id: 'salesforce-wrong-id',
    severity: 'warning',
    finds: 'A Salesforce id whose last three characters do not fit',
    why: 'They follow from which of the other characters are capitals. If they do not fit, a character was mistyped or its case was lost on the way. Nobody gets in.',
    fix: 'Copy the id once more.',
    example: 'require: { organization_id: "00d5e000000hecpEAW" }',
    find: (subject) =>
      claimUses(subject.gateway).flatMap(({ condition }) => {
        const wrong = textsOf(condition).some(
          (text) => salesforceIds.has(condition.path) && /^00\w{16}$/.test(text) && !isSalesforceId(text),
        )
        const message = `the last three characters of this ${conditionName(subject, condition)} do not fit the others`
        return wrong ? foundAtPart(subject, condition, message) : []
      }),
  },
]

const salesforceIds: ReadonlySet<string> = new Set(['organization_id', 'user_id'])

/** Key prefixes of organisations and users; other texts of 15 characters may be anything. */
function isShortId(subject: Subject, { path }: ClaimCondition, text: string): boolean {
  const known =
    salesforceIds.has(path) ||
    [...subject.gateway.providers.values()].some(({ preset }) => preset === 'salesforce')
  return known && /^(?:00D|005|00e|00G)\w{12}$/.test(text)
}
