import type { App, Location, LocationTree, UpstreamSettings } from '../../core/gateway.ts'
import { caselessKeys, hasDisputedCase } from '../../core/request/caseless.ts'
import { isReadAlike } from '../../core/request/compatible-path.ts'
import { beginsWith } from '../../core/request/target.ts'
import type { Secret } from '../../core/secret.ts'
import { disputedCase, readOtherwise } from '../location.ts'
import { type ConfigPath, nodeAt } from '../node.ts'
import type { Steps } from '../steps.ts'
import { readSegments, readWebAddress, type WebAddress } from '../web-address.ts'
import { acceptedProviders } from './accepted-providers.ts'
import { checkHeaders, sharedSecretName } from './app-headers.ts'
import { type AppSettings, type Defaults, readAppSettings, whereWritten } from './app-settings.ts'
import { awsSecrets, isSigned } from './aws.ts'
import { checkHeaderBudget } from './header-budget.ts'
import { withHeaderDefaults } from './header-defaults.ts'
import { withLongestBody } from './held-bodies.ts'
import { buildIdentityAssertion, checkAsserted } from './identity-assertion.ts'
import { checkFunctionPaths, isFunction } from './lambda.ts'
import { type AppOfOrigin, redirectPathFor } from './origin.ts'
import { checkName } from './provider.ts'
import { checkScheme } from './provider-address.ts'
import { faultAt, isWritten, type Scope, warnAt } from './scope.ts'
import type { NamedSecret } from './secrets.ts'
import type { AuthPrefix } from './service.ts'
import { buildUpstream } from './upstream.ts'

/** What holds for every app of the file. */
interface AppSurroundings {
  readonly defaults: Defaults
  readonly auth: AuthPrefix | null
  /** Of `session`: for apps that say nothing of their own. */
  readonly lifetimes: { readonly idle: number; readonly max: number }
  readonly buildLocations: BuildLocations
  /** Whether people sign in with a provider; of one that was faulty it is taken to be so. */
  readonly signsIn: (provider: string) => boolean
}

/** An app as its locations are judged: what is known of it, also when parts of it were faulty. */
export interface AppUnderJudgement {
  readonly name: string
  readonly path: ConfigPath
  readonly settings: AppSettings
  readonly providers: readonly string[]
  /** `https://host`; empty when the app's url was faulty. */
  readonly origin: string
  /** Null when the app's url was faulty: then paths cannot be held against it. */
  readonly prefix: readonly string[] | null
  /** Null when it was faulty. */
  readonly upstream: UpstreamSettings | null
}

export interface AppLocations {
  readonly fallback: Location
  /** Those that are enforced. */
  readonly all: readonly Location[]
  readonly tree: LocationTree
  /** As if the `rehearsed` ones were enforced too; null: there are none. */
  readonly rehearsal: {
    readonly all: readonly Location[]
    readonly tree: LocationTree
    readonly rehearsed: readonly Location[]
  } | null
}

/** Compiles an app's `require` and `locations`; null when something was faulty, and reported. */
export type BuildLocations = (app: AppUnderJudgement) => Steps<AppLocations | null>

export interface BuiltApp {
  readonly name: string
  readonly path: ConfigPath
  readonly providers: readonly string[]
  /** Of those with which people sign in `{provider}` stands for each one's name. */
  readonly redirectPath: string
  readonly secrets: readonly NamedSecret[]
  /** Null when something that it cannot be without was faulty, and reported. */
  readonly ofOrigin: AppOfOrigin | null
}

/** One entry of `apps`. */
export function* buildApp(scope: Scope, name: string, surroundings: AppSurroundings): Steps<BuiltApp> {
  const path = ['apps', name]
  checkName(scope, path, name)
  const own = readAppSettings(scope, path, surroundings.defaults)
  if (nodeAt(scope.root, path)?.kind !== 'map') {
    return { name, path, providers: [], redirectPath: '', secrets: [], ofOrigin: null }
  }
  const written = withHeaderDefaults(scope, path, own, own.provider?.length ?? 1)
  const providers = acceptedProviders(scope, path, written)
  const url = readUrl(scope, path, written, surroundings.auth)
  const upstream = buildUpstream(scope, [...path, 'upstream'], written.upstream, url?.address ?? null)
  const settings = withLongestBody(scope, path, written, upstream)
  checkFunctionPaths(scope, path, settings)
  checkHeaders(scope, path, settings)
  const secret = readSharedSecret(scope, path, settings)
  const origin = url?.address.origin ?? ''
  const ofAssertion = { origin, url: url?.text ?? 'unknown', authPrefix: surroundings.auth?.authPrefix ?? '' }
  const identityAssertion = buildIdentityAssertion(scope, path, settings, ofAssertion)
  const head = { name, path, settings, providers, origin, prefix: url?.prefix ?? null, upstream }
  const locations = yield* surroundings.buildLocations(head)
  if (locations !== null)
    checkAsserted(scope, path, identityAssertion, [locations.fallback, ...locations.all])
  const signInProviders = providers.filter(surroundings.signsIn)
  const redirectPath = readRedirectPath(scope, path, settings, signInProviders, surroundings)
  const secrets = [...(secret === null ? [] : [secret.named]), ...awsSecrets(path, settings)]
  const built = { name, path, providers, redirectPath, secrets }
  if (url === null || upstream === null || locations === null) return { ...built, ofOrigin: null }
  const app: App = {
    name,
    url: url.text,
    origin,
    prefix: url.prefix,
    upstream,
    sharedSecret: secret === null ? null : { header: secret.header, value: secret.value },
    identityAssertion,
    providers,
    signInProviders,
    allowEncoded: new Set(settings.allow_encoded),
    ignoreCase: settings.ignore_case,
    keepFragment: settings.keep_fragment,
    title: settings.title ?? null,
    contact: settings.contact ?? null,
    fallback: locations.fallback,
    locations: locations.tree,
    allLocations: locations.all,
  }
  checkHeaderBudget(scope, path, app)
  const terms = {
    providers: signInProviders,
    redirectPath,
    ...readTerms(settings, url.address, surroundings),
  }
  const rehearsal = rehearsalOf(app, locations)
  return { ...built, ofOrigin: { app, rehearsal, path, address: url.address, terms } }
}

