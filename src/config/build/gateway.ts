import { resolve } from 'node:path'
import type { Gateway, ProviderSettings } from '../../core/gateway.ts'
import { ownedHeaderNames } from '../../core/headers/names.ts'
import type { Secret } from '../../core/secret.ts'
import { type ConfigPath, nodeAt } from '../node.ts'
import type { RuleContext } from '../rules/context.ts'
import { groupKeys } from '../schema/file.ts'
import type { Steps } from '../steps.ts'
import { checkKeys } from '../validate.ts'
import { foreignPrefixes } from './accepted-providers.ts'
import { buildAdmin } from './admin.ts'
import { buildApiKeys, checkKeyHeaderIn, checkUserIdClaims } from './api-keys.ts'
import { type BuiltApp, buildApp } from './app.ts'
import { appNames, type Defaults, readDefaults, usualTimeouts } from './app-settings.ts'
import { checkAudiences } from './bearer.ts'
import { buildClientCertificates } from './client-certificates.ts'
import { needsNoProvider, sourcesOf, warnOfUnlisted } from './credentials.ts'
import { switchFaults } from './dangerous-switches.ts'
import { checkRefreshClients } from './exchange.ts'
import { buildTimeouts } from './forwarding.ts'
import { deepFreezeSteps } from './freeze.ts'
import { buildHeldBodies } from './held-bodies.ts'
import { checkOriginsInFile } from './keys-in-file.ts'
import { buildListeners, buildTrust, settingsOf } from './listen.ts'
import { locationBuilder } from './locations.ts'
import { buildHosts } from './origin.ts'
import { buildPages } from './pages.ts'
import { buildProvider, type ProviderDraft } from './provider.ts'
import { checkRechecks } from './recheck.ts'
import { rulesOf } from './rules.ts'
import { faultAt, namesOf, placeOf, type Scope, warnAt } from './scope.ts'
import { checkSecrets, type NamedSecret } from './secrets.ts'
import { buildSelfService } from './self-service.ts'
import { buildAuthPrefix, buildDataFolder, buildLog, plainTopKeys, type TopKeys } from './service.ts'
import { buildSession, checkSubjectKey } from './session.ts'
import { shadowWithin } from './shadow.ts'
import { buildSigningKeys } from './signing-keys.ts'
import { buildWorkers } from './workers.ts'

/**
 * The tree of a file to the model. Every part is judged whatever was wrong with the others, so that all faults are
 * told at once; null when there was one.
 */
export function* buildGatewaySteps(scope: Scope, faultless: () => boolean): Steps<Gateway | null> {
  for (const message of switchFaults(scope.surroundings.env)) {
    scope.report({ position: null, path: '', message, suggestion: null })
  }
  const top = checkKeys(plainTopKeys, placeOf(scope, []), ['listen', 'admin', ...Object.keys(groupKeys)])
  const service = buildService(scope, top)
  const providers = buildProviders(scope)
  const defaults = readDefaults(scope)
  const keys = buildApiKeys(scope, service.session)
  const clientCertificates = buildClientCertificates(scope)
  const rules = rulesOf(scope, providers)
  const apps = yield* buildApps(scope, { service, defaults, providers, rules })
  for (const [file, { path }] of scope.emptyLists) {
    warnAt(
      scope,
      path,
      `the file ${file} has no entries: ${path.includes('only') ? 'no element is chosen by it' : 'the condition lets nobody in, and neither does its negation'}`,
    )
  }
  checkAudiences(scope, providers)
  checkUserIdClaims(scope, providers.values())
  checkRefreshClients(scope, providers)
  const prefixes = foreignPrefixes(scope, apps, providers, {
    keys: keys.draft,
    certificates: clientCertificates,
  })
  checkSecrets(scope, [
    ...service.sealing,
    ...keys.sealing,
    ...service.naming,
    ...service.opening,
    ...clientSecrets(providers),
    ...apps.flatMap(({ secrets }) => secrets),
  ])
  const ofOrigins = apps.flatMap(({ ofOrigin }) => ofOrigin ?? [])
  checkRechecks(scope, providers.values(), ofOrigins, service.session)
  warnOfUnlisted(scope, ofOrigins, sourcesOf(scope, providers))
  const hosts = buildHosts(scope, ofOrigins, service.session, service.auth)
  const models = ofOrigins.map(({ app }) => app)
  checkKeyHeaderIn(scope, keys.draft, models)
  checkOriginsInFile(scope, keys.inFile, hosts)
  const workers = buildWorkers(scope, top.workers, { session: service.session, apps: models })
  const signingKeys = buildSigningKeys(scope, top.signing_keys, {
    ...{ session: service.session, apps: models, others: otherKeys(providers, service.listeners) },
  })
  const isComplete = ofOrigins.length === apps.length
  const selfService = buildSelfService(scope, { rules, hosts, isComplete })
  const heldBodyBytes = buildHeldBodies(scope, { apps: models, isComplete })
  const { listeners, auth, session, log } = service
  if (listeners === null || auth === null || session === null || log === null || !faultless()) return null
  return yield* deepFreezeSteps({
    listeners: settingsOf(listeners),
    admin: service.admin,
    workers,
    trustedProxies: service.trustedProxies,
    trustsSocket: service.trustsSocket,
    heldBodyBytes,
    dataFolder: service.dataFolder,
    ...auth,
    providers: finish(providers, prefixes),
    session,
    apiKeys: keys.draft && { ...keys.draft, selfService },
    clientCertificates,
    signingKeys,
    log,
    pages: service.pages,
    hosts,
    apps: models,
    ownedHeaders: ownedHeaderNames(models),
    emptyLists: [...scope.emptyLists.keys()].map((file) => resolve(scope.surroundings.folder, file)),
    bodyRate: buildTimeouts(usualTimeouts(defaults)).body,
    shadow: shadowWithin(hosts, ofOrigins),
  })
}

