import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { FaultCode } from '../../core/fault.ts'
import type { ProviderStatus } from '../../core/ports.ts'
import type { HeldBodies } from '../../runtime/held-share.ts'
import type { Admission } from '../admission/admission.ts'
import { addingOf, ofWorkers, written } from './added-metrics.ts'
import type { CredentialsLeft } from './aws-credential-notes.ts'
import type { CertificateLeft } from './certificates.ts'
import { createDurations } from './durations.ts'
import { createHeldBodyMetrics } from './held-body-metrics.ts'
import { keyOutcome } from './keys/key-outcome.ts'
import { type MetricName, metricLabels, metricTexts } from './metric-names.ts'
import { addSamples, type MetricSamples, readMetricSamples } from './metric-samples.ts'
import { createSums } from './sums.ts'

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
export interface MetricNames {
  readonly apps: Iterable<string>
  readonly providers: Iterable<string>
}

/** Of the list, a text that is known already: it is looked up on every request. */
function statusClassOf(status: number): string {
  const hundreds = Math.floor(status / 100)
  return statusClasses[hundreds] ?? `${hundreds}xx`
}

const statusClasses = ['0xx', '1xx', '2xx', '3xx', '4xx', '5xx']

const seconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

export function createMetrics(): Metrics {
  const registry = new Registry()
  const shape = <M extends MetricName>(name: M) => {
    const labelNames: (typeof metricLabels)[M][number][] = [...metricLabels[name]]
    return { name, help: metricTexts[name], labelNames, registers: [registry] }
  }
  const [requests, rehearsals, logins, faults] = [createSums(), createSums(), createSums(), createSums()]
  const [logouts, forms, renewals, limited] = [createSums(), createSums(), createSums(), createSums()]
  const [keyUses, tokenRequests] = [createSums(), createSums()]
  const exchanges = createSums()
  const counted = [
    [requests, new Counter(shape('claimgate_requests_total'))],
    [limited, new Counter(shape('claimgate_limited_total'))],
    [rehearsals, new Counter(shape('claimgate_shadow_decisions_total'))],
    [logins, new Counter(shape('claimgate_logins_total'))],
    [logouts, new Counter(shape('claimgate_provider_logouts_total'))],
    [keyUses, new Counter(shape('claimgate_key_uses_total'))],
    [tokenRequests, new Counter(shape('claimgate_token_requests_total'))],
    [forms, new Counter(shape('claimgate_forms_total'))],
    [renewals, new Counter(shape('claimgate_renewals_total'))],
    [exchanges, new Counter(shape('claimgate_exchanges_total'))],
    [faults, new Counter(shape('claimgate_faults_total'))],
  ] as const
  const refusedConnections = new Counter(shape('claimgate_connections_refused_total'))
  const ready = new Gauge(shape('claimgate_provider_ready'))
  const websockets = new Gauge(shape('claimgate_websockets'))
  const dropped = new Counter(shape('claimgate_log_lines_dropped_total'))
  const reloads = new Counter(shape('claimgate_config_reloads_total'))
  const upToDate = new Gauge(shape('claimgate_config_current'))
  const editionServing = new Gauge(shape('claimgate_config_edition'))
  const expires = new Gauge(shape('claimgate_certificate_expires_seconds'))
  const credentialsExpire = new Gauge(shape('claimgate_aws_credentials_expire_seconds'))
  const heldBodies = createHeldBodyMetrics(shape)
  let certificatesLeft: () => readonly CertificateLeft[] = () => []
  let credentialsLeft: () => readonly CredentialsLeft[] = () => []
  upToDate.set(1)
  editionServing.set(1)
  const workers = new Gauge(shape('claimgate_workers'))
  const workerEnds = new Counter(shape('claimgate_worker_ends_total'))
  workers.set(1)
  const timed = <M extends MetricName>(name: M) =>
    createDurations(new Histogram({ ...shape(name), buckets: seconds }))
  const durations = timed('claimgate_request_duration_seconds')
  const renewalDurations = timed('claimgate_renewal_duration_seconds')

  return {
    request: (admission, status) => {
      const app = admission.app?.name ?? ''
      const { kind, reason } = admission.decision
      requests.add(app, kind, reason, statusClassOf(status))
      const { decision: made } = admission
      if (made.kind === 'reject' && made.limit !== undefined) limited.add(app, made.limit)
      const outcome = keyOutcome(admission)
      if (outcome !== null) keyUses.add(outcome)
      if (admission.shadow !== null) {
        const { enforced, decision } = admission.shadow
        rehearsals.add(app, enforced.kind, decision.kind)
      }
      durations.observe(app, (performance.now() - admission.startedAt) / 1000)
    },
    login: (provider, outcome) => logins.add(provider ?? '', outcome),
    providerLogout: (provider, channel, outcome) => logouts.add(provider ?? '', channel, outcome),
    token: (outcome) => tokenRequests.add(outcome),
    form: (app, outcome) => forms.add(app ?? '', outcome),
    renewal: (provider, outcome, ms) => {
      renewals.add(provider, outcome)
      if (ms !== undefined) renewalDurations.observe(provider, ms / 1000)
    },
    exchange: (provider, outcome) => exchanges.add(provider, outcome),
    websocket: (change) => websockets.inc(change),
    fault: (code, app) => faults.add(app ?? '', code),
    connectionRefused: () => refusedConnections.inc(),
    reload: (outcome, edition) => {
      reloads.inc({ outcome })
      upToDate.set(outcome === 'rejected' ? 0 : 1)
      editionServing.set(edition)
    },
    renew: ({ apps, providers }) => {
      const kept = new Set(['', ...apps])
      requests.keepOnly(kept)
      rehearsals.keepOnly(kept)
      limited.keepOnly(kept)
      faults.keepOnly(kept)
      forms.keepOnly(kept)
      const keptProviders = new Set(['', ...providers])
      logins.keepOnly(keptProviders)
      logouts.keepOnly(keptProviders)
      renewals.keepOnly(keptProviders)
      exchanges.keepOnly(keptProviders)
      durations.keepOnly(kept)
      renewalDurations.keepOnly(keptProviders)
    },
    showCertificates: (left) => {
      certificatesLeft = left
    },
    showAwsCredentials: (left) => {
      credentialsLeft = left
    },
    showHeldBodies: heldBodies.show,
    workers: (serving) => workers.set(serving),
    workerEnded: () => workerEnds.inc(),
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
    expires.reset()
    for (const { role, host, seconds: left } of certificatesLeft()) expires.set({ role, host }, left)
    credentialsExpire.reset()
    for (const { whose, seconds: left } of credentialsLeft()) credentialsExpire.set({ whose }, left)
    heldBodies.refresh()
    dropped.reset()
    dropped.inc(log.droppedLines())
    for (const [sums, counter] of counted) sums.writeTo(counter)
    ready.reset()
    for (const [provider, { status }] of providers) ready.set({ provider }, status().kind === 'ready' ? 1 : 0)
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
