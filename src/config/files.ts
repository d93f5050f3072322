import { readFileSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { errorCode } from '../core/error-code.ts'
import type { EpochSeconds } from '../core/session/session.ts'
import type { MadeUp } from './made-up.ts'

/** One file as the configuration may name it. Reasons are for people: `no such file`. */
export type FileRead =
  | { readonly ok: true; readonly bytes: Uint8Array; readonly worldReadable: boolean }
  | { readonly ok: false; readonly reason: string }

/** Takes an absolute path. Never throws. */
export type ReadFile = (path: string) => FileRead

/** Far more than any configuration, key or certificate bundle: what is larger was named by mistake. */
const largestBytes = 8 * 1024 * 1024

/** Reads from the disk. A folder, a device or a file beyond 8 MiB is a reason, not a hang. */
export const readFromDisk: ReadFile = (path) => {
  try {
    const stat = statSync(path)
    if (stat.isDirectory()) return { ok: false, reason: 'is a folder' }
    if (stat.size > largestBytes) return { ok: false, reason: 'is larger than 8 MiB' }
    return { ok: true, bytes: readFileSync(path), worldReadable: (stat.mode & 0o004) !== 0 }
  } catch (error) {
    return { ok: false, reason: reasonOf(error) }
  }
}

function reasonOf(error: unknown): string {
  const code = errorCode(error)
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'no such file'
  if (code === 'EACCES' || code === 'EPERM') return 'may not be read by this user'
  return code ?? 'cannot be read'
}

/** What surrounds a configuration file: where it lies, the variables and the files that it may name. */
export interface Surroundings {
  /** As it was named; for messages. */
  readonly file: string
  /** Absolute: what relative paths in the file start from. */
  readonly folder: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly readFile: ReadFile
  /** What may be missing, as nobody needs it to answer what is asked; absent for whoever serves or checks. */
  readonly madeUp?: MadeUp
  /** Whether what `convert` left open may stay open: for who asks about rules, and for `convert` itself. */
  readonly mayBeOpen?: true
  /** Whole seconds since 1970, for what ends: certificates. Absent: nothing is said of their ends. */
  readonly now?: EpochSeconds
}

/** Reads a file that the configuration names; a relative path starts at the configuration's own folder. */
export function readBeside(surroundings: Surroundings, path: string): FileRead {
  return surroundings.readFile(resolve(surroundings.folder, path))
}

/** Strict UTF-8, without a byte order mark; null when it is none. */
export function decodeUtf8(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return null
  }
}
