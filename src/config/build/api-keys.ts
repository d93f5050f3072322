import type { App, SessionSettings } from '../../core/gateway.ts'
import { foldHeaderName, identityHeaderNames } from '../../core/headers/names.ts'
import type { ApiKeySettings } from '../../core/keys/api-key-settings.ts'
import type { Secret } from '../../core/secret.ts'
import { isShared } from '../../core/session-store-settings.ts'
import { type ConfigPath, nodeAt } from '../node.ts'
import { isOfCustomers } from '../rules/words.ts'
import { apiKeysKeys } from '../schema/api-keys.ts'
import { checkKeys } from '../validate.ts'
import { type KeyInFile, readKeysInFile } from './keys-in-file.ts'
import type { ProviderDraft } from './provider.ts'
import { faultAt, isWritten, placeOf, type Scope } from './scope.ts'
import type { NamedSecret } from './secrets.ts'
import { buildStore } from './session-store.ts'

const path: ConfigPath = ['api_keys']
const { store: _store, keys: _keys, self_service: _selfService, ...plainKeys } = apiKeysKeys

/** `api_keys` before it is known which apps there are. */
export type ApiKeysDraft = Omit<ApiKeySettings, 'selfService'>

interface BuiltApiKeys {
  /** Null: there are none, or something was faulty and reported. */
  readonly draft: ApiKeysDraft | null
  readonly sealing: readonly NamedSecret[]
  /** Those of the file that are free of faults of their own. */
  readonly inFile: readonly KeyInFile[]
}

const none: BuiltApiKeys = { draft: null, sealing: [], inFile: [] }

/** `api_keys`, without `self_service`. */
export function buildApiKeys(scope: Scope, session: SessionSettings | null): BuiltApiKeys {
  if (!isWritten(scope, path)) return none
  const keys = checkKeys(plainKeys, placeOf(scope, path), ['store', 'keys', 'self_service'])
  if (nodeAt(scope.root, path)?.kind !== 'map') return none
  const { store, passwords } = buildKeyStore(scope, session)
  checkSecret(scope, keys.secret, store)
  checkHeader(scope, keys.header)
  checkWidgetClaims(scope, keys.widget_claims ?? [])
  checkPrefixes(scope, keys)
  const read = readKeysInFile(scope, [...path, 'keys'], keys.prefix ?? [])
  const inFile = read ?? []
  const secrets = keys.secret ?? []
  const sealing = [...secrets.map((secret, index) => named(scope, secret, index)), ...passwords]
  const { prefix, header, user_id_prefix: userIdPrefix, widget_claims: widget } = keys
  const { claims_max_age: claimsMaxAgeSeconds, token_lifetime: tokenLifetimeSeconds } = keys
  if (store === null || read === null) return { draft: null, sealing, inFile }
  if (prefix === undefined || header === undefined || userIdPrefix === undefined)
    return { draft: null, sealing, inFile }
  if (claimsMaxAgeSeconds === undefined || tokenLifetimeSeconds === undefined || widget === undefined)
    return { draft: null, sealing, inFile }
  const forms = { prefixes: prefix, header, userIdPrefix, widgetClaims: [...new Set(widget)] }
  const times = { claimsMaxAgeSeconds, tokenLifetimeSeconds }
  return {
    draft: { ...forms, ...times, store, secrets, keys: inFile.map(({ key }) => key) },
    ...{ sealing, inFile },
  }
}

function named(scope: Scope, secret: Secret, index: number): NamedSecret {
  const member = [...path, 'secret', index]
  return { purpose: 'keys', path: isWritten(scope, member) ? member : [...path, 'secret'], secret }
}

type KeyStore = ApiKeySettings['store']

/** Its own, else that of the sessions, if that lasts: keys that a restart forgets would be customers who are locked out. */
function buildKeyStore(scope: Scope, session: SessionSettings | null) {
  const at = [...path, 'store']
  if (!isWritten(scope, at)) return { store: ofSessions(scope, session), passwords: [] }
  const { store, passwords } = buildStore(scope, session?.allowInsecureRedis ?? true, at)
  if (store === null || lasts(store)) return { store, passwords }
  faultAt(scope, at, `keeps no keys, which must last: expected sqlite or a Redis`)
  return { store: null, passwords }
}

