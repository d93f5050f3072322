import type { YamlValue } from '../yaml.ts'
import type { OauthProxy } from './proxy.ts'

/** Whose access tokens count: a part of the provider, and of its apps. Empty: nobody's. */
export interface ConvertedTokens {
  readonly provider: { readonly bearer?: YamlValue }
  readonly app: { readonly credentials?: YamlValue }
}

const none: ConvertedTokens = { provider: {}, app: {} }

/**
 * `skip_jwt_bearer_tokens` let in whoever had a token of the provider that was made for the client itself, an ID token that
 * is. Here a token must be made for an API, which has an audience of its own: `oidc_extra_audiences` may name one.
 */
export function convertTokens(proxy: OauthProxy, issuer: string): ConvertedTokens {
  if (!proxy.flag('skip_jwt_bearer_tokens', false)) {
    proxy.say('extra_jwt_issuers', 'not-needed', 'goes with skip_jwt_bearer_tokens, which is off')
    proxy.say('bearer_token_login_fallback', 'not-needed', 'goes with skip_jwt_bearer_tokens, which is off')
    return none
  }
  const client = proxy.text('client_id')
  const named = [
    ...proxy.list('oidc_extra_audiences'),
    ...issuersOf(proxy).flatMap((one) => (isSame(one.issuer, issuer) ? [one.audience] : [])),
  ]
  const audiences = [...new Set(named)].filter((one) => one !== client)
  proxy.say(
    'skip_jwt_bearer_tokens',
    audiences.length === 0 ? 'not-convertible' : 'changed',
    audiences.length === 0 ? noAudience : takesAccessTokens,
    { effect: 'stricter' },
  )
  noteOthers(proxy, issuer)
  proxy.say(
    'bearer_token_login_fallback',
    'changed',
    'a token that is sent and not good is 401: neither the cookie counts then, nor is anybody sent to sign in',
    { effect: 'stricter', always: true },
  )
  return {
    provider: { bearer: { audiences: audiences.length === 0 ? ['fill-in'] : audiences } },
    app: { credentials: ['session', 'bearer'] },
  }
}

const takesAccessTokens =
  '`credentials: [session, bearer]`, and `bearer` of the provider: access tokens for one of `audiences` count. ID tokens, which count for the client alone, do not. The token stays here: if the app reads it, write `upstream_authorization: forward`'
const noAudience =
  'tokens for the client itself counted, which are ID tokens: they open nothing here. Let programs get access tokens for an API of the provider, and write its audience in `bearer.audiences`'

interface TokenIssuer {
  readonly issuer: string
  readonly audience: string
}

/** `issuer=audience`, the audience behind the first `=`. */
function issuersOf(proxy: OauthProxy): readonly TokenIssuer[] {
  return proxy.list('extra_jwt_issuers').flatMap((text) => {
    const [, issuer, audience] = /^([^=]+)=(.+)$/.exec(text) ?? []
    return issuer === undefined || audience === undefined ? [] : [{ issuer, audience }]
  })
}

/** Rules ask the claims of whoever vouches for them, so a person has to say which other provider may. */
function noteOthers(proxy: OauthProxy, issuer: string): void {
  const others = issuersOf(proxy).filter((one) => !isSame(one.issuer, issuer))
  if (others.length === 0) {
    proxy.say('extra_jwt_issuers', 'changed', '`bearer.audiences` of the provider')
    return
  }
  for (const one of others) {
    const entry = `{ issuer: "${one.issuer}", user_id_prefix: "…", bearer: { audiences: ["${one.audience}"] } }`
    proxy.say(
      'extra_jwt_issuers',
      'not-convertible',
      `its tokens open nothing yet: write a provider \`${entry}\`, and in the rules which \`provider\` each condition is about`,
      { effect: 'stricter' },
    )
  }
}

function isSame(one: string, other: string): boolean {
  return one.replace(/\/$/, '') === other.replace(/\/$/, '')
}
