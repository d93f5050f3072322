import { convertAlphaHeaders } from './alpha-headers.ts'
import { claimOf } from './claims.ts'
import { type ConvertedHeaders, droppedHeaders } from './converted-headers.ts'
import { found, type OauthProxy, settingText } from './proxy.ts'

/** What apps are told of people. */
export function convertHeaders(proxy: OauthProxy, asksOnly: boolean): ConvertedHeaders {
  noteTokens(proxy, asksOnly)
  noteResponses(proxy, asksOnly)
  const given = proxy.source.requestHeaders
  if (given !== null) return convertAlphaHeaders(given, proxy)
  const told = asksOnly ? namesFor(proxy, 'X-Auth-Request-') : legacyHeaders(proxy)
  const token = tokenHeader(proxy, asksOnly)
  return {
    identity: {
      ...told,
      ...(token === null ? {} : { [token]: 'access_token' }),
      ...droppedHeaders(credentialHeaders(proxy, asksOnly)),
    },
    fixed: {},
  }
}

function legacyHeaders(proxy: OauthProxy): Record<string, string> {
  const passes = proxy.flag('pass_user_headers', true) || proxy.flag('pass_basic_auth', true)
  proxy.say('pass_user_headers', 'kept', '`identity_headers`')
  return passes ? namesFor(proxy, 'X-Forwarded-') : {}
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

/** Headers with a credential, which oauth2-proxy wrote over what clients sent; or another proxy, out of its answers. */
function credentialHeaders(proxy: OauthProxy, asksOnly: boolean): readonly string[] {
  const isOn = (key: string): boolean => proxy.flag(key, false)
  if (asksOnly) return isOn('set_authorization_header') || isOn('set_basic_auth') ? ['Authorization'] : []
  const withPassword = proxy.flag('pass_basic_auth', true) && proxy.has('basic_auth_password')
  return [
    ...(withPassword || isOn('pass_authorization_header') ? ['Authorization'] : []),
    ...(proxy.has('signature_key') ? ['GAP-Signature'] : []),
  ]
}

/** The header in which the app gets the access token; null: it gets none. */
function tokenHeader(proxy: OauthProxy, asksOnly: boolean): string | null {
  if (!proxy.flag('pass_access_token', false)) return null
  if (!asksOnly) return 'X-Forwarded-Access-Token'
  return proxy.flag('set_xauthrequest', false) ? 'X-Auth-Request-Access-Token' : null
}

function noteAccessToken(proxy: OauthProxy, asksOnly: boolean): void {
  const header = tokenHeader(proxy, asksOnly)
  const message =
    header === null
      ? 'the app gets no token'
      : `\`identity_headers\`: ${header}: access_token, renewed before it ends`
  proxy.say('pass_access_token', 'kept', message)
}

function noteTokens(proxy: OauthProxy, asksOnly: boolean): void {
  noteAccessToken(proxy, asksOnly)
  const dropped =
    credentialHeaders(proxy, asksOnly).length > 0 ? '. The header is dropped from what clients send' : ''
  for (const key of ['pass_authorization_header', 'set_authorization_header']) {
    const on = proxy.flag(key, false)
    proxy.say(
      key,
      on ? 'not-convertible' : 'kept',
      on
        ? `no token goes into Authorization: if the app reads it, send \`id_token\` by \`identity_headers\` in a header of another name; to know that the gateway sent a request, it checks \`shared_secret\`${dropped}`
        : 'no token goes into Authorization',
    )
  }
  const password = proxy.text('basic_auth_password') !== null
  const message = `no Authorization header is made for the app: let it check \`shared_secret\`, which proves that a request came through the gateway${dropped}`
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
  for (const { leaves } of proxy.source.responseHeaders) {
    for (const leaf of leaves)
      proxy.report(found('response-header', 'changed', leaf.at, settingText(leaf), message))
  }
}
