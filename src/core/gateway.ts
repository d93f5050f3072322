import type { AdminSettings } from './admin-settings.ts'
import type { AssertionSettings, SigningKey } from './assertion/settings.ts'
import type { ClientCertificateSettings } from './certificate/settings.ts'
import type { Credential } from './credential/credential.ts'
import type { ResourceMetadataAddress } from './credential/resource-metadata-address.ts'
import type { Cors, UpstreamAuthorization } from './headers/cors.ts'
import type { CredentialHeader, IdentityHeader, ResponseHeaders, TokenHeader } from './headers/form.ts'
import type { ApiKeySettings } from './keys/api-key-settings.ts'
import type { RequestLimit } from './limits/request-limit.ts'
import type { PageSettings } from './pages/settings.ts'
import type { ProviderSettings } from './provider-settings.ts'
import type { AddressRange } from './request/address.ts'
import type { AmbiguousKind } from './request/ambiguous-kind.ts'
import type { Requirement } from './rules/requirement.ts'
import type { Secret } from './secret.ts'
import type { SessionSettings } from './session-settings.ts'
import type { StepUp } from './step-up.ts'
import type { BodyRate, Timeouts, UpstreamSettings } from './upstream-settings.ts'

/**
 * The model: one checked configuration as frozen data. Built by `config/build`, read by everything above it.
 * Every field is present: defaults live in the schema alone. Times are whole seconds, sizes bytes.
 */
export interface Gateway {
  readonly listeners: ListenerList
  readonly admin: AdminSettings | null
  /** Processes that take requests; 1: the gateway is one process. `auto`: as many as cores. */
  readonly workers: number | 'auto'
  /** Peers whose X-Forwarded-For and X-Forwarded-Proto are believed. Empty: nobody's. */
  readonly trustedProxies: readonly AddressRange[]
  /** Whether `trusted_proxies` lists `unix`: whoever connects by the Unix socket of `listen` is believed too. */
  readonly trustsSocket: boolean
  /** `aws.held_bodies`: bodies that are held at once until they are sent, of all processes together. */
  readonly heldBodyBytes: number
  /** Absolute path of the folder of the embedded store. */
  readonly dataFolder: string
  /** `/.auth`, without a trailing slash. */
  readonly authPrefix: string
  readonly authSegments: readonly string[]
  readonly providers: ReadonlyMap<string, ProviderSettings>
  readonly session: SessionSettings
  /** Null: there are no keys of ours, and nothing in a header is taken for one. */
  readonly apiKeys: ApiKeySettings | null
  /** Null: nobody comes by a certificate. */
  readonly clientCertificates: ClientCertificateSettings | null
  /** The first signs identity assertions, all are published. Empty: one is kept in the data folder, or drawn. */
  readonly signingKeys: readonly SigningKey[]
  readonly log: LogSettings
  /** How the gateway's own pages look, and which languages they speak. */
  readonly pages: PageSettings
  /** By every spelling that a Host header may have, in lower case: `wiki.example.com` and `wiki.example.com:443`. */
  readonly hosts: ReadonlyMap<string, Origin>
  readonly apps: readonly App[]
  /** Folded names (lower case, `_` as `-`) that no client may send to any app: see core/headers. */
  readonly ownedHeaders: ReadonlySet<string>
  /** How slow a body may come that is for no location: the gateway's own forms, and what is refused before. */
  readonly bodyRate: BodyRate | null
  /** Absolute paths of the files of `${lines:FILE}` that have no entries: whatever names one lets nobody in. Of the shadow's file too. */
  readonly emptyLists: readonly string[]
  /** Rules that are rehearsed; null: none, and nothing is judged twice. */
  readonly shadow: Shadow | null
}

/** A second set of rules for the same apps: judged beside the first, logged and counted, never enforced. */
export interface Shadow {
  /** The file that holds them, as messages name it; null: locations of the same file with `enforce: false`. */
  readonly file: string | null
  /** By `Origin.origin`: the same origins and apps, with the locations of the shadow. */
  readonly origins: ReadonlyMap<string, Origin>
  /** What is rehearsed: with a file of its own all its locations. */
  readonly rehearsed: readonly { readonly app: string; readonly location: Location }[]
}

