import { areOpenedByKeys } from '../core/credential/credential.ts'
import type { App, Gateway } from '../core/gateway.ts'
import type { KeyFacts, KeyUsageFacts } from '../core/keys/key-facts.ts'
import { printable } from './session-list.ts'
import { table, timeText } from './table.ts'

/** Keys as a table for people, with a final newline. */
export function keyTable(keys: readonly KeyFacts[]): string {
  const rows = keys.map((one) => [
    one.id,
    printable(one.name),
    printable(one.user),
    one.provider === null ? '(no longer)' : printable(one.provider),
    one.source === 'file' ? `${one.state}, in the file` : one.state,
    timeText(one.created_at),
    one.expires_at === null ? 'never' : timeText(one.expires_at),
    one.sleeps_at === null ? '-' : timeText(one.sleeps_at),
  ])
  return table([['ID', 'NAME', 'USER', 'PROVIDER', 'STATE', 'MADE', 'ENDS', 'FALLS ASLEEP'], ...rows])
}

/** A key and its secret, with what its owner does with them: shown this once. */
export function secretText(
  facts: Pick<KeyFacts, 'id' | 'apps'>,
  { secret, whole }: { readonly secret: string; readonly whole: string },
  gateway: Pick<Gateway, 'apps'>,
): string {
  const url = exampleUrl(facts, gateway.apps)
  return `Its secret is shown this once. As one text, or as key and secret:

  ${whole}

  key     ${facts.id}
  secret  ${secret}

  curl -H 'Authorization: Bearer ${whole}' ${url}
  curl -u ${facts.id}:${secret} ${url}
`
}

/** Of an app that the key is for, and that takes keys. */
function exampleUrl({ apps: own }: Pick<KeyFacts, 'apps'>, apps: readonly App[]): string {
  const meant = apps.filter(({ name }) => own?.includes(name) ?? true)
  const [app] = [...meant.filter(takesKeys), ...meant]
  return app === undefined ? 'https://…' : `${app.url.replace(/\/$/, '')}/`
}

function takesKeys({ fallback, allLocations }: App): boolean {
  return [fallback, ...allLocations].some(({ credentials }) => credentials.includes('api_key'))
}

/** Whether nothing of the configuration takes a key or a token that is given for one, so that one would open nothing. */
export function takesNoKeys({ apps }: Pick<Gateway, 'apps'>): boolean {
  return !apps.some(({ fallback, allLocations }) =>
    [fallback, ...allLocations].some(({ credentials }) => areOpenedByKeys(credentials)),
  )
}

/** How often one key was used, by days. */
export function usageText({ id, days, last_used_at: at, last_network: network }: KeyUsageFacts): string {
  if (at === null && days.length === 0) return `${id} was never used.\n`
  const last =
    at === null ? '' : `Last used ${timeText(at)}${network === null ? '' : ` from ${printable(network)}`}.\n`
  return `${last}${table([['DAY (UTC)', 'USES'], ...days.map(({ day, count }) => [day, String(count)])])}`
}

/** Of all keys: today, in seven days and in thirty, and when each was used last. */
export function usageTable(
  keys: readonly { readonly facts: KeyFacts; readonly usage: KeyUsageFacts }[],
  now: number,
): string {
  const rows = keys.map(({ facts, usage }) => [
    facts.id,
    printable(facts.name),
    printable(facts.user),
    ...[1, 7, 30].map((days) => String(usesWithin(usage, days, now))),
    usage.last_used_at === null ? 'never' : timeText(usage.last_used_at),
  ])
  return table([['ID', 'NAME', 'USER', 'TODAY', '7 DAYS', '30 DAYS', 'LAST USED'], ...rows])
}

function usesWithin({ days }: KeyUsageFacts, count: number, now: number): number {
  const first = new Date((now - (count - 1) * 86_400) * 1000).toISOString().slice(0, 10)
  return days.reduce((sum, one) => (one.day >= first ? sum + one.count : sum), 0)
}
