import type { AdminSettings } from '../../core/admin-settings.ts'
import { nodeAt, pathText } from '../node.ts'
import { adminForm, adminKeys } from '../schema/admin.ts'
import { checkKeys, checkValue } from '../validate.ts'
import { type BuiltListeners, collide } from './listen.ts'
import { readKeyPair } from './pem.ts'
import { faultAt, placeOf, type Scope } from './scope.ts'
import type { NamedSecret } from './secrets.ts'

export interface BuiltAdmin {
  /** Null: nowhere, or reported. */
  readonly admin: AdminSettings | null
  /** Its token, as one of the secrets that must be strong and serve nothing else. */
  readonly opening: readonly NamedSecret[]
}

const path = ['admin']

/** `admin` as an address alone, as a mapping, or `false`. */
export function buildAdmin(scope: Scope, listeners: BuiltListeners | null): BuiltAdmin {
  const admin = readAdmin(scope)
  if (admin === null) return { admin, opening: [] }
  const other = listeners?.find(({ settings }) => collide(admin, settings))
  if (other !== undefined) faultAt(scope, path, `is the same address and port as \`${pathText(other.path)}\``)
  const { token, tls, host } = admin
  if (token === null) return { admin, opening: [] }
  if (tls.length === 0 && !isLoopback(host)) {
    const message =
      'would pass a network in the clear, and so would the secrets of keys: add `tls`, or let `address` be on loopback (127.0.0.1, "[::1]")'
    faultAt(scope, [...path, 'token'], message)
  }
  return { admin, opening: [{ purpose: 'admin', path: [...path, 'token'], secret: token }] }
}

function readAdmin(scope: Scope): AdminSettings | null {
  const node = nodeAt(scope.root, path)
  if (node?.kind !== 'map') {
    const plain = checkValue(adminForm, node, placeOf(scope, path))
    return plain.ok && plain.value !== false ? { ...plain.value.address, tls: [], token: null } : null
  }
  const { address, tls = [], token = null } = checkKeys(adminKeys, placeOf(scope, path))
  const pairs = tls.map((pair, index) => readKeyPair(scope, [...path, 'tls', index], pair))
  if (address === undefined) return null
  return { ...address, tls: pairs.filter((pair) => pair !== null), token }
}

/** A name that begins elsewhere and ends in `localhost` is what a resolver makes of it. */
function isLoopback(host: string): boolean {
  return host === '::1' || host === 'localhost' || /^127(?:\.\d{1,3}){3}$/.test(host)
}