export interface ListenAddress {
  readonly host: string
  readonly port: number
}

export interface ListenSettings extends ListenAddress {
  /** Where connections are accepted instead of at a host and port, which are then empty and 0. */
  readonly socketPath: string | null
  /** Permissions of the socket, such as 0o660; null: what the process’s umask leaves. */
  readonly mode: number | null
  readonly tls: readonly { readonly certificate: string; readonly key: Secret }[]
  /** PEM of the authority that client certificates must come from; null: none are demanded. */
  readonly clientCa: string | null
  /** Whether it asks for certificates of `Gateway.clientCertificates`, and serves clients that have none. */
  readonly asksCertificates: boolean
}

/** Where connections are accepted: at one place or several, each with its own TLS. */
export type ListenerList = readonly [ListenSettings, ...(readonly ListenSettings[])]

export interface LogSettings {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly format: 'auto' | 'json' | 'text'
  readonly subject: 'hash' | 'plain' | 'off'
  /** Null: one is kept in the data folder. */
  readonly subjectKey: Secret | null
}

/** What people's browsers see as one site: cookies, the session and `/.auth/` belong to it. */
export interface Origin {
  /** `https://wiki.example.com`, as WHATWG URL prints it. */
  readonly origin: string
  readonly scheme: 'https' | 'http'
  /** Host with port unless it is the scheme's default: `wiki.example.com`. */
  readonly host: string
  /** Where its providers send people back to: one for each, or one for several (see `redirect_uri`). */
  readonly redirectUris: readonly RedirectUri[]
  /** Where apps say how they are to be asked with access tokens; nearly always none. */
  readonly resourceMetadata: readonly ResourceMetadataAddress[]
  readonly postLogoutRedirectUri: string
  /** Providers with which people sign in at its apps, in the order of the file. */
  readonly providers: readonly string[]
  readonly idleTimeoutSeconds: number
  readonly maxLifetimeSeconds: number
  readonly cookies: CookieNames
  /** Longest prefix first. */
  readonly apps: readonly App[]
}

/** RFC 6749 3.1.2. An answer that comes to one counts only for sign-ins with its own providers (RFC 9700 4.4). */
export interface RedirectUri {
  /** `https://wiki.example.com/.auth/callback`, as it is registered. */
  readonly uri: string
  readonly path: string
  readonly segments: readonly string[]
  /** Names of those that it is registered at. */
  readonly providers: readonly string[]
}

export interface CookieNames {
  /** `__Host-claimgate`, on http `claimgate`, each with `-8443` for a port that is not the scheme's default. */
  readonly session: string
  /** What the names of transaction cookies begin with: `__Host-claimgate-tx-`. */
  readonly transactionPrefix: string
  readonly secure: boolean
  readonly sameSite: 'Lax' | 'Strict'
}

export interface App {
  readonly name: string
  /** `https://wiki.example.com/prefix`, as written. */
  readonly url: string
  readonly origin: string
  /** Decoded segments of the url's path, as written; empty at the root. */
  readonly prefix: readonly string[]
  readonly upstream: UpstreamSettings
  readonly sharedSecret: { readonly header: string; readonly value: Secret } | null
  /** Null: the app is sent no assertion. */
  readonly identityAssertion: AssertionSettings | null
  readonly providers: readonly string[]
  /** Of them those with which people sign in. */
  readonly signInProviders: readonly string[]
  readonly allowEncoded: ReadonlySet<AmbiguousKind>
  /** Whether its server ignores case: paths are compared by core/request/caseless, and sent as they came. */
  readonly ignoreCase: boolean
  /** Whether a sign-in keeps what follows the `#` of the address, in the browser’s storage. */
  readonly keepFragment: boolean
  readonly title: string | null
  readonly contact: string | null
  /** Where no location covers the path. `access: nobody` for an app without a `require`. */
  readonly fallback: Location
  readonly locations: LocationTree
  /** Every location, for start-up lines, lint and tests; the same objects as in the tree. */
  readonly allLocations: readonly Location[]
}

