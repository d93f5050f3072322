import { foldHeaderName } from '../../core/headers/names.ts'
import type { ConfigPath } from '../node.ts'
import { type AppSettings, whereWritten } from './app-settings.ts'
import { isSigned } from './aws.ts'
import { checkIdentityHeaders } from './identity-header.ts'
import { faultAtKey, isWritten, type Scope } from './scope.ts'
import { checkTokenHeaders } from './token-headers.ts'

/** A header that the gateway sets on requests to an app, and where that was written. */
interface SetHeader {
  readonly name: string
  readonly path: ConfigPath
}

/**
 * No two headers that the gateway sets are one name to an app, which may fold case, `-` and `_` (WSGI does). Judged for
 * the app and for each location that replaces its identity headers.
 */
export function checkHeaders(scope: Scope, path: ConfigPath, settings: AppSettings): void {
  const fixed = [...ownHeaders(scope, path, settings), ...upstreamHeaders(path, settings)]
  const identity = identityHeaders(
    scope,
    whereWritten(scope, path, 'identity_headers'),
    settings.identity_headers,
    isSigned(settings),
  )
  checkUnique(scope, [...fixed, ...identity])
  if (isSigned(settings)) checkNotOfSignature(scope, [...fixed, ...identity])
}

/** The keys of a location that set headers on the request to the app. */
interface OwnHeaders {
  readonly identity_headers?: AppSettings['identity_headers']
  readonly headers?: Readonly<Record<string, unknown>>
}

/** The same for one location: what it replaces together with what the app has. */
export function checkLocationHeaders(
  scope: Scope,
  path: ConfigPath,
  locationPath: ConfigPath,
  settings: AppSettings,
  { identity_headers: identity, headers }: OwnHeaders,
): void {
  if (identity === undefined && headers === undefined) return
  const ofUpstream =
    headers === undefined
      ? upstreamHeaders(path, settings)
      : Object.keys(headers).map((name) => ({ name, path: [...locationPath, 'headers', name] }))
  const at =
    identity === undefined
      ? whereWritten(scope, path, 'identity_headers')
      : [...locationPath, 'identity_headers']
  const ofPerson = identityHeaders(scope, at, identity ?? settings.identity_headers, isSigned(settings))
  const own = ownHeaders(scope, path, settings)
  // What stands at the location is what is told of.
  const [first, last] = headers === undefined ? [ofUpstream, ofPerson] : [ofPerson, ofUpstream]
  checkUnique(scope, [...own, ...first, ...last])
  const isOfLocation = ({ path: at }: SetHeader) => locationPath.every((step, i) => at[i] === step)
  if (isSigned(settings)) checkNotOfSignature(scope, [...first, ...last].filter(isOfLocation))
}

function identityHeaders(
  scope: Scope,
  at: ConfigPath,
  identity: AppSettings['identity_headers'],
  signed: boolean,
): readonly SetHeader[] {
  checkIdentityHeaders(scope, at, identity)
  checkTokenHeaders(scope, at, identity, signed)
  // The built-in ones stand nowhere in the file; they collide only with what does.
  const place = (name: string) => (isWritten(scope, at) ? [...at, name] : at)
  return Object.keys(identity).map((name) => ({ name, path: place(name) }))
}

/** Those that are the same at every location. */
function ownHeaders(scope: Scope, path: ConfigPath, settings: AppSettings): readonly SetHeader[] {
  return [...sharedSecretHeader(scope, path, settings), ...assertionHeader(scope, path, settings)]
}

function assertionHeader(scope: Scope, path: ConfigPath, settings: AppSettings): readonly SetHeader[] {
  const { identity_assertion: assertion } = settings
  if (assertion === undefined || assertion === null) return []
  const at = whereWritten(scope, path, 'identity_assertion')
  return [{ name: assertion.header, path: isWritten(scope, [...at, 'header']) ? [...at, 'header'] : at }]
}

function sharedSecretHeader(scope: Scope, path: ConfigPath, settings: AppSettings): readonly SetHeader[] {
  const { shared_secret: shared } = settings
  if (shared === undefined) return []
  const at = whereWritten(scope, path, 'shared_secret')
  return [
    { name: sharedSecretName(shared), path: isWritten(scope, [...at, 'header']) ? [...at, 'header'] : at },
  ]
}

/** The header that carries an app's shared secret. */
export function sharedSecretName(shared: NonNullable<AppSettings['shared_secret']>): string {
  return 'header' in shared ? shared.header : 'X-Gateway-Secret'
}

function upstreamHeaders(path: ConfigPath, { upstream }: AppSettings): readonly SetHeader[] {
  if (upstream === undefined || typeof upstream === 'string') return []
  return Object.keys(upstream.headers).map((name) => ({ name, path: [...path, 'upstream', 'headers', name] }))
}

function checkUnique(scope: Scope, headers: readonly SetHeader[]): void {
  const seen = new Map<string, SetHeader>()
  for (const header of headers) {
    const before = seen.get(foldHeaderName(header.name))
    if (before === undefined) seen.set(foldHeaderName(header.name), header)
    else faultAtKey(scope, header.path, `"${header.name}" and "${before.name}" are one header to an app`)
  }
}

/** What the signature is made of and stands in (Signature Version 4): nothing else writes it. */
function checkNotOfSignature(scope: Scope, headers: readonly SetHeader[]): void {
  for (const { name, path } of headers) {
    const folded = foldHeaderName(name)
    if (folded !== 'authorization' && !folded.startsWith('x-amz-')) continue
    faultAtKey(
      scope,
      path,
      `\`upstream.aws\` writes "${name}" itself when it signs: give this header another name, or leave it out`,
    )
  }
}
