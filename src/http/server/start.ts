import type { DestinationStream } from 'pino'
import { StoreFault } from '../../core/fault.ts'
import type { Gateway, ListenSettings } from '../../core/gateway.ts'
import type { ServedRecord } from '../../core/served-record.ts'
import { type Discovery, keepDiscovered } from '../../runtime/discovery.ts'
import { createEditions, type Editions } from '../../runtime/editions.ts'
import type { SubscriberName } from '../../runtime/following.ts'
import { heldBodies } from '../../runtime/held-share.ts'
import { refuseForgottenKeys, refuseStrangePrefixes } from '../../runtime/keys/open.ts'
import { openRuntime, type RuntimeDeps } from '../../runtime/open.ts'
import type { ReloadSource } from '../../runtime/reload.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import { createAwsCredentialNotes } from '../operations/aws-credential-notes.ts'
import { watchCertificates } from '../operations/certificates.ts'
import { watchCommandRecords } from '../operations/command-records.ts'
import { createExchangeNotes } from '../operations/exchange-notes.ts'
import { createRejectedKeyNotes } from '../operations/keys/rejected-keys.ts'
import { watchSleepingKeys } from '../operations/keys/sleeping-keys.ts'
import { createLimitNotes } from '../operations/limit-notes.ts'
import { createLog, type Log, type LogPlace } from '../operations/log.ts'
import { createMetrics } from '../operations/metrics.ts'
import { createClockNotes } from '../operations/provider-clock.ts'
import {
  configurationFields,
  keepReloading,
  servedRecord,
  tellOfConfiguration,
} from '../operations/reload.ts'
import { createRenewalNotes } from '../operations/renewal-notes.ts'
import { reportFault } from '../operations/report-fault.ts'
import { noteServed } from '../operations/served.ts'
import type { ServerContext } from './context.ts'
import type { OpenFront } from './front.ts'
import { createLingeringCloses } from './lingering-close.ts'
import { type Listeners, openListeners } from './listeners.ts'
import { openOwnFront } from './own-front.ts'
import { createRequestIds } from './request-ids.ts'

export interface StartOptions {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Where the model came from, to be read again when it changes; null: it does not. */
  readonly source?: Omit<ReloadSource, 'env'> | null
  /** Of claimgate, for the log. */
  readonly version?: string
  /** What an operator should know though it works; written to the log. */
  readonly warnings: readonly string[]
  /** Where log lines go; stdout when absent. */
  readonly logTo?: DestinationStream
  /** Whether that is a terminal; it is none when absent. */
  readonly logPlace?: LogPlace
  readonly clock?: RuntimeDeps['clock']
  /** A test brings less; see `networkConnections` in core/limits/table. */
  readonly connectionsOfNetwork?: number
  /** Who takes the requests; this process when absent. */
  readonly openFront?: OpenFront
}

export interface RunningGateway {
  /** The port that was really taken, where the file says 0; of several places that of the first. */
  readonly port: number
  /** Of all places. */
  readonly ports: readonly number[]
  readonly adminPort: number | null
  readonly log: Log
  /** Who is told of a new configuration. */
  readonly subscribers: readonly SubscriberName[]
  /** Reads the configuration again; the log says what came of it. Nothing without a source. Never rejects. */
  reload(): Promise<void>
  /** No new connections; requests in flight may finish within the time, then everything is closed. */
  close(graceMs: number): Promise<void>
}

