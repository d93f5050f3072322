import type { Gateway } from '../gateway.ts'
import { isHttpsOrigin } from '../request/https-origin.ts'
import { showOwn } from '../show.ts'
import type { ApiKey } from './api-key.ts'

type Hosts = Gateway['hosts']

/**
 * Why pages of an origin may have no widgets of a key; null: they may. It is https and stands as browsers write it, and
 * no app of ours is there: whoever can put a script into one could use what was given out for a widget. For operators
 * and for whoever owns the key.
 */
export function keyOriginFault(text: string, hosts: Hosts): string | null {
  if (!isHttpsOrigin(text) || !originForm.test(text)) return `${expected}${meantBy(text)}`
  return isOwnOrigin(text, hosts)
    ? 'is the origin of an app behind this gateway, whose pages have no widgets'
    : null
}

/** A name or an address: no wildcard, which means nothing here, and no dot at its end, which is another origin. */
const originForm = /^https:\/\/(?:[a-z0-9_](?:[\w.-]*\w)?|\[[\da-f:.]+\])(?::\d+)?$/

const expected = 'is no https origin as browsers write it: expected such as https://shop.example'

/** What was meant by an address that is almost an origin; empty where that is not known. */
function meantBy(text: string): string {
  const url = URL.parse(text)
  if (url === null || !isHttpsOrigin(url.origin) || !originForm.test(url.origin)) return ''
  return `; did you mean ${showOwn(url.origin, 100)}?`
}

/**
 * Whether pages of this origin may have widgets of a key, by the configuration in force: judged when a token is asked
 * for, and again at each use of it. A person's own key has origins where `self_service.origins` lets people name them.
 */
export function hasKeyOrigin(
  { origins, owner }: Pick<ApiKey, 'origins' | 'owner'>,
  origin: string,
  around: { readonly hosts: Hosts; readonly selfService: { readonly origins: boolean } | null },
): boolean {
  if (!origins.includes(origin) || keyOriginFault(origin, around.hosts) !== null) return false
  return owner.kind === 'operator' || around.selfService?.origins === true
}

function isOwnOrigin(origin: string, hosts: Hosts): boolean {
  return hosts.get(hostOf(origin))?.origin === origin
}

function hostOf(origin: string): string {
  return origin.slice('https://'.length)
}
