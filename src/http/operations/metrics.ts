import { AggregatorRegistry, Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { FaultCode } from '../../core/fault.ts'
import type { ProviderStatus } from '../../core/ports.ts'
import type { Admission } from '../admission/admission.ts'
import type { CertificateLeft } from './certificates.ts'
import { createDurations } from './durations.ts'
import { keyOutcome } from './keys/key-outcome.ts'
import { type Adding, addSamples, type MetricSamples, readMetricSamples } from './metric-samples.ts'
import { createSums } from './sums.ts'

/** The metrics by name, with the sentence that the reference gives. Labels are names of the file or closed lists. */
export const metricTexts = {
  claimgate_requests_total: 'Requests by app, decision, reason and status class.',
  claimgate_limited_total: 'Requests that a limit refused, by app and limit.',
  claimgate_shadow_decisions_total:
    'Requests that rehearsed rules judged too: by app, by the decision in force and by the rehearsed decision.',
  claimgate_request_duration_seconds:
    'Time from the first byte of a request to the last of its answer, by app.',
  claimgate_logins_total:
    'Sign-ins by provider and outcome: started, completed, failed. The provider is empty if a callback does not tell it.',
  claimgate_provider_logouts_total:
    'Sign-outs that a provider asked for, by provider, channel (back-channel, front-channel) and outcome: ended, nothing (no such session), refused, failed. The provider is empty if nobody can tell it.',
  claimgate_key_uses_total:
    'Requests with an API key by outcome: `used`, `refused` by a rule or a limit, or the reason for which the key itself was refused.',
  claimgate_token_requests_total:
    'Requests for a token at `/.auth/token` by outcome: granted, refused, throttled (too many wrong ones from the network), failed (a store or provider did not answer).',
  claimgate_forms_total:
    'Forms that met a sign-in, by app and outcome: kept, resumed (sent after it), not-kept.',
  claimgate_renewals_total:
    'Sessions for which a provider was asked again, by provider and outcome: renewed, ended, insufficient (it did not say what rules go by), unanswered.',
  claimgate_exchanges_total:
    'Customers’ pairs for which a provider was asked (`exchange`), by provider and outcome: granted, refused, unanswered.',
  claimgate_renewal_duration_seconds:
    'Time from asking a provider again to its answer in the store, by provider.',
  claimgate_provider_ready: '1 when the metadata of a provider has been read.',
  claimgate_websockets: 'WebSockets open now.',
  claimgate_faults_total:
    'Faults by app and code. The app is empty if none was asked for, or if nobody can tell which.',
  claimgate_connections_refused_total: 'Connections that were reset because their network had too many.',
  claimgate_log_lines_dropped_total: 'Lines of the log that were dropped because nobody read them.',
  claimgate_config_reloads_total:
    'Changed configurations by outcome: loaded, rejected, or unchanged, if the files were read again and held the same.',
  claimgate_config_current: '1 if the configuration that was read last serves, 0 if it was rejected.',
  claimgate_certificate_expires_seconds:
    'Seconds until a certificate ends, below zero if it has ended, by role (listener, client, ca; provider and upstream as seen) and host.',
  claimgate_config_edition: 'Which loaded configuration serves, counted from 1 since the start.',
  claimgate_workers: 'Processes that serve requests now. 1 without `workers`.',
  claimgate_worker_ends_total: 'Worker processes that ended though nobody had asked them to.',
} as const

/** The labels of each: names of the file or closed lists, never a path, a user or an address. */
export const metricLabels = {
  claimgate_requests_total: ['app', 'decision', 'reason', 'status'],
  claimgate_limited_total: ['app', 'limit'],
  claimgate_shadow_decisions_total: ['app', 'decision', 'shadow'],
  claimgate_request_duration_seconds: ['app'],
  claimgate_logins_total: ['provider', 'outcome'],
  claimgate_provider_logouts_total: ['provider', 'channel', 'outcome'],
  claimgate_key_uses_total: ['outcome'],
  claimgate_token_requests_total: ['outcome'],
  claimgate_forms_total: ['app', 'outcome'],
  claimgate_renewals_total: ['provider', 'outcome'],
  claimgate_exchanges_total: ['provider', 'outcome'],
  claimgate_renewal_duration_seconds: ['provider'],
  claimgate_provider_ready: ['provider'],
  claimgate_websockets: [],
  claimgate_faults_total: ['app', 'code'],
  claimgate_connections_refused_total: [],
  claimgate_log_lines_dropped_total: [],
  claimgate_config_reloads_total: ['outcome'],
  claimgate_config_current: [],
  claimgate_certificate_expires_seconds: ['role', 'host'],
  claimgate_config_edition: [],
  claimgate_workers: [],
  claimgate_worker_ends_total: [],
} as const satisfies { readonly [metric in MetricName]: readonly string[] }

type MetricName = keyof typeof metricTexts

/** What the process says that answers for all: workers do not know it, or know of it what they were told. */
const ofWhole: ReadonlySet<string> = new Set<MetricName>([
  'claimgate_config_reloads_total',
  'claimgate_config_current',
  'claimgate_certificate_expires_seconds',
  'claimgate_config_edition',
  'claimgate_workers',
  'claimgate_worker_ends_total',
])

/** A provider is ready when it is in each process; everything else is added. */
function addingOf(name: string): Adding {
  const least: MetricName = 'claimgate_provider_ready'
  return name === least ? 'min' : 'sum'
}

/** What of a worker goes on when it has ended: counts never fall, and what was open with it is open no more. */
export function lastingSamples(samples: readonly MetricSamples[]): readonly MetricSamples[] {
  const open: readonly string[] = ['claimgate_websockets', 'claimgate_provider_ready'] satisfies MetricName[]
  return samples.filter(({ name }) => !ofWhole.has(name) && !open.includes(name))
}

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
  let certificatesLeft: () => readonly CertificateLeft[] = () => []
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

function ofWorkers(samples: readonly MetricSamples[]): readonly MetricSamples[] {
  return samples.filter(({ name }) => !ofWhole.has(name))
}

/** Samples under the names, sentences and types of this process; those of a name that it does not know are left out. */
function written(
  metrics: readonly { readonly name: string }[],
  samples: readonly MetricSamples[],
): string | Promise<string> {
  const byName = new Map(samples.map((one) => [one.name, one.samples]))
  const summed = metrics.map((metric) => ({ ...metric, values: byName.get(metric.name) ?? [] }))
  return AggregatorRegistry.aggregate([summed]).metrics()
}
