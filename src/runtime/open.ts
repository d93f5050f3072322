import { randomBytes } from 'node:crypto'
import type { AwsCredentialEvent } from '../core/aws-credential-event.ts'
import type { AnyFault } from '../core/fault.ts'
import type { Gateway } from '../core/gateway.ts'
import { createCredentialFailures } from '../core/limits/credential-failures.ts'
import { createFailureCount } from '../core/limits/failures.ts'
import { createHeldBytes } from '../core/limits/held-bytes.ts'
import { createLogoutChecks } from '../core/limits/logout-checks.ts'
import { limits } from '../core/limits/table.ts'
import type { Clock, SessionStore } from '../core/ports.ts'
import { buildKeyRing, type Random } from '../core/session/seal.ts'
import type { StoreContext } from '../store/context.ts'
import { openStore } from '../store/open.ts'
import { createUpstreams } from '../upstream/agents.ts'
import { openAssertions } from './assertions.ts'
import { createBearerTokens } from './bearer-tokens.ts'
import { systemClock } from './clock.ts'
import type { CookieSessionEdition } from './cookie-sessions/edition.ts'
import { createCookieSessions } from './cookie-sessions/sessions.ts'
import { createCredentialWatch } from './credential-watch.ts'
import { createExchangedPairs, type ExchangedPairs } from './exchanged-pairs.ts'
import { createHeaderCredentials } from './header-credentials.ts'
import { followRenewal, tellingKeys } from './keys/follow-persons.ts'
import type { RejectedKey } from './keys/key-verification.ts'
import { openKeys } from './keys/open.ts'
import { createShortTokens } from './keys/short-tokens.ts'
import { tokenRing } from './keys/token-ring.ts'
import { logKeyFrom, readLogKey } from './log-key.ts'
import type { ExchangeEvent } from './pairs/event.ts'
import { createProviderTokens } from './provider-tokens.ts'
import { openProviders, type ProviderDeps } from './providers.ts'
import type { RenewalEvent } from './renewals/event.ts'
import { createRenewals, type Renewals } from './renewals/renewals.ts'
import { openRequestLimits } from './request-limits/open.ts'
import type { Runtime } from './runtime.ts'
import { hasSessionSecret, readSessionSecrets } from './secrets.ts'
import { createSessions, type Sessions, type SessionsSetup } from './sessions.ts'
import { readSigningKeys, renewedSigningKeys } from './signing-keys.ts'
import { createSpentStates } from './spent-states.ts'
import { createStoreContext, type StoreEdition } from './store-context.ts'
import { systemTiming } from './timing.ts'

export interface RuntimeDeps extends ProviderDeps {
  /** Of providers that are asked again for sessions. */
  readonly onRenewal?: (event: RenewalEvent) => void
  /** Of providers that are asked for customers' pairs. */
  readonly onExchange?: (event: ExchangeEvent) => void
  /** Of keys that are refused though their secret is right. */
  readonly onRejectedKey?: (key: RejectedKey) => void
  /** Of faults that stop no request: a write-back, a purge. */
  readonly onStoreFault: (thrown: unknown) => void
  /** Of a request that was let in uncounted, as the store of the limits did not answer. */
  readonly onUncounted?: (fault: AnyFault, app: string) => void
  /** Of credentials by which requests are signed for AWS. */
  readonly onAwsCredentials?: (event: AwsCredentialEvent) => void
  /** A test brings its own; the process's when absent. */
  readonly clock?: Clock | undefined
  readonly random?: Random
  /** Of a process that serves beside others: what is the same in all of them. Absent: it serves alone. */
  readonly beside?: (Pick<Runtime, 'edition' | 'instance'> & { readonly processes: number }) | undefined
}

/**
 * Makes a frozen model live: opens the store, reads or makes the session secret, prepares providers and pools.
 * Nothing is asked of a provider yet. Throws a StoreFault or ConfigFault when a part cannot be had.
 */
export function openRuntime(gateway: Gateway, deps: RuntimeDeps): Runtime {
  // First, as it makes the data folder, and says best what is wrong with it.
  const edition: { current: StoreEdition | null } = { current: null }
  const clock = deps.clock ?? systemClock
  const random = deps.random ?? randomBytes
  const context = createStoreContext(() => known(edition.current), {
    clock,
    random,
    report: deps.onStoreFault,
  })
  const store = openStore(gateway.session, gateway.dataFolder, context)
  try {
    return assemble(gateway, { ...deps, clock, random, seal: context.seal }, store, edition)
  } catch (thrown) {
    store.close()
    throw thrown
  }
}

/** A store seals nothing before the secrets are read. */
function known(edition: StoreEdition | null): StoreEdition {
  if (edition === null) throw new Error('the session secret is not read yet')
  return edition
}

