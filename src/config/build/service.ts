import { resolve } from 'node:path'
import type { Gateway, ListenSettings, LogSettings } from '../../core/gateway.ts'
import { nodeAt } from '../node.ts'
import { listenKeys, logKeys, topKeys } from '../schema/file.ts'
import { type Checked, checkKeys, checkValue } from '../validate.ts'
import { readSegments } from '../web-address.ts'
import { readCertificates, readKeyPair } from './pem.ts'
import { faultAt, isWritten, placeOf, type Scope, warnAt } from './scope.ts'
import type { NamedSecret } from './secrets.ts'

/** The keys at the top that are judged together. */
export const plainTopKeys = {
  workers: topKeys.workers,
  trusted_proxies: topKeys.trusted_proxies,
  data: topKeys.data,
  auth_prefix: topKeys.auth_prefix,
  shadow: topKeys.shadow,
}

export type TopKeys = Checked<typeof plainTopKeys>

/** `listen` as an address alone, or as a mapping; null when reported. */
export function buildListen(scope: Scope): ListenSettings | null {
  const path = ['listen']
  const node = nodeAt(scope.root, path)
  if (node?.kind !== 'map') {
    const plain = checkValue(topKeys.listen, node, placeOf(scope, path))
    return plain.ok ? { ...plain.value.address, mode: null, tls: [], clientCa: null } : null
  }
  const { address, mode, tls = [], client_ca: ca } = checkKeys(listenKeys, placeOf(scope, path))
  const pairs = tls.map((pair, index) => readKeyPair(scope, [...path, 'tls', index], pair))
  const clientCa = ca === undefined ? null : readCertificates(scope, [...path, 'client_ca'], ca)
  if (ca !== undefined && !isWritten(scope, [...path, 'tls'])) {
    faultAt(scope, [...path, 'client_ca'], 'needs `tls`: certificates of clients are part of TLS')
  }
  if (address === undefined) return null
  if (mode !== undefined && address.socketPath === null) {
    faultAt(scope, [...path, 'mode'], 'belongs to a Unix socket: `address: unix:/run/claimgate.sock`')
  }
  return { ...address, mode: mode ?? null, tls: pairs.filter((pair) => pair !== null), clientCa }
}

/** The peers that are believed: networks, and whether those of the socket are. */
export function buildTrust(
  scope: Scope,
  trusted: TopKeys['trusted_proxies'],
  listen: ListenSettings | null,
): Pick<Gateway, 'trustedProxies' | 'trustsSocket'> {
  const members = trusted === undefined || trusted === 'none' ? [] : trusted
  const trustsSocket = members.includes('unix')
  const path = ['trusted_proxies']
  if (listen !== null && trustsSocket && listen.socketPath === null) {
    const at = members.indexOf('unix')
    faultAt(scope, [...path, at], 'is who connects by a Unix socket: `listen: unix:/run/claimgate.sock`')
  }
  if (listen !== null && listen.socketPath !== null && !trustsSocket && !isWritten(scope, path)) {
    const message =
      'is absent: where requests of the socket come from is not known, and limits by client count for all as one; `[unix]` believes the server in front'
    warnAt(scope, path, message)
  }
  if (trustsSocket && listen !== null && ((listen.mode ?? 0) & 0o002) !== 0) {
    const message =
      'lets every user of this machine connect, and be believed as `trusted_proxies: [unix]` says: `"0660"` with a group for the server in front'
    warnAt(scope, ['listen', 'mode'], message)
  }
  return { trustedProxies: members.filter((member) => member !== 'unix'), trustsSocket }
}

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

export interface BuiltLog {
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