function buildService(scope: Scope, top: TopKeys) {
  const listeners = buildListeners(scope)
  const place = {
    listeners,
    ...buildAdmin(scope, listeners),
    ...buildTrust(scope, top.trusted_proxies, listeners),
    dataFolder: buildDataFolder(scope, top.data),
    auth: buildAuthPrefix(scope, top.auth_prefix),
  }
  const [session, log] = [buildSession(scope), buildLog(scope)]
  checkSubjectKey(scope, session.session, log.log)
  return { ...place, ...session, ...log, pages: buildPages(scope) }
}

function buildProviders(scope: Scope): ReadonlyMap<string, ProviderDraft> {
  checkNamed(scope, 'providers')
  const drafts = namesOf(scope, ['providers']).map((name) => buildProvider(scope, name))
  return new Map(drafts.flatMap((draft) => (draft === null ? [] : [[draft.name, draft] as const])))
}

function finish(
  drafts: ReadonlyMap<string, ProviderDraft>,
  prefixes: ReadonlyMap<string, readonly string[]>,
): ReadonlyMap<string, ProviderSettings> {
  return new Map(
    [...drafts].map(([name, draft]) => [name, { ...draft, foreignPrefixes: prefixes.get(name) ?? [] }]),
  )
}

interface AppsWork {
  readonly service: ReturnType<typeof buildService>
  readonly defaults: Defaults
  readonly providers: ReadonlyMap<string, ProviderDraft>
  readonly rules: RuleContext
}

function* buildApps(
  scope: Scope,
  { service, defaults, providers, rules }: AppsWork,
): Steps<readonly BuiltApp[]> {
  checkNamed(scope, 'apps')
  const { auth, lifetimes } = service
  const buildLocations = locationBuilder(scope, rules, {
    authSegments: auth?.authSegments ?? null,
    store: service.session?.store.kind ?? null,
    sources: sourcesOf(scope, providers),
  })
  const signsIn = (name: string) => providers.get(name)?.signsIn ?? true
  const surroundings = { defaults, auth, lifetimes, buildLocations, signsIn }
  const apps: BuiltApp[] = []
  for (const name of appNames(scope)) {
    apps.push(yield* buildApp(scope, name, surroundings))
    yield
  }
  return apps
}

/** `providers` and `apps` must be there, mappings, and not empty. Where keys may open every app there need be no provider. */
function checkNamed(scope: Scope, key: 'providers' | 'apps'): void {
  const node = nodeAt(scope.root, [key])
  if (node === undefined && key === 'providers' && needsNoProvider(scope)) return
  if (node === undefined) faultAt(scope, [key], 'is missing')
  else if (node.kind !== 'map')
    faultAt(scope, [key], 'expected names below it, each further in and with its keys')
  else if (node.entries.length === 0) faultAt(scope, [key], 'must not be empty')
}

/** Private keys by which the gateway proves itself elsewhere. */
function otherKeys(
  providers: ReadonlyMap<string, ProviderDraft>,
  listeners: ReturnType<typeof buildListeners>,
): readonly (readonly [ConfigPath, Secret])[] {
  const ofClients = [...providers.values()].flatMap(({ name, clientKey, clientCertificate }) => [
    [['providers', name, 'client_key'], clientKey] as const,
    [['providers', name, 'client_certificate', 'key'], clientCertificate?.key ?? null] as const,
  ])
  const ofListeners = listeners === null ? [] : settingsOf(listeners).flatMap(({ tls }) => tls)
  return [
    ...ofClients.flatMap(([path, key]) => (key === null ? [] : [[path, key] as const])),
    ...ofListeners.map(({ key }) => [['listen', 'tls'], key] as const),
  ]
}

function clientSecrets(providers: ReadonlyMap<string, ProviderDraft>): readonly NamedSecret[] {
  return [...providers.values()].flatMap(({ name, clientSecret, exchange }) => {
    const { pair = null, refreshToken = null } = exchange ?? {}
    const password = pair?.kind === 'cognito_password' ? pair.clientSecret : null
    const written = [
      [['client_secret'], clientSecret],
      [['exchange', 'cognito_password', 'client_secret'], password],
      [['exchange', 'refresh_token', 'client_secret'], refreshToken?.clientSecret ?? null],
    ] as const
    return written.flatMap(([within, secret]) =>
      secret === null ? [] : [{ purpose: 'client' as const, path: ['providers', name, ...within], secret }],
    )
  })
}
