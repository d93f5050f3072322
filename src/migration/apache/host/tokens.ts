import { foldHeaderName } from '../../../core/headers/names.ts'
import { isTokenName } from '../../../core/headers/token-headers.ts'
import type { Finding } from '../../finding.ts'
import type { Access } from '../access/access.ts'
import { lastOf, wordsOf } from '../reading/last.ts'
import type { Directive } from '../reading/tree.ts'
import { told } from '../told.ts'
import type { ConvertedHeaders, HeaderNotes, HeaderSet } from './header-set.ts'

/**
 * The tokens that httpd was told to pass on, in its own headers. What it does unless somebody turns it off (the access token
 * for every app) is not taken over: a token goes where somebody asked for it.
 */
export function addTokens(directives: readonly Directive[], headers: HeaderSet, notes: HeaderNotes): void {
  const say = (name: string, kind: Finding['kind'], message: string): void => {
    const directive = lastOf(directives, name)
    if (directive !== null)
      notes.report({
        ...{ id: 'tokens', kind, at: directive.at, what: told(directive), message, effect: null },
      })
  }
  const isOn = (name: string) => wordsOf(directives, name)[0]?.toLowerCase() === 'on'
  if (isOn('OIDCPassAccessToken')) {
    headers.tell('OIDC_access_token', 'access_token')
    const rest = 'its type, its end and its scopes have no header here'
    say('OIDCPassAccessToken', 'changed', `\`identity_headers\`: OIDC-access-token: access_token; ${rest}`)
  } else say('OIDCPassAccessToken', 'kept', 'the app gets no access token')
  const idTokenAs = wordsOf(directives, 'OIDCPassIDTokenAs').map((word) => word.toLowerCase())
  if (idTokenAs.includes('serialized')) headers.tell('OIDC_id_token', 'id_token')
  const [kind, message] = idTokenSaid(idTokenAs)
  say('OIDCPassIDTokenAs', kind, message)
  if (isOn('OIDCPassRefreshToken'))
    say(
      'OIDCPassRefreshToken',
      'not-convertible',
      'refresh tokens never leave the gateway, which renews the access token itself: `identity_headers` sends that one, always fresh',
    )
  else say('OIDCPassRefreshToken', 'kept', 'the app gets no refresh token')
}

function idTokenSaid(forms: readonly string[]): readonly [Finding['kind'], string] {
  const sent = forms.includes('serialized') ? '`identity_headers`: OIDC-id-token: id_token' : null
  if (!forms.includes('payload')) return ['kept', sent ?? 'the app gets claims, and no ID token']
  const payload = 'its payload alone has no header here: list the claims that the app reads'
  return ['not-convertible', sent === null ? payload : `${sent}; ${payload}`]
}

/** The token that mod_headers puts in by itself; null: something else, or a header that takes none. */
export function tokenOf(variable: string, header: string): 'access_token' | 'id_token' | null {
  const name = /^OIDC_(access_token|id_token)$/i.exec(variable)?.[1]?.toLowerCase() ?? ''
  return isTokenName(name) && foldHeaderName(header) !== 'authorization' ? name : null
}

/** Where nobody's session is looked at there is no token to send. */
export function headersFor(headers: ConvertedHeaders, accesses: readonly Access[]): ConvertedHeaders {
  if (accesses.some(tellsApart)) return headers
  const identity = Object.entries(headers.identity).filter(([, from]) => !isTokenName(from))
  return { ...headers, identity: Object.fromEntries(identity) }
}

function tellsApart({ require }: Access): boolean {
  return require === 'maybe_signed_in' || (require.kind !== 'open' && require.kind !== 'never')
}
