import type { App, Forwarding, Gateway, Location, Origin, ProviderSettings } from '../../core/gateway.ts'
import type { IdentityHeader, ResponseHeaders } from '../../core/headers/form.ts'
import type { TokenName } from '../../core/headers/token-headers.ts'
import type { PageSettings } from '../../core/pages/settings.ts'
import type { EpochSeconds } from '../../core/session/session.ts'
import { assertionFacts, signingKeysFact } from './assertion-facts.ts'
import {
  apiKeyFacts,
  bearerFacts,
  corsFact,
  limitFacts,
  upstreamAuthorizationFact,
} from './credential-facts.ts'
import { fileText, secretText } from './digest.ts'
import type { Effect } from './effect.ts'
import { anyOf, effectOf, type Facts, named, textOf } from './fact.ts'
import { certificatesText, listenerFacts } from './listener-facts.ts'
import { clientCertificateFacts, exchangeFacts } from './machine-facts.ts'
import { storeFacts } from './store.ts'
import { aroundFact, upstreamFacts } from './upstream-facts.ts'

/** One thing that a file says beside its rules and that people or apps notice. */
export interface SettingChange {
  /** `app wiki`, `wiki /admin`, `provider acme`, `https://wiki.example.com`, `the gateway`. */
  readonly subject: string
  readonly setting: string
  /** Null: not there. */
  readonly before: string | null
  readonly after: string | null
  /** What that does to those who are signed in; null: neither, or it is not known. */
  readonly effect: Effect | null
}

type FactsBySubject = ReadonlyMap<string, Facts>

/** What means nothing at a location where nobody is told apart. */
const ofSignIn: ReadonlySet<string> = new Set([
  'unauthenticated',
  'credentials',
  'resume',
  'max_resumed_body',
])

/** What changes for the apps, for signing in, and for sessions; secrets are told apart and never shown. */
export function settingChanges(before: Gateway, after: Gateway): readonly SettingChange[] {
  const [old, now] = [factsOf(before), factsOf(after)]
  const subjects = [...new Set([...old.keys(), ...now.keys()])]
  return subjects.flatMap((subject): readonly SettingChange[] => {
    const [was, is] = [old.get(subject), now.get(subject)]
    if (was === undefined || is === undefined) {
      // Of a location that came or went the rules say it.
      if (subject.includes(' /') || subject.endsWith(' *')) return []
      const there = (facts: unknown) => (facts === undefined ? null : 'there')
      return [{ subject, setting: 'the whole of it', before: there(was), after: there(is), effect: null }]
    }
    // A location that nobody reaches passes nothing on.
    if (was.size === 0 || is.size === 0) return []
    const settings = [...new Set([...was.keys(), ...is.keys()])]
    return settings.flatMap((setting) => {
      const [one, other] = [was.get(setting) ?? null, is.get(setting) ?? null]
      // Where nobody is asked to sign in it means nothing.
      if (ofSignIn.has(setting) && (one === null || other === null)) return []
      const [before, after] = [textOf(one), textOf(other)]
      return before === after ? [] : [{ subject, setting, before, after, effect: effectOf(one, other) }]
    })
  })
}

function factsOf(gateway: Gateway): FactsBySubject {
  const origins = new Set(gateway.hosts.values())
  return new Map([
    ['the gateway', gatewayFacts(gateway)] as const,
    ...[...gateway.providers.values()].map((one) => [`provider ${one.name}`, providerFacts(one)] as const),
    ...[...origins].map((origin) => [origin.origin, originFacts(origin)] as const),
    ...gateway.apps.flatMap((app) => [
      [`app ${app.name}`, appFacts(app)] as const,
      ...[...app.allLocations, app.fallback].map(
        (location) => [`${app.name} ${location.label}`, locationFacts(location)] as const,
      ),
    ]),
  ])
}

