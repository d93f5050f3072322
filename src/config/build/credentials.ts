import type { Credential } from '../../core/credential/credential.ts'
import type { Location } from '../../core/gateway.ts'
import { conditionsOf } from '../../core/rules/requirement.ts'
import { type ConfigPath, nodeAt } from '../node.ts'
import type { AppUnderJudgement } from './app.ts'
import { whereWritten } from './app-settings.ts'
import type { BuiltLocation } from './location-trees.ts'
import type { AppOfOrigin } from './origin.ts'
import type { ProviderDraft } from './provider.ts'
import { faultAt, faultAtKey, isWritten, type Scope, warnAt } from './scope.ts'

/** Where credentials of a file may come from. */
export interface CredentialSources {
  /** Those that were not faulty. */
  readonly providers: ReadonlyMap<string, ProviderDraft>
  /** Whether `api_keys` is written. */
  readonly hasKeys: boolean
  /** Whether `client_certificates` is. */
  readonly hasCertificates: boolean
}

export function sourcesOf(scope: Scope, providers: CredentialSources['providers']): CredentialSources {
  const hasKeys = isWritten(scope, ['api_keys'])
  return { providers, hasKeys, hasCertificates: isWritten(scope, ['client_certificates']) }
}

/** Whether something else than a provider may say who somebody is. */
export function needsNoProvider(scope: Scope): boolean {
  return isWritten(scope, ['api_keys']) || isWritten(scope, ['client_certificates'])
}

interface Built {
  readonly fallback: Location | null
  readonly locations: readonly BuiltLocation[]
}

/** What `credentials` lists must exist, and what a list does not hold must not be relied on beside it. */
export function checkCredentials(
  scope: Scope,
  app: AppUnderJudgement,
  sources: CredentialSources,
  { fallback, locations }: Built,
): void {
  for (const { path, own } of locations) {
    const at = [...path, 'credentials']
    if ((own.kind === 'anyone' || own.kind === 'nobody') && isWritten(scope, at))
      faultAtKey(scope, at, `means nothing where nobody is told apart: \`require\` is \`${own.kind}\``)
  }
  const ofApp = whereWritten(scope, app.path, 'credentials')
  const isOwn = ({ path }: BuiltLocation) => isWritten(scope, [...path, 'credentials'])
  const heirs = locations.filter((one) => !isOwn(one)).map(({ location }) => location)
  checkList(scope, app, sources, { at: ofApp, places: fallback === null ? heirs : [fallback, ...heirs] })
  for (const one of locations.filter(isOwn))
    checkList(scope, app, sources, { at: [...one.path, 'credentials'], places: [one.location] })
  checkSignInKeys(scope, app, { fallback, locations })
  const all = [...(fallback === null ? [] : [fallback]), ...locations.map(({ location }) => location)]
  const own = [...app.path, 'credentials']
  if (fallback !== null && isWritten(scope, own) && !all.some(tellsApart))
    faultAtKey(
      scope,
      own,
      'means nothing where nobody is told apart: every `require` of the app is open, or `nobody`',
    )
}

function tellsApart({ access }: Pick<Location, 'access'>): boolean {
  return access.kind === 'rule' || access.kind === 'maybe_signed_in'
}

