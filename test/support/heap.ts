import { getHeapStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** Bytes of the heap in use when all that can go is gone. */
export function usedHeapBytes(): number {
  collect()
  return getHeapStatistics().used_heap_size
}

/** The same, and what buffers keep beside the heap: some of it goes only with a later collection. */
export function keptBytes(): number {
  let kept = Number.POSITIVE_INFINITY
  for (let at = 0; at < 20; at += 1) {
    collect()
    const now = getHeapStatistics().used_heap_size + process.memoryUsage().arrayBuffers
    if (at > 1 && now > kept - 4096) return Math.min(now, kept)
    kept = now
  }
  return kept
}

function collect(): void {
  setFlagsFromString('--expose-gc')
  const run: () => void = runInNewContext('gc')
  run()
}
