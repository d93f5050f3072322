import type { Gateway, ListenAddress, ListenerList, ListenSettings } from '../../core/gateway.ts'
import { type ConfigPath, nodeAt, pathText } from '../node.ts'
import { listenForm, listenKeys } from '../schema/listen.ts'
import { listenPlace } from '../schema/values.ts'
import { checkKeys, checkValue } from '../validate.ts'
import { readCertificates, readKeyPair } from './pem.ts'
import { faultAt, isWritten, placeOf, type Scope, warnAt } from './scope.ts'
import type { TopKeys } from './service.ts'

/** One place of `listen`, and where it stands in the file. */
export interface BuiltListener {
  readonly path: ConfigPath
  readonly settings: ListenSettings
}

/** At least one. */
export type BuiltListeners = readonly [BuiltListener, ...(readonly BuiltListener[])]

/** `listen` as an address, as a mapping, or as a list of both; null when any of it was reported. */
export function buildListeners(scope: Scope): BuiltListeners | null {
  const path = ['listen']
  const node = nodeAt(scope.root, path)
  if (node?.kind !== 'list') {
    const settings = node?.kind === 'map' ? buildMapping(scope, path) : buildAddress(scope, path, listenForm)
    return settings === null ? null : [{ path, settings }]
  }
  const built = node.items.map((item, index): BuiltListener | null => {
    const at = [...path, index]
    const settings = item.kind === 'map' ? buildMapping(scope, at) : buildAddress(scope, at, listenPlace)
    return settings === null ? null : { path: at, settings }
  })
  const found = built.filter((one) => one !== null)
  refuseCollisions(scope, found)
  const [first, ...others] = found
  if (first === undefined && node.items.length === 0) faultAt(scope, path, 'must not be an empty list')
  return first === undefined || found.length < built.length ? null : [first, ...others]
}

/** The same as data of the model. */
export function settingsOf([first, ...others]: BuiltListeners): ListenerList {
  return [first.settings, ...others.map(({ settings }) => settings)]
}

function buildAddress(
  scope: Scope,
  path: ConfigPath,
  form: typeof listenForm | typeof listenPlace,
): ListenSettings | null {
  const checked = checkValue(form, nodeAt(scope.root, path), placeOf(scope, path))
  if (!checked.ok || Array.isArray(checked.value)) return null
  const place = 'address' in checked.value ? checked.value.address : checked.value
  return place === undefined
    ? null
    : { ...place, mode: null, tls: [], clientCa: null, asksCertificates: false }
}

function buildMapping(scope: Scope, path: ConfigPath): ListenSettings | null {
  const keys = checkKeys(listenKeys, placeOf(scope, path))
  const { address, mode, tls = [], client_ca: ca } = keys
  const pairs = tls.map((pair, index) => readKeyPair(scope, [...path, 'tls', index], pair))
  const clientCa = ca === undefined ? null : readCertificates(scope, [...path, 'client_ca'], ca)
  if (ca !== undefined && !isWritten(scope, [...path, 'tls'])) {
    faultAt(scope, [...path, 'client_ca'], 'needs `tls`: certificates of clients are part of TLS')
  }
  const asksCertificates = keys.client_certificates === 'ask'
  if (asksCertificates) checkAsking(scope, [...path, 'client_certificates'])
  if (address === undefined) return null
  if (mode !== undefined && address.socketPath === null) {
    faultAt(scope, [...path, 'mode'], 'belongs to a Unix socket: `address: unix:/run/claimgate.sock`')
  }
  const complete = pairs.filter((pair) => pair !== null)
  return { ...address, mode: mode ?? null, tls: complete, clientCa, asksCertificates }
}

/** `client_certificates: ask` needs TLS and somebody whose certificates count, and nobody who demands others. */
function checkAsking(scope: Scope, at: ConfigPath): void {
  const listener = at.slice(0, -1)
  if (!isWritten(scope, [...listener, 'tls']))
    faultAt(scope, at, 'needs `tls`: certificates of clients are part of TLS')
  if (isWritten(scope, [...listener, 'client_ca']))
    faultAt(scope, at, 'cannot stand beside `client_ca`, which refuses every client without a certificate')
  if (!isWritten(scope, ['client_certificates'])) {
    const message = 'needs `client_certificates` at the top of the file: whose certificates count'
    faultAt(scope, at, message)
  }
}

/** Told while the file is read: the system would say it only when the gateway listens. */
function refuseCollisions(scope: Scope, listeners: readonly BuiltListener[]): void {
  for (const [index, { path, settings }] of listeners.entries()) {
    const other = listeners.slice(0, index).find((before) => collide(settings, before.settings))
    if (other === undefined) continue
    const same = settings.socketPath === null ? 'address and port' : 'socket'
    faultAt(scope, path, `is the same ${same} as \`${pathText(other.path)}\``)
  }
}

/** Whether only one of them can be listened on. Port 0 is another one each time. */
export function collide(one: ListenAddress & Partial<ListenSettings>, other: ListenSettings): boolean {
  const { socketPath = null } = one
  if (socketPath !== null || other.socketPath !== null) return socketPath === other.socketPath
  if (one.port !== other.port || one.port === 0) return false
  return one.host === other.host || isEverywhere(one.host) || isEverywhere(other.host)
}

function isEverywhere(host: string): boolean {
  return host === '0.0.0.0' || host === '::'
}

/** The peers that are believed: networks, and whether those of a socket are. */
export function buildTrust(
  scope: Scope,
  trusted: TopKeys['trusted_proxies'],
  listeners: BuiltListeners | null,
): Pick<Gateway, 'trustedProxies' | 'trustsSocket'> {
  const members = trusted === undefined || trusted === 'none' ? [] : trusted
  const trustsSocket = members.includes('unix')
  const path = ['trusted_proxies']
  const sockets = listeners?.filter(({ settings }) => settings.socketPath !== null) ?? []
  if (listeners !== null && trustsSocket && sockets.length === 0) {
    const at = members.indexOf('unix')
    faultAt(scope, [...path, at], 'is who connects by a Unix socket: `listen: unix:/run/claimgate.sock`')
  }
  if (sockets.length > 0 && !trustsSocket && !isWritten(scope, path)) {
    const message =
      'is absent: where requests of the socket come from is not known, and limits by client count for all as one; `[unix]` believes the server in front'
    warnAt(scope, path, message)
  }
  for (const { path: at, settings } of trustsSocket ? sockets : []) {
    if (((settings.mode ?? 0) & 0o002) === 0) continue
    const message =
      'lets every user of this machine connect, and be believed as `trusted_proxies: [unix]` says: `"0660"` with a group for the server in front'
    warnAt(scope, [...at, 'mode'], message)
  }
  return { trustedProxies: members.filter((member) => member !== 'unix'), trustsSocket }
}