function gatewayFacts({
  listeners,
  admin,
  workers,
  trustedProxies,
  trustsSocket,
  heldBodyBytes,
  authPrefix,
  session,
  log,
  pages,
  shadow,
  apiKeys,
  clientCertificates,
  signingKeys,
}: Gateway): Facts {
  return named({
    ...listenerFacts(listeners),
    admin: admin === null ? 'false' : 'an address',
    'admin.tls': admin && certificatesText(admin.tls),
    'admin.token': admin?.token ? secretText(admin.token) : null,
    workers: String(workers),
    trusted_proxies:
      [...(trustsSocket ? ['unix'] : []), ...trustedProxies.map(({ text }) => text)].join(' ') || 'none',
    auth_prefix: authPrefix,
    'aws.held_bodies': `${heldBodyBytes} bytes`,
    ...storeFacts(session.store, 'session.store'),
    'session.allow_insecure_redis': session.allowInsecureRedis ? 'true' : null,
    'session.during_outage': `${session.duringOutageSeconds}s`,
    'session.revoked_before': timeText(session.revokedBefore),
    'session.secret': session.secrets.map(secretText).join(' ') || null,
    'session.cookie_name': session.cookieName,
    'session.same_site': session.sameSite,
    'session.sign_in_timeout': `${session.signInTimeoutSeconds}s`,
    'log.level': log.level,
    'log.format': log.format,
    'log.subject': log.subject,
    'log.subject_key': log.subjectKey && secretText(log.subjectKey),
    ...apiKeyFacts(apiKeys),
    ...clientCertificateFacts(clientCertificates),
    signing_keys: signingKeysFact(signingKeys),
    ...pageFacts(pages),
    rehearsed: shadow && (shadow.file ?? shadow.rehearsed.map(rehearsedText).join(', ')),
  })
}

function timeText(at: EpochSeconds | null): string | null {
  return at === null ? null : new Date(at * 1000).toISOString().replace('.000', '')
}

function pageFacts({ logo, accent, language, catalogues }: PageSettings) {
  const colours = (['light', 'dark'] as const).map((scheme) => accent?.[scheme].accent)
  return {
    'pages.logo': logo && fileText(logo),
    'pages.accent': accent && colours.join(' '),
    'pages.language': language ?? 'auto',
    // Which of them an operator wrote the gateway does not know.
    'pages.texts': fileText(JSON.stringify([...catalogues])),
  }
}

function rehearsedText({ app, location }: { readonly app: string; readonly location: Location }): string {
  return `${app} ${location.label}`
}

function providerFacts(one: ProviderSettings): Facts {
  return named({
    issuer: one.issuer,
    client_id: one.clientId,
    client_secret: one.clientSecret && secretText(one.clientSecret),
    token_endpoint_auth_method: one.authMethod,
    client_key: one.clientKey && secretText(one.clientKey),
    client_key_id: one.clientKeyId,
    client_assertion_alg: one.clientAssertionAlg,
    client_certificate:
      one.clientCertificate &&
      `${fileText(one.clientCertificate.certificate)} ${secretText(one.clientCertificate.key)}`,
    preset: one.preset,
    label: one.label,
    display_name: one.displayName.join(', '),
    icon: one.icon?.startsWith('data:') ? fileText(one.icon) : one.icon,
    internal_url: one.internalUrl,
    ca_file: one.ca && fileText(one.ca),
    allow_insecure_http: one.allowInsecureHttp ? 'true' : null,
    response_mode: one.responseMode,
    response_iss: one.responseIssRequired ? 'required' : null,
    scopes: `${one.scopes.join(' ')}${one.recheck !== null && one.scopesWritten ? ', and none for a refresh token' : ''}`,
    pass_parameters: one.passParameters.join(' ') || null,
    metadata_url: one.metadataUrl,
    id_token_signed_response_alg: one.signingAlgorithms?.join(' ') ?? null,
    extra_audiences: one.extraAudiences.join(' ') || null,
    claims_from: `${one.claimsFrom.join(' ')}${one.claimsFromWritten ? '' : ' where it has them'}`,
    user_id: one.userId,
    user_id_prefix: one.userIdPrefix || null,
    jwks_uri: one.jwksUri,
    'signs people in': String(one.signsIn),
    ...bearerFacts(one.bearer),
    ...exchangeFacts(one.exchange),
    trust_email: String(one.trustEmail),
    authorization_parameters: [...one.authorizationParameters]
      .map(([name, value]) => `${name}=${value}`)
      .join(' '),
  })
}

