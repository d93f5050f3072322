import { durationText } from '../../duration-text.ts'
import type { YamlValue } from '../../yaml.ts'
import type { VirtualHost } from '../reading/site.ts'
import type { Directive } from '../reading/tree.ts'
import { splitWords } from '../reading/words.ts'

/** Where only the end of the access token said when: nobody knows here when that is. */
export const usualRecheckSeconds = 15 * 60
export const leastRecheckSeconds = 60

/** `OIDCUserInfoRefreshInterval` and `OIDCRefreshAccessTokenBeforeExpiry` as `recheck`; null where there is neither. */
export function readRecheck(host: VirtualHost, written: unknown): YamlValue | null {
  const everywhere = [...host.directives, ...host.sections.flatMap(({ directives }) => directives)]
  const lines = (name: string) => everywhere.filter(({ key }) => key === name)
  const userinfo = lines('oidcuserinforefreshinterval')
  const refresh = lines('oidcrefreshaccesstokenbeforeexpiry')
  const shortest = smallest([...userinfo.map(secondsOf), typeof written === 'number' ? written : null])
  const isRefreshed = refresh.some((line) => secondsOf(line) !== null)
  if (shortest === null && !isRefreshed) return null
  const seconds = Math.max(leastRecheckSeconds, shortest ?? usualRecheckSeconds)
  const isDropped = shortest !== null || refresh.some((line) => actionOf(line) !== null)
  const every = durationText(seconds)
  return isDropped ? { every, unanswered: every } : every
}

/** Null: never, or no number. */
export function secondsOf({ rest }: Pick<Directive, 'rest'>): number | null {
  const [text = ''] = splitWords(rest)
  return /^\d{1,8}$/.test(text) ? Number(text) : null
}

/** What httpd did when that failed; null: it was not said. */
export function actionOf({ rest }: Pick<Directive, 'rest'>): string | null {
  return splitWords(rest)[1]?.toLowerCase() ?? null
}

function smallest(numbers: readonly (number | null)[]): number | null {
  const written = numbers.filter((number) => number !== null && number >= 0)
  return written.length === 0 ? null : Math.min(...written.map(Number))
}
