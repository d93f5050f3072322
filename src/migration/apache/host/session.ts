import { durationText } from '../../duration-text.ts'
import type { Finding } from '../../finding.ts'
import type { YamlValue } from '../../yaml.ts'
import type { ProviderNotes } from '../provider/notes.ts'
import { lastOf, wordsOf } from '../reading/last.ts'
import type { VirtualHost } from '../reading/site.ts'
import type { Directive } from '../reading/tree.ts'
import { told } from '../told.ts'
import { convertStore } from './store.ts'

/** How long a host's sessions last, and their cookie. */
export interface ConvertedSession {
  readonly idleTimeout: string
  readonly maxLifetime: string
  readonly cookie: { readonly [key: string]: YamlValue }
  /** Where they rest; empty for the gateway's own file. */
  readonly store: { readonly [key: string]: YamlValue }
}

/** mod_auth_openidc's own defaults: 300 and 28,800 seconds. */
export function convertSession(host: VirtualHost, { report, variable }: ProviderNotes): ConvertedSession {
  const { directives } = host
  const say = (id: string, kind: Finding['kind'], name: string, message: string): void => {
    const directive = lastOf(directives, name)
    report(noted(id, kind, directive, name, message))
  }
  const idle = secondsOf(directives, 'OIDCSessionInactivityTimeout', 300)
  const max = secondsOf(directives, 'OIDCSessionMaxDuration', 28800)
  if (lastOf(directives, 'OIDCSessionInactivityTimeout') === null) {
    say(
      'idle-timeout',
      'suspect',
      'OIDCSessionInactivityTimeout',
      'was 300 seconds by default, and is written out: five minutes without a request sign people out',
    )
  } else say('kept', 'kept', 'OIDCSessionInactivityTimeout', '`idle_timeout`')
  if (max === 0) {
    say(
      'max-duration',
      'not-convertible',
      'OIDCSessionMaxDuration',
      'sessions followed the ID token: here they last 8 hours, choose `max_lifetime`',
    )
  } else if (lastOf(directives, 'OIDCSessionMaxDuration') !== null) {
    say('kept', 'kept', 'OIDCSessionMaxDuration', '`max_lifetime`')
  }
  const store = convertStore(directives, { say, variable })
  const [type = 'server-cache'] = wordsOf(directives, 'OIDCSessionType')
  if (lastOf(directives, 'OIDCSessionType') !== null)
    say('session-type', 'changed', 'OIDCSessionType', typeText(type, 'store' in store))
  return {
    idleTimeout: durationText(Math.min(idle, max === 0 ? 28800 : max)),
    maxLifetime: durationText(max === 0 ? 28800 : max),
    cookie: cookieOf(directives, say),
    store,
  }
}

/** What a session of httpd is here: where it rests, and how long. */
function typeText(type: string, isShared: boolean): string {
  const persistent = type.includes(':persistent') ? '. They end with the browser, as the cookie does' : ''
  if (!type.startsWith('client-cookie')) return `sessions rest in the gateway’s store${persistent}`
  const alone = isShared
    ? ''
    : '. One file serves a single instance, a Redis several. `session.store: cookie` keeps sessions in the browser, where a copied cookie lives until `max_lifetime`'
  return `sessions rest in the gateway’s store: the cookie carries a key alone, and a session can be revoked${alone}${persistent}`
}

function secondsOf(directives: readonly Directive[], name: string, byDefault: number): number {
  const [text = ''] = wordsOf(directives, name)
  return /^\d{1,9}$/.test(text) ? Number(text) : byDefault
}

function cookieOf(
  directives: readonly Directive[],
  say: (id: string, kind: Finding['kind'], name: string, message: string) => void,
): Record<string, YamlValue> {
  const found: Record<string, YamlValue> = {}
  const [name] = wordsOf(directives, 'OIDCCookie')
  const plain = name?.replace(/^__(?:Host|Secure)-/, '')
  if (plain !== undefined && /^[\w-]{1,64}$/.test(plain)) {
    found.cookie_name = plain
    say('cookie', 'kept', 'OIDCCookie', '`session.cookie_name`; `__Host-` is put in front on https')
  }
  const sameSite = wordsOf(directives, 'OIDCCookieSameSite')[0]?.toLowerCase()
  if (sameSite === 'strict') {
    found.same_site = 'strict'
    say('same-site', 'kept', 'OIDCCookieSameSite', '`session.same_site: strict`')
  } else if (sameSite !== undefined) {
    say(
      'same-site',
      'changed',
      'OIDCCookieSameSite',
      '`lax`, the default: a cookie is never sent from other sites but with a link',
    )
  }
  return found
}

function noted(
  id: string,
  kind: Finding['kind'],
  directive: Directive | null,
  name: string,
  message: string,
): Finding {
  return {
    id,
    kind,
    at: directive?.at ?? null,
    what: directive === null ? `the default of ${name}` : told(directive),
    message,
    effect: null,
  }
}
