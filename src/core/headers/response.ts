import { saysCaching } from './cache.ts'
import type { ResponseHeaders } from './form.ts'
import { connectionHeaders, isDroppedFromAnswers } from './names.ts'

// The body's framing and form, and where an answer leads: what the gateway reads, writes or maps itself.
const ours: ReadonlySet<string> = new Set([
  ...['content-length', 'content-encoding', 'content-range', 'set-cookie', 'location', 'content-location'],
])

/** Whether `response_headers` may neither set nor remove a header of this name, in lower case. */
export function isReservedInAnswers(name: string): boolean {
  return (
    ours.has(name) ||
    connectionHeaders.has(name) ||
    name.startsWith('access-control-') ||
    isDroppedFromAnswers(name)
  )
}

/** Whether a header of this name, in lower case, says who may keep an answer: never where it depends on who asks. */
export function saysWhoMayKeep(name: string): boolean {
  return name === 'expires' || saysCaching(name)
}

/** The headers of an app's answer, name, value, name, value …, as the location wants them. */
export function withLocationHeaders(headers: readonly string[], change: ResponseHeaders): readonly string[] {
  const gone = new Set([...change.remove, ...change.set.map(({ name }) => name.toLowerCase())])
  const kept = headers.filter((_, i) => !gone.has((headers[i - (i % 2)] ?? '').toLowerCase()))
  return [...kept, ...change.set.flatMap(({ name, value }) => [name, value])]
}

/**
 * The same for an answer of the gateway's own: what it says itself stays, be it to caches or to browsers; the page has
 * a Content-Security-Policy of its own, and one that was written for the app would take its style away.
 */
export function withLocationHeadersBeside(
  own: Readonly<Record<string, string>>,
  change: ResponseHeaders,
): Readonly<Record<string, string>> {
  const said = new Set([...Object.keys(own).map((name) => name.toLowerCase()), ...policies])
  const more = change.set.filter(
    ({ name }) => !said.has(name.toLowerCase()) && !saysWhoMayKeep(name.toLowerCase()),
  )
  return { ...own, ...Object.fromEntries(more.map(({ name, value }) => [name.toLowerCase(), value])) }
}

const policies = ['content-security-policy', 'content-security-policy-report-only']
