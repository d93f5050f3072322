import { resourceMetadataAddress } from '../../core/credential/protected-resource.ts'
import type { App, CookieNames, Location, Origin, RedirectUri, SessionSettings } from '../../core/gateway.ts'
import { caselessKeys } from '../../core/request/caseless.ts'
import { couldBeRedirectUri } from '../../core/request/redirect-uri.ts'
import type { ConfigPath } from '../node.ts'
import { defaultPort, hostSpellings, type WebAddress } from '../web-address.ts'
import { whereWritten } from './app-settings.ts'
import { checkOwnSpellings } from './own-spellings.ts'
import { faultAt, faultAtKey, isWritten, type Scope } from './scope.ts'
import type { AuthPrefix } from './service.ts'

/** What an app says about its origin: the same for all apps that share one. */
export interface OriginTerms {
  readonly providers: readonly string[]
  /** `{provider}` stands for each one's name. */
  readonly redirectPath: string
  readonly postLogoutRedirectUri: string
  readonly idleTimeoutSeconds: number
  readonly maxLifetimeSeconds: number
}

/** An app with the address that people browse and what it says about its origin. */
export interface AppOfOrigin {
  readonly app: App
  /** The app with the locations in force that it only rehearses; null: it rehearses none. */
  readonly rehearsal: { readonly app: App; readonly locations: readonly Location[] } | null
  readonly path: ConfigPath
  readonly address: WebAddress
  readonly terms: OriginTerms
}

export type Hosts = ReadonlyMap<string, Origin>

/** Apps put together by origin, and origins by every spelling of a Host header that means them. */
export function buildHosts(
  scope: Scope,
  apps: readonly AppOfOrigin[],
  session: SessionSettings | null,
  auth: AuthPrefix | null,
): Hosts {
  const hosts = new Map<string, Origin>()
  for (const group of Map.groupBy(apps, ({ address }) => address.origin).values()) {
    const [first] = group
    if (first === undefined || session === null) continue
    checkAgreement(scope, group)
    checkPrefixes(scope, group)
    if (auth !== null) checkOwnSpellings(scope, group, auth)
    const origin = buildOrigin(first, group, session)
    checkRedirectUris(scope, group, origin)
    for (const spelling of hostSpellings(first.address)) {
      const other = hosts.get(spelling)
      if (other !== undefined) {
        const message = `the Host "${spelling}" could mean this origin and ${other.origin}: give one of them another host or port`
        faultAt(scope, [...first.path, 'url'], message)
      }
      hosts.set(spelling, origin)
    }
  }
  return hosts
}

function buildOrigin(first: AppOfOrigin, group: readonly AppOfOrigin[], session: SessionSettings): Origin {
  const { address, terms } = first
  return {
    origin: address.origin,
    scheme: address.scheme,
    host: address.host,
    redirectUris: buildRedirectUris(address, terms),
    resourceMetadata: group.flatMap(({ app }) => resourceMetadataAddress(app) ?? []),
    postLogoutRedirectUri: terms.postLogoutRedirectUri,
    providers: terms.providers,
    idleTimeoutSeconds: terms.idleTimeoutSeconds,
    maxLifetimeSeconds: terms.maxLifetimeSeconds,
    cookies: buildCookieNames(address, session),
    apps: group.map(({ app }) => app).toSorted((a, b) => b.prefix.length - a.prefix.length),
  }
}

/** One for each provider; one for all, where the path does not name them. */
function buildRedirectUris({ origin }: WebAddress, terms: OriginTerms): readonly RedirectUri[] {
  const byPath = Map.groupBy(terms.providers, (name) => redirectPathFor(terms.redirectPath, name))
  return [...byPath].map(([path, providers]) => {
    const segments = path.split('/').filter((segment) => segment !== '')
    return { uri: `${origin}${path}`, path, segments, providers }
  })
}

