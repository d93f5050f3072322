import { getHeapStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** Bytes of the heap in use when all that can go is gone. */
export function usedHeapBytes(): number {
  collect()
  return getHeapStatistics().used_heap_size
}

/** The same, and what buffers keep beside the heap. */
export function keptBytes(): number {
  collect()
  return getHeapStatistics().used_heap_size + process.memoryUsage().arrayBuffers
}

function collect(): void {
  setFlagsFromString('--expose-gc')
  const run: () => void = runInNewContext('gc')
  run()
}
