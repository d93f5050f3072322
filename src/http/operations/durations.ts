import type { Histogram } from 'prom-client'

/** How long things take, by one label of which the configuration knows the names. */
export interface Durations {
  observe(name: string, seconds: number): void
  /** Others are forgotten: renamed ones would pile up. */
  keepOnly(names: ReadonlySet<string>): void
}

/** What takes a label's times is remembered: to look it up is most of the work. */
export function createDurations(histogram: Histogram): Durations {
  const timers = new Map<string, { observe(value: number): void }>()
  return {
    observe(name, seconds) {
      let timer = timers.get(name)
      if (timer === undefined) {
        timer = histogram.labels(name)
        timers.set(name, timer)
      }
      timer.observe(seconds)
    },
    keepOnly(names) {
      for (const name of timers.keys()) {
        if (names.has(name)) continue
        timers.delete(name)
        histogram.remove(name)
      }
    },
  }
}
