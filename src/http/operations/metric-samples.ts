import { isObject } from '../../core/json.ts'

/** What one process has counted, as the library gives it and as workers hand it on. */
export interface MetricSamples {
  readonly name: string
  readonly samples: readonly Sample[]
}

export interface Sample {
  /** Of a histogram: the name of the sum, the count or the bucket. Absent: that of the metric. */
  readonly metricName?: string | undefined
  readonly labels: Readonly<Record<string, string | number>>
  readonly value: number
}

/** How the samples of several processes with the same labels become one. */
export type Adding = 'sum' | 'min'

/** Samples of the same name and labels as one. The order is that in which each came first. */
export function addSamples(
  parts: readonly (readonly MetricSamples[])[],
  addingOf: (name: string) => Adding,
): readonly MetricSamples[] {
  const byName = new Map<string, Map<string, Sample>>()
  for (const { name, samples } of parts.flat()) {
    const known = byName.get(name) ?? new Map<string, Sample>()
    byName.set(name, known)
    for (const sample of samples) {
      const key = keyOf(sample)
      const before = known.get(key)
      const value = before === undefined ? sample.value : added(addingOf(name), before.value, sample.value)
      known.set(key, { ...sample, value })
    }
  }
  return [...byName].map(([name, samples]) => ({ name, samples: [...samples.values()] }))
}

function added(adding: Adding, one: number, other: number): number {
  switch (adding) {
    case 'sum':
      return one + other
    case 'min':
      return Math.min(one, other)
  }
}

/** The library gives labels of one metric in one order, but says so nowhere. */
function keyOf({ metricName, labels }: Sample): string {
  return JSON.stringify([
    metricName ?? '',
    ...Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1)),
  ])
}

/** From another process; null: no samples. */
export function readMetricSamples(value: unknown): readonly MetricSamples[] | null {
  if (!Array.isArray(value)) return null
  const read = value.map(readOne)
  return read.every((one) => one !== null) ? read : null
}

function readOne(value: unknown): MetricSamples | null {
  if (!isObject(value) || typeof value.name !== 'string' || !Array.isArray(value.samples)) return null
  const samples = value.samples.map(readSample)
  return samples.every((sample) => sample !== null) ? { name: value.name, samples } : null
}

function readSample(value: unknown): Sample | null {
  if (!isObject(value) || typeof value.value !== 'number' || !isObject(value.labels)) return null
  const { metricName } = value
  if (metricName !== undefined && typeof metricName !== 'string') return null
  const labels: Record<string, string | number> = {}
  for (const [name, label] of Object.entries(value.labels)) {
    if (typeof label !== 'string' && typeof label !== 'number') return null
    labels[name] = label
  }
  return { metricName, labels, value: value.value }
}
