import { Registry } from 'prom-client'
import type { FaultCode } from '../../core/fault.ts'
import type { ProviderStatus } from '../../core/ports.ts'
import type { HeldBodies } from '../../runtime/held-share.ts'
import type { Admission } from '../admission/admission.ts'
import { addingOf, ofWorkers, written } from './added-metrics.ts'
import type { CredentialsLeft } from './aws-credential-notes.ts'
import type { CertificateLeft } from './certificates.ts'
import { createInstruments } from './instruments.ts'
import { keyOutcome } from './keys/key-outcome.ts'
import { addSamples, type MetricSamples, readMetricSamples } from './metric-samples.ts'

export interface Metrics {
  request(admission: Admission, status: number): void
  /** Null: nobody can tell which provider. */
  login(provider: string | null, outcome: 'started' | 'completed' | 'failed'): void
  /** Null: nobody can tell which provider. */
  providerLogout(
    provider: string | null,
    channel: 'back-channel' | 'front-channel',
    outcome: 'ended' | 'nothing' | 'refused' | 'failed',
  ): void
  token(outcome: 'granted' | 'refused' | 'throttled' | 'failed'): void
  /** Null: of no app. */
  form(app: string | null, outcome: 'kept' | 'resumed' | 'not-kept'): void
  /** `ms`: how long it took; of an answer alone. */
  renewal(provider: string, outcome: 'renewed' | 'ended' | 'insufficient' | 'unanswered', ms?: number): void
  exchange(provider: string, outcome: 'granted' | 'refused' | 'unanswered'): void
  websocket(change: 1 | -1): void
  /** Null: of no app, or nobody can tell of which. */
  fault(code: FaultCode, app: string | null): void
  connectionRefused(): void
  /** The outcome of a reload, and which edition serves after it. */
  reload(outcome: 'loaded' | 'unchanged' | 'rejected', edition: number): void
  /** Apps and providers of a new edition: what others counted is told no more, or renamed ones would pile up. */
  renew(names: MetricNames): void
  /** Whom to ask for the ends of certificates whenever somebody reads. */
  showCertificates(left: () => readonly CertificateLeft[]): void
  /** The same of the credentials by which requests are signed for AWS. */
  showAwsCredentials(left: () => readonly CredentialsLeft[]): void
  /** The same of request bodies that are held. */
  showHeldBodies(held: () => HeldBodies): void
  /** How many processes serve; and that one of them ended. */
  workers(serving: number): void
  workerEnded(): void
  /** Prometheus text format; with what other processes have counted, theirs and that of this one added. */
  text(
    providers: Providers,
    log: { droppedLines(): number },
    others?: readonly (readonly MetricSamples[])[],
  ): Promise<string>
  /** What this process has counted, for the one that answers. */
  samples(providers: Providers, log: { droppedLines(): number }): Promise<readonly MetricSamples[]>
}

type Providers = ReadonlyMap<string, { status(): ProviderStatus }>

/** The names of an edition that labels may have. */
interface MetricNames {
  readonly apps: Iterable<string>
  readonly providers: Iterable<string>
}

/** Of the list, a text that is known already: it is looked up on every request. */
function statusClassOf(status: number): string {
  const hundreds = Math.floor(status / 100)
  return statusClasses[hundreds] ?? `${hundreds}xx`
}

const statusClasses = ['0xx', '1xx', '2xx', '3xx', '4xx', '5xx']

