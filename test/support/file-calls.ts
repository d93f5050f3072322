// Calls of node:fs that fail, or do something in between, as a disk, a file system or another process would.
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import type { Test } from 'tap'

type Call = 'chmodSync' | 'copyFileSync' | 'fsyncSync' | 'linkSync' | 'mkdirSync' | 'openSync' | 'writeSync'

/** What the system says when it refuses. */
export function refused(code: string): Error {
  return Object.assign(new Error(`${code}: for the test`), { code })
}

/**
 * From now on, and until the test's end or until it is taken back, `before` runs ahead of each call with its first
 * argument; what it throws is what the call throws. True: the call is not made at all.
 */
export function onFileCall(t: Test, name: Call, before: (first: unknown) => unknown): () => void {
  const original = fs[name] as (...parameters: readonly unknown[]) => unknown
  const set = (value: unknown) => {
    Object.assign(fs, { [name]: value })
    syncBuiltinESMExports()
  }
  set((...parameters: readonly unknown[]) =>
    before(parameters[0]) === true ? undefined : original(...parameters),
  )
  const undo = () => set(original)
  t.teardown(undo)
  return undo
}
