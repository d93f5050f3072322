import { createReadStream } from 'node:fs'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'
import type { Io } from './command.ts'

/**
 * The lines of a log, one after the other, whatever its length; `-` is the standard input. A file that cannot be read
 * throws on the first line: see `isUnreadable`.
 */
export async function* linesOf(log: string, io: Io): AsyncIterable<string> {
  if (log === '-') {
    yield* (await io.stdin()).split('\n')
    return
  }
  const input = createReadStream(resolve(io.cwd, log))
  yield* createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })
}

/** Whether the system refused a file, and not that something of ours is broken. */
export function isUnreadable(thrown: unknown): boolean {
  return thrown instanceof Error && 'code' in thrown && 'syscall' in thrown
}
