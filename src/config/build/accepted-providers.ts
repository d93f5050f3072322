import type { ClientCertificateSettings } from '../../core/certificate/settings.ts'
import { type Credential, reservedProviders } from '../../core/credential/credential.ts'
import { isSameProvider } from '../../core/provider-id.ts'
import { nearest } from '../nearest.ts'
import type { ConfigPath } from '../node.ts'
import type { ApiKeysDraft } from './api-keys.ts'
import type { AppSettings } from './app-settings.ts'
import { whereWritten } from './app-settings.ts'
import type { AppOfOrigin } from './origin.ts'
import type { ProviderDraft } from './provider.ts'
import { faultAt, isWritten, namesOf, type Scope } from './scope.ts'

/**
 * The providers that an app accepts, in the order of the file: those it names, or the only one there is. Names that
 * are unknown are reported; the rest is answered.
 */
export function acceptedProviders(scope: Scope, path: ConfigPath, settings: AppSettings): readonly string[] {
  const known = namesOf(scope, ['providers'])
  const at = whereWritten(scope, path, 'provider')
  if (settings.provider === undefined) {
    if (known.length < 2) return known
    if (!isWritten(scope, at)) {
      faultAt(
        scope,
        at,
        `is missing: several providers are configured (${known.join(', ')}), so the app names one of them, or a list`,
      )
    }
    return []
  }
  const { provider } = settings
  for (const [index, name] of provider.entries()) {
    const place = isWritten(scope, [...at, index]) ? [...at, index] : at
    if (!known.includes(name)) {
      faultAt(
        scope,
        place,
        `no such provider: expected ${known.join(', ') || 'one of `providers`'}`,
        nearest(name, known),
      )
    } else if (provider.indexOf(name) !== index) {
      faultAt(scope, place, 'is named twice')
    }
  }
  return known.filter((name) => provider.includes(name))
}

/** The providers of one app with the place to tell of them. */
export interface Acceptance {
  readonly name: string
  readonly path: ConfigPath
  readonly providers: readonly string[]
  /** `{provider}` stands for each one's name. */
  readonly redirectPath: string
  /** Null when something was faulty, and reported. */
  readonly ofOrigin: Pick<AppOfOrigin, 'app' | 'rehearsal'> | null
}

/** Who gives ids beside the providers; null: nobody. */
interface Vouchers {
  readonly keys: Pick<ApiKeysDraft, 'userIdPrefix'> | null
  readonly certificates: Pick<ClientCertificateSettings, 'userIdPrefix'> | null
}

/** Whoever gives people their ids. */
type Vouching = Pick<ProviderDraft, 'name' | 'userIdPrefix'> & { readonly path: ConfigPath }

/**
 * User ids of different providers must not be taken for each other: all but one provider of an app need a prefix,
 * and none begins another. Answers, by provider, the prefixes with which no id of it may begin.
 */
export function foreignPrefixes(
  scope: Scope,
  acceptances: readonly Acceptance[],
  drafts: ReadonlyMap<string, ProviderDraft>,
  { keys, certificates }: Vouchers,
): ReadonlyMap<string, readonly string[]> {
  const foreign = new Map<string, Set<string>>()
  for (const { name: app, path, providers, redirectPath, ofOrigin } of acceptances) {
    const together = providers.flatMap((name) => drafts.get(name) ?? [])
    const at = whereWritten(scope, path, 'provider')
    checkDistinct(scope, app, at, together)
    const vouching: readonly Vouching[] = [
      ...together.map((one) => ({ ...one, path: ['providers', one.name, 'user_id_prefix'] })),
      ...(keys !== null && (takes(ofOrigin, 'api_key') || takes(ofOrigin, 'widget')) ? [ofKeys(keys)] : []),
      ...(certificates !== null && takes(ofOrigin, 'client_certificate')
        ? [ofCertificates(certificates)]
        : []),
    ]
    checkPrefixes(scope, app, at, vouching)
    checkIssuers(scope, app, at, together)
    const signIn = together.filter(({ signsIn }) => signsIn)
    checkRedirectUri(scope, whereWritten(scope, path, 'redirect_uri'), redirectPath, signIn)
    for (const one of together) {
      const prefixes = foreign.get(one.name) ?? new Set()
      for (const other of vouching) {
        if (other.name !== one.name && other.userIdPrefix !== '') prefixes.add(other.userIdPrefix)
      }
      foreign.set(one.name, prefixes)
    }
  }
  return new Map([...foreign].map(([name, prefixes]) => [name, [...prefixes]]))
}

