// What the tests of this module share: settings with every field, a clock that stands still, one sign-in.
import { createHash } from 'node:crypto'
import type { Test } from 'tap'
import type { FaultCode } from '../../src/core/fault.ts'
import { isFault } from '../../src/core/fault.ts'
import type { ProviderSettings } from '../../src/core/gateway.ts'
import type { Identity, Provider } from '../../src/core/ports.ts'
import type { ProviderId } from '../../src/core/provider-id.ts'
import { Secret } from '../../src/core/secret.ts'
import type { Session } from '../../src/core/session/session.ts'
import type { Transaction } from '../../src/core/session/transaction.ts'
import { defaultLimits, type Limits } from '../../src/oidc/limits.ts'
import { createProvider, type ProviderEvent } from '../../src/oidc/provider.ts'
import { createTestClock, type TestClock } from '../support/clock.ts'
import { type Bends, type HostileOp, type HostileOptions, startHostileOp } from '../support/hostile-op.ts'

export const redirectUri = 'https://wiki.example.com/.auth/callback'
export const secret = 'a-secret-of-32-bytes-or-so-in-all'

export function settingsFor(issuer: string, changes: Partial<ProviderSettings> = {}): ProviderSettings {
  return {
    name: 'acme',
    issuer,
    clientId: 'gateway',
    clientSecret: new Secret(secret),
    authMethod: null,
    clientKey: null,
    clientKeyId: null,
    clientAssertionAlg: null,
    clientCertificate: null,
    exchange: null,
    scopes: ['openid', 'profile', 'email'],
    responseMode: 'query',
    responseIssRequired: false,
    preset: 'generic',
    label: 'Acme',
    icon: null,
    authorizationParameters: new Map(),
    passParameters: [],
    metadataUrl: null,
    internalUrl: null,
    ca: null,
    signingAlgorithms: null,
    extraAudiences: [],
    claimsFrom: ['id_token', 'userinfo'],
    claimsFromWritten: false,
    scopesWritten: false,
    userId: 'sub',
    userIdPrefix: '',
    displayName: ['name'],
    foreignPrefixes: [],
    trustEmail: false,
    recheck: null,
    signsIn: true,
    bearer: null,
    jwksUri: null,
    allowInsecureHttp: false,
    ...changes,
  }
}

let drawn = 0

/** Numbers that differ, without chance: a failing test fails again. */
export function random(bytes: number): Buffer {
  drawn += 1
  return createHash('sha512').update(String(drawn)).digest().subarray(0, bytes)
}

export function transactionFor({ issuer, clientId }: ProviderId, startedAt = 0): Transaction {
  return {
    version: 2,
    issuer,
    clientId,
    origin: 'https://wiki.example.com',
    state: random(32).toString('base64url'),
    nonce: random(32).toString('base64url'),
    codeVerifier: random(32).toString('base64url'),
    returnTo: '/',
    startedAt,
    replaces: null,
    wish: null,
  }
}

/** Far from the time of day, so that whatever asks the system's clock is found out. */
export const someday = 1_950_000_000
export const someNetwork = { key: '192.0.2.7', hidden: false }

export interface Rig {
  readonly op: HostileOp
  readonly provider: Provider
  readonly settings: ProviderSettings
  readonly events: ProviderEvent[]
  /** Of the gateway; the provider has its own. */
  readonly clock: TestClock
  signIn(): Promise<Identity>
}

export interface RigOptions extends HostileOptions {
  readonly settings?: (issuer: string) => Partial<ProviderSettings>
  readonly limits?: Partial<Limits>
  readonly bends?: Bends
  readonly httpsProxy?: string
  readonly noProxy?: string
}

/** A hostile provider and the gateway's end of it; both are closed with the test. */
export async function startRig(t: Test, options: RigOptions = {}): Promise<Rig> {
  const op = await startHostileOp(options)
  op.now = someday
  op.bends = options.bends ?? {}
  const settings = settingsFor(op.issuer, options.settings?.(op.issuer))
  const clock = createTestClock(someday)
  const events: ProviderEvent[] = []
  const provider = createProvider(settings, {
    clock,
    random,
    proxyEnv: { httpsProxy: options.httpsProxy ?? null, noProxy: options.noProxy ?? null },
    log: (event) => events.push(event),
    limits: { ...defaultLimits, ...options.limits },
  })
  t.teardown(async () => {
    await provider.close()
    await op.close()
  })
  const signIn = async () => {
    const transaction = transactionFor(settings)
    const parameters = op.authorize(await provider.authorizationUrl(transaction, redirectUri))
    return provider.exchange(parameters, transaction, redirectUri, clock.now(), someNetwork)
  }
  return { op, provider, settings, events, clock, signIn }
}

/** The session that a sign-in leaves. */
export function sessionOf({ issuer, clientId }: ProviderId, identity: Identity): Session {
  const { user, claims, idToken, subject, sid, issuedAt, scopes, tokens } = identity
  return {
    key: 'a'.repeat(64),
    origin: 'https://wiki.example.com',
    issuer,
    clientId,
    ...{ user, claims, idToken, subject, sid, scopes, tokens },
    idTokenIssuedAt: issuedAt,
    checkedAt: someday,
    signedInAt: someday,
    lastSeenAt: someday,
    signIn: { stateHash: '', returnTo: '/' },
    client: null,
    marks: {},
  }
}

/** After it a request that was begun before would have arrived at the provider too. */
export async function roundTrip(op: Pick<HostileOp, 'issuer'>): Promise<void> {
  for (let count = 0; count < 2; count += 1) await (await fetch(`${op.issuer}/nothing`)).text()
}

/** The code and message of the fault that this ends in; anything else fails the test. */
export async function faultOf(promise: Promise<unknown>): Promise<{ code: FaultCode; message: string }> {
  try {
    await promise
  } catch (thrown) {
    if (isFault(thrown)) return { code: thrown.code, message: thrown.message }
    throw thrown
  }
  throw new Error('nothing went wrong')
}
