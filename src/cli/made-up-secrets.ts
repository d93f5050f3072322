import { createHash } from 'node:crypto'
import { dirname, resolve } from 'node:path'
import { decodeUtf8, type ReadFile, readFromDisk } from '../config/files.ts'
import type { Io } from './command.ts'

export interface MadeUp {
  readonly env: Io['env']
  readonly readFile: ReadFile
}

/**
 * Surroundings for machines that judge rules and hold no secret: each variable and each file that a configuration
 * puts in as `${env:NAME}`, `${file:PATH}` or `${lines:PATH}` and that is missing stands for a text of its own, the same on every run.
 * What is there, and what has a default, is taken as it is.
 */
export function madeUp(file: string, { env, cwd }: Pick<Io, 'env' | 'cwd'>): MadeUp {
  const path = resolve(cwd, file)
  const read = readFromDisk(path)
  const text = read.ok ? (decodeUtf8(read.bytes) ?? '') : ''
  const names = [...text.matchAll(/\$\{env:(\w+)\}/g)].map(([, name = '']) => name)
  const files = new Set(
    [...text.matchAll(/\$\{(?:file|lines):([^}]+)\}/g)].map(([, name = '']) => resolve(dirname(path), name)),
  )
  const missing = names.filter((name) => (env[name] ?? '') === '')
  return {
    env: { ...env, ...Object.fromEntries(missing.map((name) => [name, textFor(name)])) },
    readFile: (asked) => {
      const found = readFromDisk(asked)
      if (found.ok || !files.has(asked)) return found
      return { ok: true, bytes: Buffer.from(textFor(asked)), worldReadable: false }
    },
  }
}

/** Long and irregular enough for a secret. */
function textFor(name: string): string {
  return createHash('sha256').update(name).digest('base64url')
}