function assemble(
  gateway: Gateway,
  deps: RuntimeDeps & Pick<Runtime, 'clock' | 'random'> & Pick<StoreContext, 'seal'>,
  store: SessionStore,
  edition: { current: StoreEdition | null },
): Runtime {
  const { clock, random, seal } = deps
  // A secret that is there already sealed before, and lines of the log may be there that were keyed by it.
  const isNew = !hasSessionSecret(gateway)
  const ring = buildKeyRing(readSessionSecrets(gateway, random))
  edition.current = { gateway, ring }
  const logKey = readLogKey(gateway, ring, isNew ? null : logKeyFrom(ring), random)
  const credentialFailures = createCredentialFailures()
  const providers = openProviders(gateway, deps, { clock, random, credentialFailures })
  const exchangedPairs = createExchangedPairs(
    { clock, random, failures: credentialFailures, note: deps.onExchange ?? (() => {}) },
    { gateway, providers },
  )
  const renewed = (next: StoreEdition) => {
    edition.current = next
  }
  const report = deps.onStoreFault
  const keys = openKeys(gateway, {
    ...{ clock, random, report, failures: credentialFailures },
    rejected: deps.onRejectedKey,
  })
  const credentialWatch = createCredentialWatch(clock, report)
  keys?.onChange((change) => credentialWatch.changed(change.kind === 'any' ? null : change.ids))
  const renewals: Renewals = createRenewals({
    ...{ gateway, providers, store, clock, random, report, timing: systemTiming },
    isEnding: (key) => sessions.isEnding(key),
    end: (session) => sessions.end(session),
    renewed: (session) => sessions.renewed(session),
    gone: (key) => sessions.forget(key),
    note: (event) => {
      followRenewal(keys, event)
      deps.onRenewal?.(event)
    },
  })
  const sessions: Sessions = tellingKeys(
    openSessions({ ...{ gateway, store, ring, clock, random, report, renewed, renewals } }),
    keys,
  )
  return {
    edition: deps.beside?.edition ?? 1,
    instance: deps.beside?.instance ?? random(6).toString('base64url'),
    gateway,
    clock,
    random,
    ring,
    store,
    sessions,
    renewals,
    providers,
    ...openCredentials({ gateway, providers, keys, ring, random }, exchangedPairs),
    credentialWatch,
    upstreams: createUpstreams(
      undefined,
      ({ hostname: host, origin: place }, endsAt) =>
        deps.onCertificate?.({ role: 'upstream', host, place, endsAt }),
      deps.beside?.processes,
      deps.onAwsCredentials,
    ),
    ...openAssertions(gateway, readSigningKeys(gateway, random), clock),
    heldBytes: createHeldBytes(deps.beside?.processes),
    spentStates: createSpentStates({ store: store.states, clock, report: deps.onStoreFault }),
    signInFailures: createFailureCount({
      most: limits.failedSignIns,
      withinMs: limits.failedSignInsMs,
      networks: limits.failedSignInNetworks,
    }),
    credentialFailures,
    keys,
    logoutChecks: createLogoutChecks(),
    requestLimits: openRequestLimits(gateway, { random, seal, uncounted: deps.onUncounted ?? (() => {}) }),
    logKey,
  }
}

/** What verifies and gives what headers carry, by the configuration of one edition. */
function openCredentials(
  {
    gateway,
    providers,
    keys,
    ring,
    random,
  }: Pick<Runtime, 'gateway' | 'providers' | 'keys' | 'ring' | 'random'>,
  exchangedPairs: ExchangedPairs,
): Pick<Runtime, 'credentials' | 'shortTokens' | 'exchangedPairs' | 'providerTokens'> {
  const shortTokens = createShortTokens({ gateway, keys, ring: tokenRing(gateway, ring), random })
  const bearerTokens = createBearerTokens({ gateway, providers })
  return {
    credentials: createHeaderCredentials({ keys, shortTokens, bearerTokens, exchangedPairs }),
    shortTokens,
    exchangedPairs,
    providerTokens: createProviderTokens(gateway, exchangedPairs),
  }
}

function openSessions(setup: SessionsSetup & CookieSessionEdition): Sessions {
  const { store } = setup
  return setup.gateway.session.store.kind === 'cookie'
    ? createCookieSessions({ ...setup, purge: (now) => store.purge(now) })
    : createSessions(setup)
}

/**
 * The next edition: what the configuration says is new, what people and requests hang on stays: sessions, the store,
 * states that were used. A provider whose settings are the same goes on, with what it has learnt. Throws as `openRuntime`.
 */
export function renewRuntime(former: Runtime, gateway: Gateway, deps: RuntimeDeps): Runtime {
  const { random } = former
  former.requestLimits.renew(gateway)
  const ring = keepsSecret(former.gateway, gateway)
    ? former.ring
    : buildKeyRing(readSessionSecrets(gateway, random))
  // One that somebody removed meanwhile is put back.
  const start = former.gateway.log.subjectKey === null ? former.logKey : logKeyFrom(ring)
  const logKey = readLogKey(gateway, ring, start, random)
  const providers = openProviders(gateway, deps, former)
  const exchangedPairs = former.exchangedPairs.renew({ gateway, providers })
  return {
    ...former,
    edition: former.edition + 1,
    gateway,
    ring,
    providers,
    ...openCredentials({ gateway, providers, keys: former.keys, ring, random }, exchangedPairs),
    upstreams: former.upstreams.renew(),
    ...openAssertions(gateway, renewedSigningKeys(former, gateway, random), former.clock),
    logKey,
  }
}

/** A secret that was made for this process alone lives as long as its sessions, or a reload would end them all. */
function keepsSecret({ session: before }: Gateway, { session: after }: Gateway): boolean {
  return before.store.kind !== 'sqlite' && before.secrets.length === 0 && after.secrets.length === 0
}
