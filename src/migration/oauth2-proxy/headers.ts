import { isReservedHeader } from '../../core/headers/names.ts'
import { found, type OauthProxy } from './proxy.ts'
import type { AlphaValue } from './reading/alpha.ts'

export interface ConvertedHeaders {
  readonly identity: Readonly<Record<string, string>>
  /** The same on every request. */
  readonly fixed: Readonly<Record<string, string>>
}

/** What apps are told of people. */
export function convertHeaders(proxy: OauthProxy, asksOnly: boolean): ConvertedHeaders {
  noteTokens(proxy)
  noteResponses(proxy, asksOnly)
  const given = proxy.source.requestHeaders
  if (given !== null) return alphaHeaders(given, proxy)
  return { identity: asksOnly ? namesFor(proxy, 'X-Auth-Request-') : legacyHeaders(proxy), fixed: {} }
}

function legacyHeaders(proxy: OauthProxy): Record<string, string> {
  const passes = proxy.flag('pass_user_headers', true) || proxy.flag('pass_basic_auth', true)
  proxy.say('pass_user_headers', 'kept', '`identity_headers`')
  if (!passes) return {}
  return namesFor(proxy, 'X-Forwarded-')
}

function namesFor(proxy: OauthProxy, start: string): Record<string, string> {
  const email = claimOf('email', proxy)
  const preferred = proxy.flag('prefer_email_to_user', false)
  proxy.say(
    'prefer_email_to_user',
    'kept',
    'the user header carries the address, and there is no header of its own for it',
  )
  return {
    [`${start}User`]: preferred ? email : 'user',
    ...(preferred ? {} : { [`${start}Email`]: email }),
    [`${start}Groups`]: claimOf('groups', proxy),
    [`${start}Preferred-Username`]: 'preferred_username',
  }
}

/** A claim of oauth2-proxy's session as a claim path of ours. */
function claimOf(claim: string, proxy: OauthProxy): string {
  if (claim === 'email') return proxy.text('oidc_email_claim') ?? proxy.text('user_id_claim') ?? 'email'
  if (claim === 'groups') return proxy.text('oidc_groups_claim') ?? 'groups'
  return claim
}

const tokenClaims = /^(?:access_token|id_token|refresh_token|created_at|expires_on)$/

function alphaHeaders(values: readonly AlphaValue[], proxy: OauthProxy): ConvertedHeaders {
  const identity: Record<string, string> = {}
  const fixed: Record<string, string> = {}
  for (const header of values) {
    if (header.kind !== 'map') continue
    const name = textAt(header, 'name') ?? ''
    const what = `injectRequestHeaders ${name}`
    const refuse = (id: string, message: string): void =>
      proxy.report(found(id, 'not-convertible', header.at, what, message))
    const sources = header.entries.get('values')?.value
    const [source, ...more] = sources?.kind === 'list' ? sources.items : []
    if (source === undefined || source.kind !== 'map' || more.length > 0) {
      refuse('header', 'a header has one source here')
      continue
    }
    if (textAt(header, 'preserverequestvalue') === 'true') {
      proxy.report(
        found(
          'header-preserved',
          'changed',
          header.at,
          what,
          'what the client sends under this name is never passed on',
          'stricter',
        ),
      )
    }
    if (!/^[A-Za-z0-9-]+$/.test(name) || isReservedHeader(name)) {
      refuse('header', 'a header of this name cannot be set')
      continue
    }
    const claim = textAt(source, 'claim')
    if (claim === null) fixed[name] = fixedSource(source, name, proxy, { at: header.at, what })
    else if (tokenClaims.test(claim) || source.entries.has('basicauthpassword')) {
      refuse('token', 'tokens and passwords never leave the gateway; the app checks `shared_secret`')
    } else if (textAt(source, 'prefix') !== null)
      refuse('header', 'a prefix cannot be put in front of a claim')
    else {
      identity[name] = claimOf(claim, proxy)
      proxy.report(found('kept', 'kept', header.at, what, '`identity_headers`'))
    }
  }
  return { identity, fixed }
}

function fixedSource(
  source: AlphaValue,
  name: string,
  proxy: OauthProxy,
  { at, what }: { at: AlphaValue['at']; what: string },
): string {
  const file = textAt(source, 'fromfile')
  const variable = textAt(source, 'fromenv') ?? `HEADER_${name.toUpperCase().replaceAll('-', '_')}`
  if (file === null) proxy.variable({ name: variable, purpose: `the value of the header ${name}` })
  const copied = source.kind === 'map' && source.entries.has('value')
  proxy.report(
    found(
      'header-fixed',
      copied ? 'changed' : 'kept',
      at,
      what,
      `\`upstream.headers\`${copied ? `; the value may be a secret and is not copied: \${env:${variable}}` : ''}`,
    ),
  )
  return file === null ? `\${env:${variable}}` : `\${file:${file}}`
}

function textAt(value: AlphaValue, key: string): string | null {
  const entry = value.kind === 'map' ? value.entries.get(key)?.value : undefined
  return entry?.kind === 'text' && entry.text !== '' ? entry.text : null
}

function noteTokens(proxy: OauthProxy): void {
  for (const key of ['pass_access_token', 'pass_authorization_header', 'set_authorization_header']) {
    const on = proxy.flag(key, false)
    proxy.say(
      key,
      on ? 'not-convertible' : 'kept',
      on
        ? 'tokens never leave the gateway: the app gets identity headers, and checks `shared_secret`'
        : 'tokens never leave the gateway',
    )
  }
  const password = proxy.text('basic_auth_password') !== null
  const message =
    'no Authorization header is made for the app: let it check `shared_secret`, which proves that a request came through the gateway'
  proxy.say('basic_auth_password', 'not-convertible', message)
  proxy.say(
    'pass_basic_auth',
    'not-needed',
    password ? 'see basic_auth_password' : 'without a password it only sends the user headers',
  )
  const basic = proxy.flag('set_basic_auth', false)
  proxy.say('set_basic_auth', basic ? 'not-convertible' : 'kept', message)
  proxy.say(
    'signature_key',
    'not-convertible',
    'requests are not signed: the app checks `shared_secret` instead of GAP-Signature',
  )
}

function noteResponses(proxy: OauthProxy, asksOnly: boolean): void {
  const on = proxy.flag('set_xauthrequest', false)
  const message = asksOnly
    ? '`identity_headers` sends these to the app itself, where the other proxy copied them from answers'
    : 'answers to browsers carry no identity headers; `identity_headers` sends what the app reads'
  proxy.say('set_xauthrequest', on ? 'changed' : 'kept', on ? message : 'answers carry no identity headers')
  for (const header of proxy.source.responseHeaders) {
    const name = textAt(header, 'name') ?? ''
    proxy.report(found('response-header', 'changed', header.at, `injectResponseHeaders ${name}`, message))
  }
}
