import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import { createDurations, type Durations } from './durations.ts'
import { createHeldBodyMetrics } from './held-body-metrics.ts'
import { type MetricName, metricLabels, metricTexts } from './metric-names.ts'
import { createSums, type Sums } from './sums.ts'

export type Instruments = ReturnType<typeof createInstruments>

/**
 * Everything that is counted and measured, under its name in the registry. What requests count goes into sums, which the
 * registry gets by `writeSums` alone. They are told in the order in which they are made.
 */
export function createInstruments(registry: Registry) {
  const shape = <M extends MetricName>(name: M) => {
    const labelNames: (typeof metricLabels)[M][number][] = [...metricLabels[name]]
    return { name, help: metricTexts[name], labelNames, registers: [registry] }
  }
  const writes: (() => void)[] = []
  const counted = (name: MetricName): Sums => {
    const [sums, counter] = [createSums(), new Counter(shape(name))]
    writes.push(() => sums.writeTo(counter))
    return sums
  }
  const timed = (name: MetricName): Durations =>
    createDurations(new Histogram({ ...shape(name), buckets: seconds }))
  return {
    requests: counted('claimgate_requests_total'),
    limited: counted('claimgate_limited_total'),
    rehearsals: counted('claimgate_shadow_decisions_total'),
    logins: counted('claimgate_logins_total'),
    logouts: counted('claimgate_provider_logouts_total'),
    keyUses: counted('claimgate_key_uses_total'),
    tokenRequests: counted('claimgate_token_requests_total'),
    forms: counted('claimgate_forms_total'),
    renewals: counted('claimgate_renewals_total'),
    exchanges: counted('claimgate_exchanges_total'),
    faults: counted('claimgate_faults_total'),
    refusedConnections: new Counter(shape('claimgate_connections_refused_total')),
    ready: new Gauge(shape('claimgate_provider_ready')),
    websockets: new Gauge(shape('claimgate_websockets')),
    droppedLines: new Counter(shape('claimgate_log_lines_dropped_total')),
    reloads: new Counter(shape('claimgate_config_reloads_total')),
    upToDate: new Gauge(shape('claimgate_config_current')),
    edition: new Gauge(shape('claimgate_config_edition')),
    certificatesExpire: new Gauge(shape('claimgate_certificate_expires_seconds')),
    credentialsExpire: new Gauge(shape('claimgate_aws_credentials_expire_seconds')),
    heldBodies: createHeldBodyMetrics(shape),
    workers: new Gauge(shape('claimgate_workers')),
    workerEnds: new Counter(shape('claimgate_worker_ends_total')),
    durations: timed('claimgate_request_duration_seconds'),
    renewalDurations: timed('claimgate_renewal_duration_seconds'),
    writeSums: () => {
      for (const write of writes) write()
    },
  }
}

const seconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]