/** Names need no escape in a path: see `name` in the schema. */
export function redirectPathFor(redirectPath: string, provider: string): string {
  return redirectPath.replace('{provider}', () => provider)
}

/**
 * RFC 6265bis section 4.1.3.2: `__Host-` keeps a cookie to its host and to https. Cookies ignore ports, so one that is
 * not the scheme's default stands in the name.
 */
function buildCookieNames(address: WebAddress, session: SessionSettings): CookieNames {
  const secure = address.scheme === 'https'
  const port = address.port === defaultPort(address.scheme) ? '' : `-${address.port}`
  const name = `${secure ? '__Host-' : ''}${session.cookieName}${port}`
  return {
    session: name,
    transactionPrefix: `${name}-tx-`,
    secure,
    sameSite: session.sameSite === 'strict' ? 'Strict' : 'Lax',
  }
}

const agreed = [
  ['providers', 'provider'],
  ['redirectPath', 'redirect_uri'],
  ['postLogoutRedirectUri', 'post_logout_redirect_uri'],
  ['idleTimeoutSeconds', 'idle_timeout'],
  ['maxLifetimeSeconds', 'max_lifetime'],
] as const

/** The session and the redirect URI belong to the origin: its apps cannot differ in what concerns them. */
function checkAgreement(scope: Scope, group: readonly AppOfOrigin[]): void {
  const [first, ...others] = group
  for (const other of others) {
    for (const [term, key] of agreed) {
      if (first === undefined || `${first.terms[term]}` === `${other.terms[term]}`) continue
      // It follows from the providers, of which it was told already.
      const follows = term === 'redirectPath' && !isWritten(scope, [...other.path, key])
      if (follows && `${first.terms.providers}` !== `${other.terms.providers}`) continue
      const message = `differs from the app "${first.app.name}", which shares the origin ${first.address.origin}: one session serves both`
      faultAt(scope, [...other.path, key], message)
    }
  }
}

/** What is browsed there would be taken for an answer of a provider. */
function checkRedirectUris(scope: Scope, group: readonly AppOfOrigin[], { redirectUris }: Origin): void {
  for (const { app, path } of group) {
    const taken = redirectUris.find((one) => couldBeRedirectUri(one, app.prefix))
    if (taken === undefined) continue
    const message = `is the redirect URI of ${taken.providers.join(', ')}: give the app another path, or \`redirect_uri\``
    faultAtKey(scope, [...path, 'url'], message)
  }
  const [first] = group
  for (const [index, one] of redirectUris.entries()) {
    const twin = redirectUris.slice(0, index).find((other) => couldBeRedirectUri(other, one.segments))
    if (twin === undefined || first === undefined) continue
    const message = `gives ${twin.providers.join(', ')} and ${one.providers.join(', ')} redirect URIs that differ by case alone, ${twin.path} and ${one.path}: a provider that compares loosely would take one for the other (RFC 9700 4.1); give one of them another name`
    faultAt(scope, whereWritten(scope, first.path, 'provider'), message)
  }
}

function checkPrefixes(scope: Scope, group: readonly AppOfOrigin[]): void {
  const seen = new Map<string, App[]>()
  for (const { app, path } of group) {
    const key = JSON.stringify(caselessKeys(app.prefix))
    const alike = seen.get(key) ?? []
    const twin = alike.find((one) => JSON.stringify(one.prefix) === JSON.stringify(app.prefix))
    const near = alike.find((one) => one.ignoreCase || app.ignoreCase)
    if (twin !== undefined) {
      const message = `is the url of the app "${twin.name}" too: give each a host of its own, or a path such as ${app.url.replace(/\/$/, '')}/${app.name}`
      faultAtKey(scope, [...path, 'url'], message)
    } else if (near !== undefined) {
      const message = `is the url of the app "${near.name}" too where case is ignored: give one of them another path`
      faultAtKey(scope, [...path, 'url'], message)
    }
    seen.set(key, [...alike, app])
  }
}
