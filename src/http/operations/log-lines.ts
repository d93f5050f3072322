import { writeSync } from 'node:fs'
import type { DestinationStream } from 'pino'
import { limits } from '../../core/limits/table.ts'

const retryMs = 10
const gatherMs = 5

/**
 * Writes log lines to a file descriptor. In quiet times at the end of the event loop's turn; under load those of
 * five milliseconds together: a line each would cost a system call each, and the threads behind pino's own asynchronous
 * writing cost more, a tenth of a request. Nothing is lost when the process exits. A reader that is gone stops nobody.
 */
export function createLineWriter(fd: number): DestinationStream & { flush(): void } {
  let lines = ''
  let waiting: Buffer = Buffer.alloc(0)
  let due = false
  /** Lines were written a moment ago: the next ones wait for company. */
  let busy = false

  function flush(): void {
    due = false
    if (lines === '' && waiting.length === 0) return
    const text = lines
    lines = ''
    waiting = write(
      fd,
      waiting.length === 0 ? Buffer.from(text) : Buffer.concat([waiting, Buffer.from(text)]),
    )
    // Beyond it the process waits with its reader, rather than lose lines or memory.
    while (waiting.length > limits.logWaitingBytes) {
      Atomics.wait(pause, 0, 0, retryMs)
      waiting = write(fd, waiting)
    }
    if (waiting.length > 0) later(() => setTimeout(flush, retryMs).unref())
    if (!busy) {
      busy = true
      setTimeout(rest, gatherMs).unref()
    }
  }

  function rest(): void {
    busy = false
    flush()
  }

  function later(schedule: () => void): void {
    if (due) return
    due = true
    schedule()
  }

  process.once('exit', flush)
  return {
    write(line) {
      lines += line
      if (!busy) later(() => setImmediate(flush))
    },
    flush,
  }
}

const pause = new Int32Array(new SharedArrayBuffer(4))

/** What could not be written yet: a pipe whose reader is slow says EAGAIN. */
function write(fd: number, bytes: Buffer): Buffer {
  let rest = bytes
  try {
    while (rest.length > 0) rest = rest.subarray(writeSync(fd, rest))
    return rest
  } catch (thrown) {
    const again = thrown instanceof Error && 'code' in thrown && thrown.code === 'EAGAIN'
    return again ? rest : Buffer.alloc(0)
  }
}