/** Locations by segment: matching walks the path once, whatever the number of locations. See core/location. */
export interface LocationTree {
  readonly literal: ReadonlyMap<string, LocationTree>
  readonly star: LocationTree | null
  /** Locations that cover this node's path and all below. */
  readonly subtree: readonly Location[]
  /** Locations with `exact: true` of this very path. */
  readonly exact: readonly Location[]
}

export interface Location {
  /** For people, logs and metrics: `/admin`, `/admin (exact)`, `/admin [POST]`; `*` for an app's fallback. */
  readonly label: string
  readonly pattern: WrittenPattern
  /** Null: every known method. GET claims HEAD too. */
  readonly methods: ReadonlySet<string> | null
  readonly access: Access
  readonly unauthenticated: 'sign_in' | 'deny'
  /** At least one; a location's own list, else the app's. */
  readonly credentials: readonly Credential[]
  /** The app's and the location's as one; null: the rule is enough. */
  readonly stepUp: StepUp | null
  /** All of them must have room. */
  readonly limits: readonly RequestLimit[]
  /** What happens while the store of the limits does not answer. */
  readonly limitsFail: 'open' | 'closed'
  /** Whether a form that meets a sign-in is kept and sent again after it, and how large it may be. */
  readonly resume: 'forms' | 'none'
  readonly maxResumedBodyBytes: number
  readonly forwarding: Forwarding
}

export interface Pattern {
  /** As they are compared: as written, or under `ignore_case` their keys. Null stands for exactly one whole segment (`*`). */
  readonly segments: readonly (string | null)[]
  readonly exact: boolean
}

/** A pattern of the file. */
export interface WrittenPattern extends Pattern {
  /** The segments as they are written. */
  readonly written: Pattern['segments']
}

/** Who may pass. The app's floor is already part of `requirement`, as one `all`. */
export type Access =
  | { readonly kind: 'anyone' }
  | { readonly kind: 'maybe_signed_in' }
  /** `because`: nobody wrote it; no location covers the path and the app has no `require`. */
  | { readonly kind: 'nobody'; readonly because?: 'no-location' }
  | { readonly kind: 'rule'; readonly requirement: Requirement }

/** How an allowed request is passed on; app keys that a location may replace, resolved. */
export interface Forwarding {
  readonly identityHeaders: readonly IdentityHeader[]
  /** Those that carry a token instead of a claim: of `identity_headers`, and `Authorization` with the session’s. */
  readonly tokenHeaders: readonly TokenHeader[]
  /** Those of `identity_headers` that tell by what somebody came; absent: none. */
  readonly credentialHeaders?: readonly CredentialHeader[]
  /** What is set on the request to the app beside these; absent: the upstream's own `headers`. */
  readonly headers?: UpstreamSettings['headers']
  /** What the location changes of every answer; absent: nothing. */
  readonly responseHeaders?: ResponseHeaders
  readonly timeouts: Timeouts
  /** Null: no limit. */
  readonly maxBodyBytes: number | null
  /** Null: no WebSocket; else the origins that may open one. */
  readonly websocketOrigins: readonly string[] | null
  readonly corsPreflight: 'deny' | 'pass'
  readonly cache: 'private' | 'upstream'
  readonly upstreamAuthorization: UpstreamAuthorization
  /** Whether `Basic` is a customer's pair of a provider (`exchange`), which goes to no app; absent: it is not. */
  readonly takesPairs?: boolean
  readonly cors: Cors
  /** Request headers that pages of other origins may send beside `Authorization` and `Content-Type`. */
  readonly corsHeaders: readonly string[]
}

export type { ProviderSettings, TokenEndpointAuthMethod } from './provider-settings.ts'
export type { SessionSettings } from './session-settings.ts'
export type { BodyRate, Timeouts, UpstreamSettings } from './upstream-settings.ts'
