import type { CertificateEnd } from '../../core/certificate.ts'
import { coloursFor } from '../../core/colours.ts'
import { ConfigFault, isFault } from '../../core/fault.ts'
import type { Gateway } from '../../core/gateway.ts'
import type { Random } from '../../core/session/seal.ts'
import type { GivenConfiguration } from '../../runtime/agreement.ts'
import { systemClock } from '../../runtime/clock.ts'
import { createEditions } from '../../runtime/editions.ts'
import { loadGiven } from '../../runtime/given-configuration.ts'
import { heldBodies } from '../../runtime/held-share.ts'
import { openRuntime, type RuntimeDeps, renewRuntime } from '../../runtime/open.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import { createAwsCredentialNotes } from '../operations/aws-credential-notes.ts'
import { createExchangeNotes } from '../operations/exchange-notes.ts'
import { createRejectedKeyNotes } from '../operations/keys/rejected-keys.ts'
import { createLimitNotes } from '../operations/limit-notes.ts'
import { createLog, type Log } from '../operations/log.ts'
import { createMetrics } from '../operations/metrics.ts'
import { createClockNotes } from '../operations/provider-clock.ts'
import { createRenewalNotes } from '../operations/renewal-notes.ts'
import { reportFault } from '../operations/report-fault.ts'
import type { ServerContext } from '../server/context.ts'
import { createLingeringCloses } from '../server/lingering-close.ts'
import { listenAtDraft } from '../server/listening.ts'
import { openOwnFront } from '../server/own-front.ts'
import { createRequestIds } from '../server/request-ids.ts'
import { followEditions, followProviders, followUpstreams, tellOfProvider } from '../server/start.ts'
import type { WorkerChannel } from './cluster.ts'
import type { WorkerAnswer, WorkerStart } from './messages.ts'
import { sharingLog } from './shared-events.ts'

/** A worker that listens. */
export interface WorkerServing {
  /** By the order of `listen`. */
  readonly ports: readonly number[]
  readonly log: Log
  /** Makes a configuration ready that does not serve yet; else every fault, each a line. */
  prepare(next: GivenConfiguration): Promise<readonly string[]>
  /** From now on the one that is ready serves. */
  commit(): void
  /** What is ready never serves. */
  abort(): void
  answer(): Promise<WorkerAnswer>
  close(graceMs: number): Promise<void>
}

interface WorkerServingDeps {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly random: Random
  readonly channel: Pick<WorkerChannel, 'number' | 'send'>
}

/**
 * Each piece of a worker's log wakes the process that writes it, which at five milliseconds and 500 requests a second
 * cost 75 µs a request. So much of the log is lost with a worker that is killed.
 */
const passOnMs = 20

/** Opens what `start` gives and listens. Throws what `startGateway` does. */
export async function openWorkerServing(
  start: WorkerStart,
  { env, random, channel }: WorkerServingDeps,
): Promise<WorkerServing> {
  const source = { file: start.file, cwd: start.cwd, env }
  const gateway = await modelOf(source, start)
  const deps: RuntimeDeps = {
    env,
    beside: { edition: start.edition, instance: start.instances.runtime, processes: start.workers },
    onStoreFault: (thrown) => reportFault({ log, metrics }, 'store.failed', thrown, {}),
    onProviderEvent: (event) => tellOfProvider(log, event),
    onCertificate: newOnes((certificate) => channel.send({ kind: 'certificate', certificate })),
    onProviderClock: (provider, ahead) => noteClock(provider, ahead),
    onRenewal: (event) => noteRenewal(event),
    onExchange: (event) => noteExchange(event),
    onRejectedKey: (key) => noteRejectedKey(key),
    onUncounted: (fault, app) => noteUncounted(fault, app),
    onAwsCredentials: (event) => awsCredentials.note(event),
  }
  const runtime = openRuntime(gateway, deps)
  const { isTerminal } = start
  const place = { isTerminal, colours: coloursFor(env, isTerminal), gatherMs: passOnMs }
  const log = sharingLog(createLog(gateway.log, runtime.logKey, undefined, place), (event) =>
    channel.send({ kind: 'event', event }),
  )
  const metrics = createMetrics()
  const noteClock = createClockNotes(log)
  const noteRenewal = createRenewalNotes({ log, metrics }, runtime.clock.monotonicMs.bind(runtime.clock))
  const noteExchange = createExchangeNotes({ log, metrics }, runtime.clock.monotonicMs.bind(runtime.clock))
  const noteRejectedKey = createRejectedKeyNotes(log, runtime.clock.monotonicMs.bind(runtime.clock))
  const noteUncounted = createLimitNotes({ log, metrics }, runtime.clock.monotonicMs.bind(runtime.clock))
  const awsCredentials = createAwsCredentialNotes(log, runtime.clock)
  metrics.showAwsCredentials(awsCredentials.left)
  const editions = createEditions(runtime, (thrown) => log.fault('internal.failed', thrown, {}))
  const worker = { instance: start.instances.requests, number: channel.number }
  const context: ServerContext = {
    editions,
    log,
    metrics,
    lingering: createLingeringCloses(),
    requestIds: createRequestIds(random, worker),
  }
  followEditions(context)
  metrics.showHeldBodies(() => heldBodies(editions.current()))
  const front = await openOwnFront(context, {
    connectionsOfNetwork: start.connectionsOfNetwork ?? undefined,
    listen: (listen, settings, index) => listenAtDraft(listen, settings, start.drafts[index] ?? null),
  })
  try {
    await front.listen(gateway)
  } catch (thrown) {
    await front.close(0)
    await editions.close()
    throw thrown
  }
  const discovery = followProviders(editions)
  followUpstreams(editions)
  let ready: Runtime | null = null

  return {
    ports: front.ports(gateway),
    log,
    prepare: async (next) => {
      try {
        const model = await modelOf(source, next)
        ready = renewRuntime(editions.current(), model, deps)
        return []
      } catch (thrown) {
        if (isFault(thrown)) return thrown.message.split('\n')
        log.fault('internal.failed', thrown, {})
        return [`worker ${channel.number} could not take it up: a fault of its own, see internal.failed`]
      }
    },
    commit: () => {
      if (ready !== null) editions.swap(ready)
      ready = null
    },
    abort: () => {
      if (ready !== null) editions.discard(ready)
      ready = null
    },
    answer: async () => ({
      readiness: await front.answers.readiness(),
      samples: await metrics.samples(editions.current().providers, log),
    }),
    close: async (graceMs) => {
      discovery.stop()
      await front.close(graceMs)
      await editions.close()
      log.flush()
    },
  }
}

/** Throws a fault with a line for each one of the file. */
async function modelOf(
  source: Parameters<typeof loadGiven>[0],
  { files }: GivenConfiguration,
): Promise<Gateway> {
  const loaded = await loadGiven(source, files, systemClock)
  if (!loaded.ok) throw new ConfigFault('CONFIG_INVALID', loaded.faults.join('\n'))
  return loaded.gateway
}

/** Certificates are seen with each connection; the process that answers for all hears of each once. */
function newOnes(tell: (certificate: CertificateEnd) => void): (certificate: CertificateEnd) => void {
  const told = new Map<string, number>()
  return (certificate) => {
    const { role, host, place = host, endsAt } = certificate
    const key = `${role} ${place}`
    if (told.get(key) === endsAt) return
    told.set(key, endsAt)
    tell(certificate)
  }
}