export function createMetrics(): Metrics {
  const registry = new Registry()
  const instruments = createInstruments(registry)
  const ofApps = [
    instruments.requests,
    instruments.rehearsals,
    instruments.limited,
    instruments.faults,
    instruments.forms,
    instruments.durations,
  ]
  const ofProviders = [
    instruments.logins,
    instruments.logouts,
    instruments.renewals,
    instruments.exchanges,
    instruments.renewalDurations,
  ]
  let certificatesLeft: () => readonly CertificateLeft[] = () => []
  let credentialsLeft: () => readonly CredentialsLeft[] = () => []
  instruments.upToDate.set(1)
  instruments.edition.set(1)
  instruments.workers.set(1)

  return {
    request: (admission, status) => {
      const app = admission.app?.name ?? ''
      const { kind, reason } = admission.decision
      instruments.requests.add(app, kind, reason, statusClassOf(status))
      const { decision: made } = admission
      if (made.kind === 'reject' && made.limit !== undefined) instruments.limited.add(app, made.limit)
      const outcome = keyOutcome(admission)
      if (outcome !== null) instruments.keyUses.add(outcome)
      if (admission.shadow !== null) {
        const { enforced, decision } = admission.shadow
        instruments.rehearsals.add(app, enforced.kind, decision.kind)
      }
      instruments.durations.observe(app, (performance.now() - admission.startedAt) / 1000)
    },
    login: (provider, outcome) => instruments.logins.add(provider ?? '', outcome),
    providerLogout: (provider, channel, outcome) => instruments.logouts.add(provider ?? '', channel, outcome),
    token: (outcome) => instruments.tokenRequests.add(outcome),
    form: (app, outcome) => instruments.forms.add(app ?? '', outcome),
    renewal: (provider, outcome, ms) => {
      instruments.renewals.add(provider, outcome)
      if (ms !== undefined) instruments.renewalDurations.observe(provider, ms / 1000)
    },
    exchange: (provider, outcome) => instruments.exchanges.add(provider, outcome),
    websocket: (change) => instruments.websockets.inc(change),
    fault: (code, app) => instruments.faults.add(app ?? '', code),
    connectionRefused: () => instruments.refusedConnections.inc(),
    reload: (outcome, edition) => {
      instruments.reloads.inc({ outcome })
      instruments.upToDate.set(outcome === 'rejected' ? 0 : 1)
      instruments.edition.set(edition)
    },
    renew: ({ apps, providers }) => {
      const [keptApps, keptProviders] = [new Set(['', ...apps]), new Set(['', ...providers])]
      for (const one of ofApps) one.keepOnly(keptApps)
      for (const one of ofProviders) one.keepOnly(keptProviders)
    },
    showCertificates: (left) => {
      certificatesLeft = left
    },
    showAwsCredentials: (left) => {
      credentialsLeft = left
    },
    showHeldBodies: instruments.heldBodies.show,
    workers: (serving) => instruments.workers.set(serving),
    workerEnded: () => instruments.workerEnds.inc(),
    text: async (providers, log, others = []) => {
      if (others.length === 0) {
        refresh(providers, log)
        return registry.metrics()
      }
      const parts = [await read(providers, log), ...others.map(ofWorkers)]
      return written(await registry.getMetricsAsJSON(), addSamples(parts, addingOf))
    },
    samples: read,
  }

  /** What is counted elsewhere, or known only now. */
  function refresh(providers: Providers, log: { droppedLines(): number }): void {
    instruments.certificatesExpire.reset()
    for (const { role, host, seconds: left } of certificatesLeft())
      instruments.certificatesExpire.set({ role, host }, left)
    instruments.credentialsExpire.reset()
    for (const { whose, seconds: left } of credentialsLeft())
      instruments.credentialsExpire.set({ whose }, left)
    instruments.heldBodies.refresh()
    instruments.droppedLines.reset()
    instruments.droppedLines.inc(log.droppedLines())
    instruments.writeSums()
    instruments.ready.reset()
    for (const [provider, { status }] of providers)
      instruments.ready.set({ provider }, status().kind === 'ready' ? 1 : 0)
  }

  async function read(
    providers: Providers,
    log: { droppedLines(): number },
  ): Promise<readonly MetricSamples[]> {
    refresh(providers, log)
    const metrics = await registry.getMetricsAsJSON()
    return readMetricSamples(metrics.map(({ name, values }) => ({ name, samples: values }))) ?? []
  }
}