function rehearsalOf(app: App, { rehearsal }: AppLocations): AppOfOrigin['rehearsal'] {
  if (rehearsal === null) return null
  const { tree, all, rehearsed } = rehearsal
  return { app: { ...app, locations: tree, allLocations: all }, locations: rehearsed }
}

interface AppUrl {
  readonly text: string
  readonly address: WebAddress
  readonly prefix: readonly string[]
}

function readUrl(
  scope: Scope,
  path: ConfigPath,
  settings: AppSettings,
  auth: AuthPrefix | null,
): AppUrl | null {
  const { url: text } = settings
  if (text === undefined) return null
  const at = [...path, 'url']
  const read = readWebAddress(text)
  const segments = read.ok ? readSegments(read.address.path) : read
  if (!read.ok || !segments.ok) {
    const message = segments.ok ? '' : segments.message
    faultAt(scope, at, read.ok ? `the path ${message}` : message)
    return null
  }
  if (settings.ignore_case && hasDisputedCase(text)) faultAt(scope, at, disputedCase)
  else if (settings.ignore_case && !isReadAlike(segments.segments)) faultAt(scope, at, readOtherwise)
  // Of an app that does not ignore case but stands beside one that does, `checkOwnSpellings` tells.
  const compared = settings.ignore_case ? caselessKeys : (as: readonly string[]) => as
  if (auth !== null && beginsWith(compared(segments.segments), compared(auth.authSegments))) {
    faultAt(scope, at, `everything below ${auth.authPrefix} belongs to the gateway`)
  }
  checkScheme(scope, at, read.address, settings.allow_insecure_http)
  return { text, address: read.address, prefix: segments.segments }
}

function readSharedSecret(
  scope: Scope,
  path: ConfigPath,
  settings: AppSettings,
): { readonly header: string; readonly value: Secret; readonly named: NamedSecret } | null {
  const { shared_secret: shared } = settings
  const at = whereWritten(scope, path, 'shared_secret')
  if (shared === undefined) {
    // An app that verifies what the gateway signs refuses everybody else.
    const verifies = settings.identity_assertion !== undefined && settings.identity_assertion !== null
    if (!isWritten(scope, at) && !isSigned(settings) && !isFunction(settings) && !verifies) {
      const message =
        'is absent: unless the network forbids it, the upstream can be reached around the gateway by whoever finds it'
      warnAt(scope, at, message)
    }
    return null
  }
  const value = 'header' in shared ? shared.value : shared
  const valuePath = isWritten(scope, [...at, 'value']) ? [...at, 'value'] : at
  return {
    header: sharedSecretName(shared),
    value,
    named: { purpose: 'shared', path: valuePath, secret: value },
  }
}

/** Where providers send people back to: RFC 9700 4.4.2.2 asks for one redirect URI a provider. */
function readRedirectPath(
  scope: Scope,
  path: ConfigPath,
  { redirect_uri: written }: AppSettings,
  providers: readonly string[],
  { auth }: AppSurroundings,
): string {
  const usual = `${auth?.authPrefix ?? ''}/callback`
  const ofEach = `${usual}/{provider}`
  if (written === undefined) return providers.length > 1 ? ofEach : usual
  const paths = [written, ...providers.map((provider) => redirectPathFor(written, provider))]
  const taken = auth !== null && ![usual, ofEach].includes(written) && paths.some(isOwn(auth.authPrefix))
  if (taken) {
    const message = `everything below ${auth.authPrefix} is the gateway’s already: there it is ${usual} or ${ofEach} alone`
    faultAt(scope, whereWritten(scope, path, 'redirect_uri'), message)
  }
  return written
}

/** In any case: what differs from a redirect URI by it alone is nobody's, and would be our own addresses. */
function isOwn(authPrefix: string): (path: string) => boolean {
  const own = `${authPrefix}/`.toLowerCase()
  return (path) => `${path}/`.toLowerCase().startsWith(own)
}

function readTerms(
  settings: AppSettings,
  { origin }: WebAddress,
  { auth, lifetimes }: AppSurroundings,
): Omit<AppOfOrigin['terms'], 'providers' | 'redirectPath'> {
  const { post_logout_redirect_uri: loggedOut = `${auth?.authPrefix ?? ''}/logged-out` } = settings
  return {
    postLogoutRedirectUri: loggedOut.startsWith('/') ? `${origin}${loggedOut}` : loggedOut,
    idleTimeoutSeconds: settings.idle_timeout ?? lifetimes.idle,
    maxLifetimeSeconds: settings.max_lifetime ?? lifetimes.max,
  }
}
