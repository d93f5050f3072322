// A program that reads lines and answers each: it is given all of them, and ends by itself.
import { spawn } from 'node:child_process'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'

export interface FedChild {
  readonly stdout: Readable
  /** What it wrote to its standard error, when it has ended. */
  errors(): Promise<string>
}

/** It ends when its input does, or when this process does and breaks the pipe. */
export function startFed(command: string, args: readonly string[], lines: Iterable<string>): FedChild {
  const child = spawn(command, [...args], { stdio: ['pipe', 'pipe', 'pipe'] })
  const errors = text(child.stderr)
  const written = function* () {
    for (const line of lines) yield `${line}\n`
  }
  // One that fell over reads no more: its own words say why.
  void pipeline(written, child.stdin).catch(() => {})
  return { stdout: child.stdout, errors: () => errors }
}