/** What was set up and opens nothing, as nowhere is it listed. */
export function warnOfUnlisted(
  scope: Scope,
  apps: readonly Pick<AppOfOrigin, 'app' | 'rehearsal'>[],
  { providers, hasKeys, hasCertificates }: CredentialSources,
): void {
  const listedAt = ({ app, rehearsal }: Pick<AppOfOrigin, 'app' | 'rehearsal'>, credential: Credential) =>
    [app.fallback, ...app.allLocations, ...(rehearsal?.locations ?? [])].some(
      (location) => tellsApart(location) && location.credentials.includes(credential),
    )
  const hasWidgets = apps.some((one) => listedAt(one, 'widget'))
  if (hasKeys && !hasWidgets) {
    if (!apps.some((one) => listedAt(one, 'api_key')))
      warnAt(scope, ['api_keys'], 'opens nothing: no `credentials` lists `api_key` or `widget`')
    for (const path of ofWidgets)
      if (isWritten(scope, path)) warnAt(scope, path, 'means nothing: no `credentials` lists `widget`')
  }
  const asksFor = ({ access }: Pick<Location, 'access'>) =>
    access.kind === 'rule' && conditionsOf(access.requirement).some(({ kind }) => kind === 'certificate')
  const isAsked = ({ app, rehearsal }: Pick<AppOfOrigin, 'app' | 'rehearsal'>) =>
    [app.fallback, ...app.allLocations, ...(rehearsal?.locations ?? [])].some(asksFor)
  if (hasCertificates && !apps.some((one) => listedAt(one, 'client_certificate') || isAsked(one))) {
    const message =
      'opens nothing: no `credentials` lists `client_certificate`, and no rule asks for a `certificate`'
    warnAt(scope, ['client_certificates'], message)
  }
  const listedWith = (name: string, credential: Credential) =>
    apps.some((one) => one.app.providers.includes(name) && listedAt(one, credential))
  for (const { name, bearer, exchange } of providers.values()) {
    if (bearer === null || listedWith(name, 'bearer')) continue
    const takesPairs = (exchange?.pair ?? null) !== null
    if (takesPairs && listedWith(name, 'exchange')) continue
    const [key, words] = takesPairs ? ['exchange', '`exchange` or `bearer`'] : ['bearer', '`bearer`']
    const message = `opens nothing: no app that accepts the provider lists ${words} in \`credentials\``
    warnAt(scope, ['providers', name, key], message)
  }
}

const ofWidgets: readonly ConfigPath[] = [
  ['api_keys', 'widget_claims'],
  ['api_keys', 'self_service', 'origins'],
]

interface WrittenList {
  readonly at: ConfigPath
  readonly places: readonly Location[]
}

function checkList(
  scope: Scope,
  app: AppUnderJudgement,
  sources: CredentialSources,
  { at, places }: WrittenList,
): void {
  const place = places.find(tellsApart)
  // What stands in its place says nothing of what was meant.
  if (place === undefined || isFaultyList(scope, at, place.credentials)) return
  const accepted = app.providers.flatMap((name) => sources.providers.get(name) ?? [])
  // Of a provider that was faulty, that is missing, or that the app failed to name, it was told already.
  const isKnown =
    accepted.length === app.providers.length &&
    (accepted.length > 0 || (sources.providers.size === 0 && (sources.hasKeys || sources.hasCertificates)))
  // One that is written and faulty was told of already.
  const hasBearer = app.providers.some((name) => isWritten(scope, ['providers', name, 'bearer']))
  const hasPairs = app.providers.some((name) =>
    ['client_credentials', 'cognito_password'].some((key) =>
      isWritten(scope, ['providers', name, 'exchange', key]),
    ),
  )
  const { credentials } = place
  for (const [index, credential] of credentials.entries()) {
    const message = whyNone(credential, accepted, { ...sources, isKnown, hasBearer, hasPairs })
    const member = [...at, index]
    if (message !== null) faultAt(scope, isWritten(scope, member) ? member : at, message)
  }
  if (isKnown && credentials.includes('bearer')) checkBearers(scope, at, accepted)
  if (isKnown && credentials.includes('exchange')) checkPairs(scope, at, accepted)
  const isStepUp = places.some(({ stepUp }) => stepUp !== null)
  if (isStepUp && credentials.every((one) => one === 'api_key' || one === 'widget')) {
    const names = credentials.map((one) => `\`${one}\``).join(' and ')
    const message = `lists ${names} alone, and \`step_up\` asks for a sign-in that no key can bring: list \`session\`, or leave \`step_up\` out here`
    faultAt(scope, at, message)
  }
}