function takes(of: Acceptance['ofOrigin'], credential: Credential): boolean {
  if (of === null) return false
  const { app, rehearsal } = of
  const locations = [app.fallback, ...app.allLocations, ...(rehearsal?.locations ?? [])]
  return locations.some(({ credentials }) => credentials.includes(credential))
}

function ofKeys({ userIdPrefix }: Pick<ApiKeysDraft, 'userIdPrefix'>): Vouching {
  return { name: reservedProviders.apiKeys, userIdPrefix, path: ['api_keys', 'user_id_prefix'] }
}

function ofCertificates({ userIdPrefix }: Pick<ClientCertificateSettings, 'userIdPrefix'>): Vouching {
  return {
    ...{ name: reservedProviders.certificates, userIdPrefix },
    path: ['client_certificates', 'user_id_prefix'],
  }
}

/** A session knows its provider by issuer and client id: of two alike nobody could tell whose it is. */
function checkDistinct(scope: Scope, app: string, at: ConfigPath, together: readonly ProviderDraft[]): void {
  for (const [index, one] of together.entries()) {
    const twin = together.slice(0, index).find((other) => isSameProvider(one, other))
    if (twin === undefined) continue
    const message = `the app "${app}" accepts ${twin.name} and ${one.name}, which are one provider, with the same issuer and client_id: leave one out, or register a client of its own for it`
    faultAt(scope, at, message)
  }
}

/** A token names its issuer, and no client of ours: of two providers alike nobody could tell by whose rules it counts. */
function checkIssuers(scope: Scope, app: string, at: ConfigPath, together: readonly ProviderDraft[]): void {
  const withTokens = together.filter(({ bearer }) => bearer !== null)
  for (const [index, one] of withTokens.entries()) {
    const twin = withTokens.slice(0, index).find(({ issuer }) => issuer === one.issuer)
    if (twin === undefined || isSameProvider(one, twin)) continue
    const message = `the app "${app}" accepts ${twin.name} and ${one.name}, which have \`bearer\` and the same issuer: list the audiences of both in the \`bearer\` of one`
    faultAt(scope, at, message)
  }
}

/**
 * Where answers of several providers come to one address, it must be known of each whose it is: by `iss`, which of all
 * but one is demanded. That one's answer is then what nobody else's can be: one without `iss`, or with its own.
 */
function checkRedirectUri(
  scope: Scope,
  at: ConfigPath,
  redirectPath: string,
  together: readonly ProviderDraft[],
): void {
  const silent = together.filter(({ responseIssRequired }) => !responseIssRequired)
  if (redirectPath.includes('{provider}') || silent.length < 2) return
  const names = silent.map(({ name }) => name).join(' and ')
  const message = `is one for ${names}, and nobody could tell whose answer comes there: write ${redirectPath.replace(/\/$/, '')}/{provider}, which is another redirect URI for each, or at all of them but one \`response_iss: required\`, where they send it (RFC 9207)`
  faultAt(scope, at, message)
}

function checkPrefixes(scope: Scope, app: string, at: ConfigPath, together: readonly Vouching[]): void {
  const bare = together.filter(({ userIdPrefix }) => userIdPrefix === '')
  if (bare.length > 1) {
    const names = bare.map(({ name }) => name).join(' and ')
    faultAt(
      scope,
      at,
      `the app "${app}" accepts ${names}, whose user ids could be equal: all but one need a \`user_id_prefix\``,
    )
  }
  for (const one of together) {
    for (const other of together) {
      if (one === other || one.userIdPrefix === '' || !other.userIdPrefix.startsWith(one.userIdPrefix))
        continue
      const message = `begins the prefix of "${other.name}", which the app "${app}" accepts too: their user ids could be equal`
      faultAt(scope, one.path, message)
    }
  }
}
