import { writeSync } from 'node:fs'
import type { DestinationStream } from 'pino'
import { errorCode } from '../../core/error-code.ts'

/** Where log lines go. Writing never waits for whoever reads them. */
export interface LineWriter extends DestinationStream {
  /** Several lines, whole and with their ends, which another process has written. */
  writeAll(lines: string): void
  /** Counts a line that another process has begun and will not end. */
  lost(): void
  /** Gives the descriptor what it takes now. */
  flush(): void
  /** How many lines were dropped since the start. */
  dropped(): number
}

export interface LineWriterOptions {
  /** What may wait for a reader that is slow, in bytes; lines beyond it are dropped and counted. */
  readonly waitingAtMost: number
  /** The line that says, once the reader reads again, how many lines were dropped before it. */
  readonly droppedLine: (count: number) => string
  /** For how long lines are gathered under load; five milliseconds when absent. */
  readonly gatherMs?: number | undefined
}

const retryMs = 10
const usualGatherMs = 5
/** At the exit nothing else is left to do, so what waits is waited for: so often in vain in a row, so often in all. */
const exitTriesInVain = 100
const exitTries = 500

/**
 * Writes log lines to a file descriptor. In quiet times at the end of the event loop's turn; under load those of
 * some milliseconds together: a line each would cost a system call each, and the threads behind pino's own asynchronous
 * writing cost more, a tenth of a request. A reader that stalls or is gone stops nobody: what it does not take waits,
 * up to a bound. When the process exits, a reader that reads gets everything.
 */
export function createLineWriter(
  fd: number,
  { waitingAtMost, droppedLine, gatherMs = usualGatherMs }: LineWriterOptions,
): LineWriter {
  if (fd === 1) takePipeNonBlocking()
  let lines = ''
  const waiting = createQueue(fd)
  let due = false
  /** Lines were written a moment ago: the next ones wait for company. */
  let busy = false
  let dropped = 0
  /** Of those, the ones that no line has told of yet. */
  let untold = 0

  function flush(): void {
    due = false
    give()
    // At half, so that a reader at the edge is not told of every single line.
    if (untold > 0 && waiting.bytes() <= waitingAtMost / 2) {
      lines = droppedLine(untold)
      untold = 0
      give()
    }
    if (waiting.bytes() > 0) later(() => setTimeout(flush, retryMs).unref())
    if (!busy) {
      busy = true
      setTimeout(rest, gatherMs).unref()
    }
  }

  function give(): void {
    if (lines !== '') waiting.add(Buffer.from(lines))
    lines = ''
    waiting.write()
  }

  function rest(): void {
    busy = false
    if (lines !== '') flush()
  }

  function later(schedule: () => void): void {
    if (due) return
    due = true
    schedule()
  }

  function hasRoom(line: string): boolean {
    const full = () => waiting.bytes() + lines.length + line.length > waitingAtMost
    if (untold > 0) return false
    if (full()) give()
    return !full()
  }

  function finish(): void {
    flush()
    let inVain = 0
    for (let times = 0; times < exitTries && inVain < exitTriesInVain; times++) {
      const before = waiting.bytes()
      if (before === 0) return
      Atomics.wait(pause, 0, 0, retryMs)
      flush()
      inVain = waiting.bytes() === before ? inVain + 1 : 0
    }
  }

  function drop(count: number): void {
    dropped += count
    untold += count
  }

  function add(text: string): boolean {
    if (!hasRoom(text)) return false
    lines += text
    if (!busy) later(() => setImmediate(flush))
    return true
  }

  process.once('exit', finish)
  return {
    write(line) {
      if (!add(line)) drop(1)
    },
    writeAll(text) {
      if (!add(text)) drop(text.split('\n').length - 1)
    },
    lost() {
      dropped += 1
    },
    flush,
    dropped: () => dropped,
  }
}

const pause = new Int32Array(new SharedArrayBuffer(4))

/**
 * Node makes a pipe non-blocking when its stream is first asked for. Before that a write to a full one blocks the
 * whole process.
 */
function takePipeNonBlocking(): void {
  void process.stdout
}

/** Shorter pieces are joined, so that there are few of them, and little is copied while they wait. */
const joinBelow = 64 * 1024

/** Bytes that wait for a descriptor. */
function createQueue(fd: number) {
  let pieces: Buffer[] = []
  let bytes = 0

  function takeOff(count: number): void {
    const [first] = pieces
    bytes -= count
    if (first === undefined || count >= first.length) pieces.shift()
    else pieces[0] = first.subarray(count)
  }

  return {
    bytes: () => bytes,
    add(piece: Buffer) {
      const last = pieces.at(-1)
      if (last !== undefined && last.length < joinBelow)
        pieces[pieces.length - 1] = Buffer.concat([last, piece])
      else pieces.push(piece)
      bytes += piece.length
    },
    /** As much as the descriptor takes; a pipe that is full says EAGAIN. All is let go when nobody can read it. */
    write() {
      try {
        for (let [first] = pieces; first !== undefined; [first] = pieces) takeOff(writeSync(fd, first))
      } catch (thrown) {
        if (errorCode(thrown) === 'EAGAIN') return
        pieces = []
        bytes = 0
      }
    },
  }
}
