import { isIP } from 'node:net'
import { resolve } from 'node:path'
import type { ListenAddress, ListenSettings, LogSettings, SessionSettings } from '../core/gateway.ts'
import type { ConfigPath } from './node.ts'
import { readCertificates, readKeyPair } from './pem.ts'
import { logKeys, sessionKeys, type topKeys } from './schema.ts'
import { faultAt, isWritten, placeOf, type Scope, warnAt } from './scope.ts'
import type { NamedSecret } from './secrets.ts'
import { type Checked, checkKeys } from './validate.ts'
import { readSegments } from './web-address.ts'

export type TopKeys = Checked<typeof topKeys>

/** `0.0.0.0:8080`, `[::]:8080`, `localhost:8080`; null when reported. */
function readListenAddress(scope: Scope, path: ConfigPath, text: string): ListenAddress | null {
  const [, bracketed, plain, digits] = /^(?:\[([^\]]*)\]|([^:[\]]*)):([0-9]{1,5})$/.exec(text) ?? []
  const host = bracketed ?? plain ?? ''
  const port = Number(digits)
  const isHost = bracketed === undefined ? isIP(host) === 4 || isHostName(host) : isIP(host) === 6
  if (digits !== undefined && isHost && port <= 65535) return { host, port }
  faultAt(scope, path, 'expected address:port, such as 0.0.0.0:8080, 127.0.0.1:8080 or "[::]:8080"')
  return null
}

function isHostName(host: string): boolean {
  return /^(?=.{1,253}$)[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?$/.test(host) && !/^[0-9.]+$/.test(host)
}

export function buildListen(scope: Scope, listen: TopKeys['listen']): ListenSettings | null {
  if (listen === undefined) return null
  // As a plain text `listen` is the address itself.
  const inner = isWritten(scope, ['listen', 'address']) ? ['listen', 'address'] : ['listen']
  const settings = 'tls' in listen || 'client_ca' in listen ? listen : { address: listen.address }
  const address = readListenAddress(scope, inner, settings.address)
  const pairs = (settings.tls ?? []).map((pair, index) => readKeyPair(scope, ['listen', 'tls', index], pair))
  const clientCa =
    settings.client_ca === undefined
      ? null
      : readCertificates(scope, ['listen', 'client_ca'], settings.client_ca)
  if (settings.client_ca !== undefined && settings.tls === undefined) {
    faultAt(scope, ['listen', 'client_ca'], 'needs `tls`: certificates of clients are part of TLS')
  }
  if (address === null) return null
  return { ...address, tls: pairs.filter((pair) => pair !== null), clientCa }
}

export function buildAdmin(
  scope: Scope,
  admin: TopKeys['admin'],
  listen: ListenSettings | null,
): ListenAddress | null {
  if (admin === undefined || admin === false) return null
  const address = readListenAddress(scope, ['admin'], admin)
  if (address !== null && listen !== null && collide(address, listen)) {
    faultAt(scope, ['admin'], 'is the same address and port as `listen`')
  }
  return address
}

function collide(one: ListenAddress, other: ListenAddress): boolean {
  const everywhere = (host: string) => host === '0.0.0.0' || host === '::'
  if (one.port !== other.port || one.port === 0) return false
  return one.host === other.host || everywhere(one.host) || everywhere(other.host)
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

export interface BuiltSession {
  /** Null when reported. */
  readonly session: SessionSettings | null
  /** For apps that say nothing of their own. */
  readonly lifetimes: { readonly idle: number; readonly max: number }
  readonly sealing: readonly NamedSecret[]
}

export function buildSession(scope: Scope): BuiltSession {
  const path = ['session']
  const keys = checkKeys(sessionKeys, placeOf(scope, path))
  const { secret, store, cookie_name: cookieName, same_site: sameSite } = keys
  if (secret === undefined && !isWritten(scope, [...path, 'secret'])) {
    const message = 'is absent: one is generated into the `data` folder, which serves a single instance'
    warnAt(scope, [...path, 'secret'], message)
  }
  const secrets = secret ?? []
  const complete = store !== undefined && cookieName !== undefined && sameSite !== undefined
  return {
    session: complete ? { store, secrets, cookieName, sameSite } : null,
    // Zero only where the key was faulty: then no model is made.
    lifetimes: { idle: keys.idle_timeout ?? 0, max: keys.max_lifetime ?? 0 },
    sealing: secrets.map((one, index) => {
      const member = [...path, 'secret', index]
      return {
        purpose: 'session',
        path: isWritten(scope, member) ? member : [...path, 'secret'],
        secret: one,
      }
    }),
  }
}

export function buildLog(scope: Scope): LogSettings | null {
  const { level, subject } = checkKeys(logKeys, placeOf(scope, ['log']))
  return level === undefined || subject === undefined ? null : { level, subject }
}

/** Absolute; relative paths start at the configuration's folder. The image says by `CLAIMGATE_DATA` where it is. */
export function buildDataFolder(scope: Scope, data: TopKeys['data']): string {
  const { folder, env } = scope.surroundings
  return resolve(folder, data ?? (env.CLAIMGATE_DATA || './data'))
}