function ofSessions(scope: Scope, session: SessionSettings | null): KeyStore | null {
  if (session === null) return null
  if (lasts(session.store)) return session.store
  const message = `is missing: \`session.store: ${session.store.kind}\` keeps no keys, which must last; write \`sqlite\` or a Redis`
  faultAt(scope, [...path, 'store'], message)
  return null
}

function lasts(store: SessionSettings['store']): store is KeyStore {
  return store.kind !== 'memory' && store.kind !== 'cookie'
}

function checkSecret(scope: Scope, secret: readonly Secret[] | undefined, store: KeyStore | null): void {
  const at = [...path, 'secret']
  if (store === null) return
  if (secret !== undefined || isWritten(scope, at) || !isShared(store)) return
  const message =
    'is missing: it seals the keys in a Redis, so that nobody who writes there can make one; make it with `openssl rand -base64 32`'
  faultAt(scope, at, message)
}

/** Headers that browsers or HTTP itself write are never somebody's key. */
const taken = /^(?:authorization|cookie|origin|referer|user-agent|accept.*|if-.*|sec-.*|x-requested-with)$/i

function checkHeader(scope: Scope, header: string | undefined): void {
  if (header !== undefined && taken.test(header))
    faultAt(scope, [...path, 'header'], 'has a meaning of its own: expected a name such as X-Api-Key')
}

/** What an app is told by a header, nobody may be asked to send in it: each of the two would be taken for the other. */
export function checkKeyHeaderIn(scope: Scope, draft: ApiKeysDraft | null, apps: readonly App[]): void {
  if (draft === null) return
  const header = foldHeaderName(draft.header)
  for (const app of apps) {
    const isSecret = app.sharedSecret !== null && foldHeaderName(app.sharedSecret.header) === header
    if (!isSecret && !identityHeaderNames(app).includes(header)) continue
    const isAssertion =
      app.identityAssertion !== null && foldHeaderName(app.identityAssertion.header) === header
    const setter = isSecret ? 'shared_secret' : isAssertion ? 'identity_assertion' : 'identity_headers'
    const message = `is a header that \`${setter}\` sets for the app "${app.name}": expected another name, such as X-Api-Key`
    faultAt(scope, [...path, 'header'], message)
    return
  }
}

function checkWidgetClaims(scope: Scope, claims: readonly string[]): void {
  for (const [index, claim] of claims.entries())
    if (isOfCustomers(claim)) {
      const message =
        'is written by customers, and is no claim of a key: `identity_headers` names it by itself'
      faultAt(scope, [...path, 'widget_claims', index], message)
    }
}

/** In a file with keys these words mean what customers write, wherever somebody is told apart. */
export function checkUserIdClaims(
  scope: Scope,
  providers: Iterable<Pick<ProviderDraft, 'name' | 'userId' | 'bearer'>>,
): void {
  if (!isWritten(scope, path)) return
  for (const { name, userId, bearer } of providers) {
    const message = 'is written by customers, and nobody is told apart by it: expected another claim'
    if (isOfCustomers(userId)) faultAt(scope, ['providers', name, 'user_id'], message)
    const own = ['providers', name, 'bearer', 'user_id']
    if (bearer !== null && isOfCustomers(bearer.userId) && isWritten(scope, own)) faultAt(scope, own, message)
  }
}

interface Prefixes {
  readonly prefix?: readonly string[]
  readonly user_id_prefix?: string
}

function checkPrefixes(scope: Scope, { prefix = [], user_id_prefix: ofUsers = '' }: Prefixes): void {
  for (const [index, one] of prefix.entries())
    if (prefix.indexOf(one) !== index) faultAt(scope, [...path, 'prefix', index], 'is named twice')
  const ofPrograms = 'client:'
  if (ofUsers !== '' && (ofUsers.startsWith(ofPrograms) || ofPrograms.startsWith(ofUsers))) {
    const message = `is or begins like \`${ofPrograms}\`, as the ids of programs with an access token do: a key could be taken for one`
    faultAt(scope, [...path, 'user_id_prefix'], message)
  }
}