/** Whether something else is written than what is in force, which is told already. */
function isFaultyList(scope: Scope, at: ConfigPath, credentials: readonly Credential[]): boolean {
  const node = nodeAt(scope.root, at)
  if (node === undefined) return false
  if (node.kind !== 'list' || node.items.length !== credentials.length) return true
  return node.items.some((item, index) => item.kind !== 'scalar' || item.value !== credentials[index])
}

function whyNone(
  credential: Credential,
  accepted: readonly ProviderDraft[],
  known: Record<'hasKeys' | 'hasCertificates' | 'isKnown' | 'hasBearer' | 'hasPairs', boolean>,
): string | null {
  const { hasKeys, hasCertificates, isKnown, hasBearer, hasPairs } = known
  switch (credential) {
    case 'session':
      if (!isKnown || accepted.some(({ signsIn }) => signsIn)) return null
      return 'lists `session`, and nobody signs in here: list what opens the app, such as `credentials: [api_key]`'
    case 'bearer':
      if (!isKnown || hasBearer) return null
      return 'needs a provider with `bearer` among those that the app accepts'
    case 'api_key':
    case 'widget':
      return hasKeys ? null : 'needs `api_keys` at the top of the file; `api_keys: {}` is enough'
    case 'client_certificate':
      return hasCertificates ? null : 'needs `client_certificates` at the top of the file'
    case 'exchange':
      if (!isKnown || hasPairs) return null
      return 'needs a provider with `exchange` among those that the app accepts, with `client_credentials` or `cognito_password`'
  }
}

/** A token that is no JWT says nothing of where it is from, and is not shown to one provider after another. */
function checkBearers(scope: Scope, at: ConfigPath, accepted: readonly ProviderDraft[]): void {
  const opaque = accepted.filter(({ bearer }) => bearer !== null && bearer.check !== 'jwt')
  if (opaque.length > 1) {
    const names = opaque.map(({ name }) => name).join(' and ')
    faultAt(
      scope,
      at,
      `lists \`bearer\`, and ${names} both have \`introspection\` or \`userinfo\`: of a token that is no JWT nobody could tell whose it is; accept one of them`,
    )
  }
}

/** Nor is a pair. */
function checkPairs(scope: Scope, at: ConfigPath, accepted: readonly ProviderDraft[]): void {
  const takers = accepted.filter(({ exchange }) => (exchange?.pair ?? null) !== null)
  if (takers.length < 2) return
  const names = takers.map(({ name }) => name).join(' and ')
  const message = `lists \`exchange\`, and ${names} both take pairs: of a pair nobody could tell whose it is; accept one of them`
  faultAt(scope, at, message)
}

const ofSignIn = ['resume', 'max_resumed_body'] as const

/** Where no session counts nobody is sent to sign in: these keys would be read as what happens then. */
function checkSignInKeys(scope: Scope, app: AppUnderJudgement, { fallback, locations }: Built): void {
  const message = 'means nothing where `credentials` does not list `session`: nobody is asked to sign in'
  const takesNone = ({ credentials }: Location) => !credentials.includes('session')
  for (const { path, own, location } of locations) {
    if (own.kind !== 'rule' || !takesNone(location)) continue
    for (const key of writtenKeys(scope, path)) faultAtKey(scope, [...path, key], message)
  }
  const all = [...locations.map(({ location }) => location), ...(fallback === null ? [] : [fallback])]
  if (all.length === 0 || !all.filter(({ access }) => access.kind === 'rule').every(takesNone)) return
  if (!all.some(({ access }) => access.kind === 'rule')) return
  for (const key of writtenKeys(scope, app.path)) faultAtKey(scope, [...app.path, key], message)
}

function writtenKeys(scope: Scope, path: ConfigPath): readonly string[] {
  const written = nodeAt(scope.root, [...path, 'unauthenticated'])
  const asks = written?.kind === 'scalar' && written.value === 'sign_in' ? ['unauthenticated'] : []
  return [...asks, ...ofSignIn.filter((key) => isWritten(scope, [...path, key]))]
}