/** Opens a model and listens. Throws when a part cannot be had, or an address is taken; then nothing stays open. */
export async function startGateway(gateway: Gateway, options: StartOptions): Promise<RunningGateway> {
  const deps: RuntimeDeps = {
    env: options.env,
    clock: options.clock,
    onStoreFault: (thrown) => reportFault({ log, metrics }, 'store.failed', thrown, {}),
    onProviderEvent: (event) => tellOfProvider(log, event),
    onCertificate: (certificate) => certificates.seen(certificate),
    onProviderClock: (provider, ahead) => noteClock(provider, ahead),
    onRenewal: (event) => noteRenewal(event),
    onExchange: (event) => noteExchange(event),
    onRejectedKey: (key) => noteRejectedKey(key),
    onUncounted: (fault, app) => noteUncounted(fault, app),
    onAwsCredentials: (event) => awsCredentials.note(event),
  }
  const runtime = openRuntime(gateway, deps)
  const log = createLog(gateway.log, runtime.logKey, options.logTo, options.logPlace)
  const metrics = createMetrics()
  const editions = createEditions(runtime, (thrown) => log.fault('internal.failed', thrown, {}))
  const certificates = watchCertificates(editions, log)
  metrics.showCertificates(certificates.left)
  const noteClock = createClockNotes(log)
  const noteRenewal = createRenewalNotes({ log, metrics }, runtime.clock.monotonicMs.bind(runtime.clock))
  const noteExchange = createExchangeNotes({ log, metrics }, runtime.clock.monotonicMs.bind(runtime.clock))
  const noteRejectedKey = createRejectedKeyNotes(log, runtime.clock.monotonicMs.bind(runtime.clock))
  const noteUncounted = createLimitNotes({ log, metrics }, runtime.clock.monotonicMs.bind(runtime.clock))
  const awsCredentials = createAwsCredentialNotes(log, runtime.clock)
  metrics.showAwsCredentials(awsCredentials.left)
  const serverContext: ServerContext = {
    editions,
    log,
    metrics,
    lingering: createLingeringCloses(),
    requestIds: createRequestIds(runtime.random),
  }
  followEditions(serverContext)
  const { openFront = (context) => openOwnFront(context, options) } = options
  const front = await openFront(serverContext, certificates)
  // Where others serve, these hold them.
  if (front.others === null) metrics.showHeldBodies(() => heldBodies(editions.current()))
  const listeners = openListeners(serverContext, front)
  try {
    await refuseStrangeKeys(runtime, deps)
    await listeners.listen(gateway)
  } catch (thrown) {
    await listeners.close(0)
    throw thrown
  }
  const { digest } = options.source ?? {}
  const before =
    digest === undefined
      ? null
      : await noteServed(runtime.store, servedRecord(gateway, digest, options.version))
  tellOfStart(serverContext, gateway, { ...listeners, workers: front.others?.count }, options, before)
  certificates.look()
  const discovery = front.others === null ? followProviders(editions) : null
  if (front.others === null) followUpstreams(editions)
  const { source, env, version } = options
  const reloading = source
    ? keepReloading({ ...serverContext, version }, { ...source, env }, deps, front.others)
    : null
  const commands = watchCommandRecords(log, runtime.store)
  const sleeping = watchSleepingKeys(() => editions.current(), log)
  void sleeping.look()
  const { ports, adminPort } = listeners.ports(gateway)
  return {
    port: ports[0] ?? 0,
    ports,
    adminPort,
    log,
    subscribers: editions.subscribers(),
    reload: async () => reloading?.reload(),
    close: async (graceMs) => {
      reloading?.stop()
      commands.stop()
      sleeping.stop()
      discovery?.stop()
      certificates.stop()
      await listeners.close(graceMs)
      serverContext.log.event('info', 'gateway.stopped', {})
      serverContext.log.flush()
    },
  }
}

/** A store that is away stops no start: it is looked at when the configuration is read again. */
async function refuseStrangeKeys({ keys, gateway, clock }: Runtime, deps: RuntimeDeps): Promise<void> {
  try {
    await refuseStrangePrefixes(keys, gateway)
    await refuseForgottenKeys(gateway, clock)
  } catch (thrown) {
    if (!(thrown instanceof StoreFault)) throw thrown
    deps.onStoreFault(thrown)
  }
}

/** The metadata of providers is at hand, whoever of an edition is in force. */
export function followProviders(editions: Editions): Discovery {
  const discovery = keepDiscovered(() => editions.current().providers.values())
  editions.subscribe('providers', () => void discovery.look())
  return discovery
}

/** Credentials that sign requests to apps are at hand before the first one, and before an edition closes that has them. */
export function followUpstreams(editions: Editions): void {
  const prepare = ({ gateway, upstreams }: Runtime) =>
    upstreams.prepare(gateway.apps.map(({ upstream }) => upstream))
  prepare(editions.current())
  editions.subscribe('upstreams', prepare)
}

/** What the whole process has goes on by the settings of the edition in force. */
export function followEditions({ editions, log, metrics }: ServerContext): void {
  editions.subscribe('log', ({ gateway, logKey }) => log.renew(gateway.log, logKey))
  editions.subscribe('metrics', ({ gateway }) =>
    metrics.renew({ apps: gateway.apps.map(({ name }) => name), providers: gateway.providers.keys() }),
  )
}

function tellOfStart(
  serverContext: ServerContext,
  gateway: Gateway,
  listeners: Pick<Listeners, 'ports'> & { readonly workers: number | undefined },
  { warnings, version, source }: StartOptions,
  before: ServedRecord | null,
): void {
  tellOfConfiguration(serverContext.log, gateway, warnings)
  const { ports, adminPort } = listeners.ports(gateway)
  const { host, socketPath } = gateway.listeners[0]
  const place = socketPath === null ? { host, port: ports[0] } : { host: `unix:${socketPath}` }
  const several = gateway.listeners.length > 1
  const places = gateway.listeners.map((one, index) => placeText(one, ports[index] ?? one.port))
  const apps = gateway.apps.length
  serverContext.log.event('info', 'gateway.started', {
    ...configurationFields({ ...serverContext, version }, gateway, source?.digest),
    version_before: before?.version,
    digest_before: before?.digest,
    access_before: before?.access,
    ...place,
    places: several ? places : undefined,
    admin_port: adminPort ?? undefined,
    apps,
    workers: listeners.workers,
  })
}

/** As it is written in `listen`, with the port that was taken. */
function placeText({ host, socketPath }: ListenSettings, port: number): string {
  if (socketPath !== null) return `unix:${socketPath}`
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}

/** A line for what happens to a provider in the background. */
export function tellOfProvider(log: Log, event: Parameters<RuntimeDeps['onProviderEvent']>[0]): void {
  const { event: name, provider } = event
  if (name === 'provider.ready') {
    log.event('info', name, { provider, issuer: event.issuer })
  } else {
    const { code, message, retryAt } = event
    log.event('error', name, { provider, code, error: message, retry_at: retryAt ?? undefined })
  }
}
