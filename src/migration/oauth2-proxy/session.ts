import { durationText } from '../duration-text.ts'
import type { YamlValue } from '../yaml.ts'
import type { OauthProxy } from './proxy.ts'
import { convertStore } from './store.ts'

type Keys = Readonly<Record<string, YamlValue>>

/** Sessions and their cookie. oauth2-proxy's own default is a week, and is written out. */
export function convertSession(proxy: OauthProxy): Keys {
  const lifetime = lifetimeOf(proxy)
  proxy.variable({
    name: 'SESSION_SECRET',
    purpose: 'seals cookies: `openssl rand -base64 32`. A new one, as sessions are not carried over',
  })
  proxy.say(
    'cookie_secret',
    'changed',
    '`session.secret`, which is not copied: the file asks for SESSION_SECRET, of at least 32 bytes',
  )
  const keys: Record<string, YamlValue> = {
    secret: `\${env:SESSION_SECRET}`,
    idle_timeout: lifetime,
    max_lifetime: lifetime,
  }
  const name = proxy.text('cookie_name')?.replace(/^__(?:Host|Secure)-/, '')
  if (name !== undefined && /^[\w-]{1,64}$/.test(name)) keys.cookie_name = name
  proxy.say('cookie_name', 'kept', '`session.cookie_name`; `__Host-` is put in front on https')
  const sameSite = proxy.text('cookie_samesite')?.toLowerCase() ?? ''
  if (sameSite === 'strict') keys.same_site = 'strict'
  const exact = sameSite === 'strict' || sameSite === 'lax'
  proxy.say(
    'cookie_samesite',
    exact ? 'kept' : 'changed',
    exact ? '`session.same_site`' : '`lax`: other sites never send the cookie but with a link',
  )
  return { ...keys, ...convertStore(proxy) }
}

function lifetimeOf(proxy: OauthProxy): string {
  const written = proxy.text('cookie_expire')
  const seconds = written === null ? 604_800 : secondsOf(written)
  if (written === null) {
    proxy.say(
      'cookie_expire',
      'suspect',
      'was a week by default, and is written out: `session.max_lifetime: 7d`. Choose a shorter one',
      { always: true },
    )
  } else if (seconds === null || seconds === 0) {
    proxy.say(
      'cookie_expire',
      'changed',
      'the cookie ends with the browser here in any case; the session lasts a day at most: choose `session.max_lifetime`',
    )
  } else
    proxy.say(
      'cookie_expire',
      'kept',
      '`session.max_lifetime`, and `session.idle_timeout` as nobody was signed out for being idle',
    )
  return durationText(seconds === null || seconds === 0 ? 86_400 : seconds)
}

const units: Readonly<Record<string, number>> = { h: 3600, m: 60, s: 1, ms: 0.001 }

/** Go's durations, such as `168h0m0s`, in whole seconds; null for what is none. */
export function secondsOf(text: string): number | null {
  if (/^\d{1,9}$/.test(text)) return Number(text)
  if (!/^(?:\d{1,9}(?:\.\d+)?(?:ms|h|m|s))+$/.test(text)) return null
  const parts = [...text.matchAll(/([\d.]+)(ms|h|m|s)/g)]
  return Math.round(
    parts.reduce((sum, [, count = '0', unit = 's']) => sum + Number(count) * (units[unit] ?? 0), 0),
  )
}
