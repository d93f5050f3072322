import { resolve } from 'node:path'
import type { LogSettings } from '../../core/gateway.ts'
import { logKeys, topKeys } from '../schema/file.ts'
import { type Checked, checkKeys } from '../validate.ts'
import { readSegments } from '../web-address.ts'
import { faultAt, placeOf, type Scope } from './scope.ts'
import type { NamedSecret } from './secrets.ts'

/** The keys at the top that are judged together. */
export const plainTopKeys = {
  workers: topKeys.workers,
  trusted_proxies: topKeys.trusted_proxies,
  data: topKeys.data,
  auth_prefix: topKeys.auth_prefix,
  signing_keys: topKeys.signing_keys,
  shadow: topKeys.shadow,
}

export type TopKeys = Checked<typeof plainTopKeys>

export interface AuthPrefix {
  readonly authPrefix: string
  readonly authSegments: readonly string[]
}

/** `/.auth` and its segments; null when reported. The whole of an origin cannot belong to the gateway. */
export function buildAuthPrefix(scope: Scope, authPrefix: TopKeys['auth_prefix']): AuthPrefix | null {
  if (authPrefix === undefined) return null
  const read = readSegments(authPrefix)
  if (read.ok && read.segments.length > 0 && /^[\u0021-\u007e]+$/.test(authPrefix)) {
    return { authPrefix, authSegments: read.segments }
  }
  const plain = 'expected a path of plain ASCII below "/", such as /.auth'
  faultAt(scope, ['auth_prefix'], read.ok ? plain : read.message)
  return null
}

interface BuiltLog {
  /** Null when something in it was faulty. */
  readonly log: LogSettings | null
  /** The key of its hashes, as one of the secrets that must be strong and serve nothing else. */
  readonly naming: readonly NamedSecret[]
}

export function buildLog(scope: Scope): BuiltLog {
  const { level, format, subject, subject_key: key } = checkKeys(logKeys, placeOf(scope, ['log']))
  const isComplete = level !== undefined && format !== undefined && subject !== undefined
  return {
    log: isComplete ? { level, format, subject, subjectKey: key ?? null } : null,
    naming: key === undefined ? [] : [{ purpose: 'log', path: ['log', 'subject_key'], secret: key }],
  }
}

/** Absolute; relative paths start at the configuration's folder. The image says by `CLAIMGATE_DATA` where it is. */
export function buildDataFolder(scope: Scope, data: TopKeys['data']): string {
  const { folder, env } = scope.surroundings
  return resolve(folder, data ?? (env.CLAIMGATE_DATA || './data'))
}
