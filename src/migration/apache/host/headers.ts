import { foldHeaderName, isReservedHeader } from '../../../core/headers/names.ts'
import type { Finding } from '../../finding.ts'
import type { Variable } from '../../variable.ts'
import { lastOf, type VirtualHost, wordsOf } from '../reading/site.ts'
import type { Directive } from '../reading/tree.ts'
import { splitWords } from '../reading/words.ts'
import { told } from '../told.ts'

/** Headers that the gateway sets on requests to the app. */
export interface ConvertedHeaders {
  /** Name → claim path or `user`. */
  readonly identity: Readonly<Record<string, string>>
  /** Name → value, the same for everybody. */
  readonly fixed: Readonly<Record<string, string>>
}

export interface HeaderNotes {
  readonly report: (finding: Finding) => void
  readonly variable: (variable: Variable) => void
}

/** The claims of a scope that apps commonly read. */
const claimsOfScopes: ReadonlyMap<string, readonly string[]> = new Map([
  ['openid', ['sub']],
  ['profile', ['name', 'preferred_username']],
  ['email', ['email']],
  ['groups', ['groups']],
])

/**
 * What the app was told of people: claim headers, the user's header and `RequestHeader` lines. httpd sent every claim;
 * the result names those of the scopes, of rules and of `RequestHeader`. Underscores become dashes: `OIDC_CLAIM_email`
 * does not reach most servers, and behind WSGI and CGI both are one name.
 */
export function convertHeaders(
  host: VirtualHost,
  scopes: readonly string[],
  ruleClaims: readonly string[],
  notes: HeaderNotes,
): ConvertedHeaders {
  const identity = new Map<string, readonly [string, string]>()
  const fixed: Record<string, string> = {}
  const set = (name: string, from: string): void => {
    const dashed = headerName(name)
    if (dashed !== '' && !isReservedHeader(dashed)) identity.set(foldHeaderName(dashed), [dashed, from])
  }
  set('X-Forwarded-User', 'user')
  const directives = [...host.directives, ...host.sections.flatMap((section) => section.directives)]
  addClaims(directives, scopes, ruleClaims, set, notes)
  const [userHeader] = wordsOf(directives, 'OIDCAuthNHeader')
  if (userHeader !== undefined) set(userHeader, 'user')
  const prefix = prefixOf(directives)
  for (const directive of directives.filter(({ key }) => key === 'requestheader')) {
    const inSection = !host.directives.includes(directive)
    readRequestHeader(directive, { prefix, inSection, set, fixed }, notes)
  }
  return { identity: Object.fromEntries(identity.values()), fixed }
}

function prefixOf(directives: readonly Directive[]): string {
  return wordsOf(directives, 'OIDCClaimPrefix')[0] ?? 'OIDC_CLAIM_'
}

/** Letters, digits and dashes: what every server reads alike. */
function headerName(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9-]/g, '-')
}

function addClaims(
  directives: readonly Directive[],
  scopes: readonly string[],
  ruleClaims: readonly string[],
  set: (name: string, from: string) => void,
  { report }: HeaderNotes,
): void {
  const passing = lastOf(directives, 'OIDCPassClaimsAs')
  const [as = 'both'] = wordsOf(directives, 'OIDCPassClaimsAs')
  if (as === 'none') {
    report(noted('claim-headers', 'kept', passing, 'no claim header is sent'))
    return
  }
  const prefix = prefixOf(directives)
  const names = [...scopes.flatMap((scope) => claimsOfScopes.get(scope) ?? []), ...ruleClaims]
  const plain = [...new Set(names)].filter((name) => !/[.]|^(?:iss|aud|exp|iat|nonce|scope|scp)$/.test(name))
  for (const name of plain) set(`${prefix}${name}`, name)
  const message = `every claim went out as \`${prefix}NAME\`; here those that \`identity_headers\` lists, with "-" for "_": an app behind WSGI or CGI sees no difference. Add what else the app reads`
  report(noted('claim-headers', 'changed', passing, message))
  if (as === 'environment') {
    report(
      noted(
        'claim-environment',
        'not-convertible',
        passing,
        'a proxy has no environment to share with the app: it has to read the headers',
      ),
    )
  }
}

interface HeaderPlace {
  readonly prefix: string
  readonly inSection: boolean
  readonly set: (name: string, from: string) => void
  readonly fixed: Record<string, string>
}

function readRequestHeader(directive: Directive, place: HeaderPlace, notes: HeaderNotes): void {
  const words = splitWords(directive.rest).filter((word) => word !== 'early')
  const [action = '', name = '', value = '', condition] = words
  const say = (id: string, kind: Finding['kind'], message: string) =>
    notes.report(noted(id, kind, directive, message))
  if (action.toLowerCase() === 'unset') {
    say(
      'header-unset',
      'kept',
      'identity headers of clients are always dropped, in any spelling; another header passes',
    )
    return
  }
  if (/^x[-_]forwarded[-_](?:for|proto|host|port)$|^host$/i.test(name)) {
    say('header-forwarded', 'not-needed', 'the gateway writes the forwarding headers itself')
    return
  }
  if (action.toLowerCase() === 'edit' || action.toLowerCase() === 'edit*') {
    say('header-edit', 'not-convertible', 'headers are not rewritten: the app has to do it')
    return
  }
  const from = sourceOf(value, place.prefix)
  const conditional = condition !== undefined && !/^env=(?:OIDC_|REMOTE_USER)/i.test(condition)
  if (from === null || conditional) {
    say(
      'header-value',
      'not-convertible',
      'its value has no counterpart: `identity_headers` takes claims, `upstream.headers` fixed texts',
    )
    return
  }
  const renamed = headerName(name) === name ? '' : `, spelled ${headerName(name)}`
  if (from.kind === 'claim') {
    place.set(name, from.path)
    say('header-claim', renamed === '' ? 'kept' : 'changed', `\`identity_headers\`: ${from.path}${renamed}`)
    return
  }
  const secret = /secret|token|key|auth|password/i.test(name)
  const variable = headerName(name).toUpperCase().replaceAll('-', '_')
  if (secret) notes.variable({ name: variable, purpose: `the value of the header ${name}` })
  place.fixed[headerName(name)] = secret ? `\${env:${variable}}` : value
  const wide = place.inSection ? '; it stands for the whole app now, not for this section alone' : ''
  say(
    'header-fixed',
    renamed === '' && wide === '' ? 'kept' : 'changed',
    `\`upstream.headers\`${renamed}${wide}`,
  )
}

type Source = { readonly kind: 'claim'; readonly path: string } | { readonly kind: 'text' }

/** What mod_headers puts in: a claim of the environment, the user, or a text. Null: something else. */
function sourceOf(value: string, prefix: string): Source | null {
  const variable = /^(?:expr=)?%\{(?:env:)?([\w.:-]+)\}[es]?$/.exec(value)?.[1]
  if (variable === undefined) return /%\{|^expr=|%[tDs]/.test(value) || value === '' ? null : { kind: 'text' }
  if (variable.toUpperCase() === 'REMOTE_USER') return { kind: 'claim', path: 'user' }
  if (!variable.toUpperCase().startsWith(prefix.toUpperCase())) return null
  const claim = variable.slice(prefix.length)
  // The environment's names have no case, so people write them in capitals.
  return { kind: 'claim', path: claim === claim.toUpperCase() ? claim.toLowerCase() : claim }
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
