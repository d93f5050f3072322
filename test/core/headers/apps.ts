import type {
  App,
  Forwarding,
  Gateway,
  Location,
  Origin,
  UpstreamSettings,
} from '../../../src/core/gateway.ts'
import { ownedHeaderNames } from '../../../src/core/headers/names.ts'
import { type HeaderPlan, headerPlan } from '../../../src/core/headers/plan.ts'
import type { ApiKeySettings, KeyForms } from '../../../src/core/keys/api-key-settings.ts'
import { Secret } from '../../../src/core/secret.ts'

// Just so much of a gateway as headers depend on.

export const secret = 'a-shared-secret-of-thirty-two-bytes!'

export const forwarding: Forwarding = {
  tokenHeaders: [],
  identityHeaders: [
    { name: 'X-Forwarded-User', from: 'user' },
    { name: 'X-Forwarded-Email', from: 'email' },
    { name: 'X-Forwarded-Groups', from: 'groups' },
  ],
  timeouts: { connectSeconds: 5, responseSeconds: 60, idleSeconds: 300, keepAliveSeconds: null, body: null },
  maxBodyBytes: null,
  websocketOrigins: null,
  corsPreflight: 'deny',
  cache: 'private',
  upstreamAuthorization: 'pass',
  cors: { kind: 'deny' },
  corsHeaders: [],
}

export interface AppParts {
  readonly origin?: string
  readonly prefix?: readonly string[]
  readonly sharedSecret?: App['sharedSecret']
  readonly upstream?: Partial<UpstreamSettings>
  readonly identityHeaders?: Forwarding['identityHeaders']
  readonly tokenHeaders?: Forwarding['tokenHeaders']
  readonly credentialHeaders?: Forwarding['credentialHeaders']
  readonly identityAssertion?: App['identityAssertion']
}

export function makeApp(parts: AppParts = {}): App {
  const location: Location = {
    label: '*',
    pattern: { segments: [], written: [], exact: false },
    methods: null,
    access: { kind: 'anyone' },
    unauthenticated: 'sign_in',
    credentials: ['session'],
    stepUp: null,
    limits: [],
    limitsFail: 'open',
    resume: 'none',
    maxResumedBodyBytes: 0,
    forwarding: {
      ...forwarding,
      identityHeaders: parts.identityHeaders ?? forwarding.identityHeaders,
      tokenHeaders: parts.tokenHeaders ?? forwarding.tokenHeaders,
      ...(parts.credentialHeaders && { credentialHeaders: parts.credentialHeaders }),
    },
  }
  const app: Partial<App> = {
    name: 'app',
    origin: parts.origin ?? 'https://wiki.example',
    prefix: parts.prefix ?? [],
    sharedSecret:
      parts.sharedSecret === undefined
        ? { header: 'X-Gateway-Secret', value: new Secret(secret) }
        : parts.sharedSecret,
    identityAssertion: parts.identityAssertion ?? null,
    fallback: location,
    allLocations: [],
    upstream: {
      socketPath: null,
      scheme: 'http',
      hostname: 'inside',
      port: 8080,
      origin: 'http://inside:8080',
      ownOrigin: 'http://inside:8080',
      host: 'inside:8080',
      basePath: '',
      ca: null,
      headers: [],
      preserveHost: false,
      stripPrefix: false,
      maxConnections: 1000,
      aws: null,
      lambda: null,
      ...parts.upstream,
    },
  }
  return app as App
}

export function makePlan(app: App, ...others: readonly App[]): HeaderPlan {
  return planWithKeys(null, app, ...others)
}

/** The same of a gateway that has keys of its own. */
export function planWithKeys(keys: KeyForms | null, app: App, ...others: readonly App[]): HeaderPlan {
  const cookies = (suffix: string): Pick<Origin, 'cookies'> => ({
    cookies: {
      session: `__Host-claimgate${suffix}`,
      transactionPrefix: `__Host-claimgate${suffix}-tx-`,
      secure: true,
      sameSite: 'Lax',
    },
  })
  const gateway: Partial<Gateway> = {
    apps: [app, ...others],
    apiKeys: keys as ApiKeySettings | null,
    ownedHeaders: ownedHeaderNames([app, ...others]),
    hosts: new Map([
      ['wiki.example', cookies('') as Origin],
      ['wiki.example:8443', cookies('-8443') as Origin],
    ]),
  }
  return headerPlan(gateway as Gateway, app)
}

/** Flat headers as `name: value` lines. */
export function lines(headers: readonly string[]): string[] {
  return headers.flatMap((name, i) => (i % 2 === 0 ? [`${name}: ${headers[i + 1]}`] : []))
}

/** The values of one name, in whatever case it is written. */
export function valuesOf(headers: readonly string[], name: string): string[] {
  return headers.filter((_, i) => i % 2 === 1 && headers[i - 1]?.toLowerCase() === name.toLowerCase())
}
