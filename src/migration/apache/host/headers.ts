import { foldHeaderName, isDroppedFromClients } from '../../../core/headers/names.ts'
import type { Finding } from '../../finding.ts'
import { lastOf, wordsOf } from '../reading/last.ts'
import type { VirtualHost } from '../reading/site.ts'
import type { Directive } from '../reading/tree.ts'
import { told } from '../told.ts'
import { type ConvertedHeaders, type HeaderNotes, HeaderSet, headerName } from './header-set.ts'
import { readRequestHeader } from './request-header.ts'
import { addTokens } from './tokens.ts'

/** The claims of a scope that apps commonly read. */
const claimsOfScopes: ReadonlyMap<string, readonly string[]> = new Map([
  ['openid', ['sub']],
  ['profile', ['name', 'preferred_username']],
  ['email', ['email']],
  ['groups', ['groups']],
])

/**
 * What the app was told of people wherever they are: claim headers, the user's header and the host's `RequestHeader`
 * lines. httpd sent every claim; the result names those of the scopes, of rules and of `RequestHeader`. Underscores
 * become dashes: `OIDC_CLAIM_email` does not reach most servers, and behind WSGI and CGI both are one name.
 */
export function convertHeaders(
  host: VirtualHost,
  scopes: readonly string[],
  ruleClaims: readonly string[],
  notes: HeaderNotes,
): ConvertedHeaders {
  const headers = new HeaderSet({ identity: {}, fixed: {} })
  headers.tell('X-Forwarded-User', 'user')
  const everywhere = [...host.directives, ...host.sections.flatMap((section) => section.directives)]
  addClaims(everywhere, scopes, ruleClaims, headers, notes)
  addTokens(everywhere, headers, notes)
  const userHeader = lastOf(everywhere, 'OIDCAuthNHeader')
  if (userHeader !== null) {
    const [name = ''] = wordsOf([userHeader], 'OIDCAuthNHeader')
    headers.tell(name, 'user')
    notes.report(noted('header-user', 'kept', userHeader, `\`identity_headers\`: ${headerName(name)}: user`))
  }
  for (const directive of host.directives.filter(({ key }) => key === 'requestheader')) {
    readRequestHeader(directive, headers, prefixOf(everywhere), notes)
  }
  return headers.all()
}

/** What is set at one location, when its sections add to what the app is told everywhere; null when they do not. */
export function headersAt(
  sections: readonly { readonly directives: readonly Directive[] }[],
  doubtful: readonly { readonly directives: readonly Directive[] }[],
  app: ConvertedHeaders,
  host: VirtualHost,
  notes: HeaderNotes,
): ConvertedHeaders | null {
  const lines = sections.flatMap(({ directives }) => directives.filter(isRequestHeader))
  const perhaps = new Set(doubtful.flatMap(({ directives }) => directives.filter(isRequestHeader)))
  if (lines.length === 0) return null
  const everywhere = [...host.directives, ...host.sections.flatMap((section) => section.directives)]
  const headers = new HeaderSet(app)
  for (const line of lines) {
    readRequestHeader(line, headers, prefixOf(everywhere), notes, perhaps.has(line))
  }
  return headers.all()
}

function isRequestHeader({ key }: Directive): boolean {
  return key === 'requestheader'
}

function prefixOf(directives: readonly Directive[]): string {
  return wordsOf(directives, 'OIDCClaimPrefix')[0] ?? 'OIDC_CLAIM_'
}

function addClaims(
  directives: readonly Directive[],
  scopes: readonly string[],
  ruleClaims: readonly string[],
  headers: HeaderSet,
  { report }: HeaderNotes,
): void {
  const passing = lastOf(directives, 'OIDCPassClaimsAs')
  const [as = 'both'] = wordsOf(directives, 'OIDCPassClaimsAs')
  const prefix = prefixOf(directives)
  const prefixed = lastOf(directives, 'OIDCClaimPrefix')
  if (prefixed !== null) {
    const message =
      'claims go out under it, as `identity_headers` names them. httpd dropped every header of clients that begins so; the gateway drops those that are listed, and all of `OIDC-…`: list each one that the app reads'
    const isDropped = isDroppedFromClients(foldHeaderName(headerName(`${prefix}x`)))
    report(noted('claim-prefix', isDropped ? 'changed' : 'not-convertible', prefixed, message))
  }
  if (as === 'none') {
    report(noted('claim-headers', 'kept', passing, 'no claim header is sent'))
    return
  }
  const names = [...scopes.flatMap((scope) => claimsOfScopes.get(scope) ?? []), ...ruleClaims]
  const plain = [...new Set(names)].filter((name) => !/[.]|^(?:iss|aud|exp|iat|nonce|scope|scp)$/.test(name))
  for (const name of plain) headers.tell(`${prefix}${name}`, name)
  const message = `every claim went out as \`${prefix}NAME\`; here those that \`identity_headers\` lists, with "-" for "_": an app behind WSGI or CGI sees no difference. Add what else the app reads`
  report(noted('claim-headers', 'changed', passing, message))
  if (as === 'environment') {
    const gone = 'a proxy has no environment to share with the app: it has to read the headers'
    report(noted('claim-environment', 'not-convertible', passing, gone))
  }
}

function noted(id: string, kind: Finding['kind'], directive: Directive | null, message: string): Finding {
  return {
    id,
    kind,
    at: directive?.at ?? null,
    what: directive === null ? 'the default of OIDCPassClaimsAs' : told(directive),
    message,
    effect: null,
  }
}