function originFacts(origin: Origin): Facts {
  return named({
    'redirect URI': origin.redirectUris.map(({ uri }) => uri).join(', '),
    'post-logout redirect URI': origin.postLogoutRedirectUri,
    idle_timeout: `${origin.idleTimeoutSeconds}s`,
    max_lifetime: `${origin.maxLifetimeSeconds}s`,
  })
}

function appFacts({
  url,
  upstream,
  sharedSecret,
  identityAssertion,
  providers,
  allowEncoded,
  title,
  contact,
  ignoreCase,
  keepFragment,
}: App): Facts {
  return named({
    url,
    provider: providers.join(', '),
    ...upstreamFacts(upstream),
    'reached around the gateway by': aroundFact({ upstream, sharedSecret, identityAssertion }),
    shared_secret: sharedSecret && `${sharedSecret.header}: ${secretText(sharedSecret.value)}`,
    ...assertionFacts(identityAssertion),
    allow_encoded: [...allowEncoded].join(' ') || null,
    title,
    contact,
    ignore_case: String(ignoreCase),
    keep_fragment: String(keepFragment),
  })
}

function locationFacts({
  unauthenticated,
  credentials,
  forwarding,
  access,
  resume,
  maxResumedBodyBytes,
  limits,
  limitsFail,
}: Location): Facts {
  if (access.kind === 'nobody') return named({})
  return named({
    ...forwardingFacts(forwarding),
    unauthenticated: access.kind === 'rule' ? unauthenticated : null,
    credentials: access.kind === 'anyone' ? null : anyOf(credentials),
    ...limitFacts(limits, limitsFail),
    resume: access.kind === 'rule' ? resume : null,
    max_resumed_body: resume === 'none' ? null : `${maxResumedBodyBytes} bytes`,
  })
}

function forwardingFacts(forwarding: Forwarding) {
  const { identityHeaders, tokenHeaders, credentialHeaders = [] } = forwarding
  const { timeouts, maxBodyBytes, websocketOrigins } = forwarding
  const { corsPreflight, cache, responseHeaders, cors, corsHeaders, upstreamAuthorization } = forwarding
  const own = forwarding.headers?.map(({ name, value }) => `${name}: ${secretText(value)}`)
  return {
    ...Object.fromEntries(identityHeaders.map((header) => [`header ${header.name}`, identityText(header)])),
    ...Object.fromEntries(tokenHeaders.map(({ name, token }) => [`header ${name}`, tokenTexts[token]])),
    ...Object.fromEntries(credentialHeaders.map(({ name, says }) => [`header ${name}`, says])),
    response_headers: responseHeaders === undefined ? null : responseText(responseHeaders),
    headers: own === undefined ? null : own.join(', ') || 'none',
    timeouts: `${timeouts.connectSeconds}s ${timeouts.responseSeconds}s ${timeouts.idleSeconds}s`,
    'timeouts.body':
      timeouts.body === null
        ? 'off'
        : `${timeouts.body.graceSeconds}s ${timeouts.body.bytesPerSecond} bytes a second`,
    'timeouts.keep_alive': timeouts.keepAliveSeconds === null ? null : `${timeouts.keepAliveSeconds}s`,
    max_body: maxBodyBytes === null ? 'none' : `${maxBodyBytes} bytes`,
    websocket: websocketOrigins === null ? 'false' : websocketOrigins.join(' '),
    cors_preflight: corsPreflight,
    cors: corsFact(cors),
    cors_headers: anyOf(corsHeaders),
    upstream_authorization: upstreamAuthorizationFact(upstreamAuthorization),
    cache,
  }
}

const tokenTexts: { readonly [name in TokenName]: string } = {
  access_token: 'the access token',
  id_token: 'the ID token',
}

function responseText({ set, remove }: ResponseHeaders): string {
  return [...set.map(({ name, value }) => `${name}: ${value}`), ...remove.map((name) => `no ${name}`)].join(
    ', ',
  )
}

function identityText({ from, form }: IdentityHeader): string {
  if (form === undefined) return from
  const only = form.only && [...form.only.texts, ...form.only.patterns.map((parts) => parts.join('*'))]
  return JSON.stringify({ claim: from, ...form, only })
}
