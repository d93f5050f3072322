import { AggregatorRegistry } from 'prom-client'
import type { MetricName } from './metric-names.ts'
import type { Adding, MetricSamples } from './metric-samples.ts'

/** What the process says that answers for all: workers do not know it, or know of it what they were told. */
const ofWhole: ReadonlySet<string> = new Set<MetricName>([
  'claimgate_config_reloads_total',
  'claimgate_config_current',
  'claimgate_certificate_expires_seconds',
  'claimgate_config_edition',
  'claimgate_workers',
  'claimgate_worker_ends_total',
])

/** A provider is ready when it is in each process, and credentials are whole until those of one end; all else is added. */
export function addingOf(name: string): Adding {
  const least: readonly string[] = [
    'claimgate_provider_ready',
    'claimgate_aws_credentials_expire_seconds',
  ] satisfies MetricName[]
  return least.includes(name) ? 'min' : 'sum'
}

/** What of a worker goes on when it has ended: counts never fall, and what was open with it is open no more. */
export function lastingSamples(samples: readonly MetricSamples[]): readonly MetricSamples[] {
  const open: readonly string[] = [
    'claimgate_websockets',
    'claimgate_held_body_bytes',
    'claimgate_held_body_limit_bytes',
    'claimgate_provider_ready',
    'claimgate_aws_credentials_expire_seconds',
  ] satisfies MetricName[]
  return samples.filter(({ name }) => !ofWhole.has(name) && !open.includes(name))
}

/** Of the samples of a worker those that count: what the first process says for all is left out. */
export function ofWorkers(samples: readonly MetricSamples[]): readonly MetricSamples[] {
  return samples.filter(({ name }) => !ofWhole.has(name))
}

/** Samples under the names, sentences and types of this process; those of a name that it does not know are left out. */
export function written(
  metrics: readonly { readonly name: string }[],
  samples: readonly MetricSamples[],
): string | Promise<string> {
  const byName = new Map(samples.map((one) => [one.name, one.samples]))
  const summed = metrics.map((metric) => ({ ...metric, values: byName.get(metric.name) ?? [] }))
  return AggregatorRegistry.aggregate([summed]).metrics()
}
