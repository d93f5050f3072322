import type { ApiKey } from '../../core/keys/api-key.ts'
import { decodeApiKey, isTooLarge } from '../../core/keys/api-key-record.ts'
import { keyOriginFault } from '../../core/keys/key-origins.ts'
import { limits } from '../../core/limits/table.ts'
import { showOwn } from '../../core/show.ts'
import { type ConfigNode, type ConfigPath, nodeAt, toPlain } from '../node.ts'
import type { Hosts } from './origin.ts'
import { faultAt, namesOf, type Scope } from './scope.ts'

/** Each is looked at when the file is read, at every reload: more of them belong into the store. */
const mostKeys = 10_000

/** A key and where it stands. */
export interface KeyInFile {
  readonly key: ApiKey
  readonly at: ConfigPath
  /** Of several in one text, the line; for messages. */
  readonly line: number | null
}

type WrittenKey = Omit<KeyInFile, 'key'> & { readonly key: ApiKey | null }

/**
 * `api_keys.keys`: a list whose members are keys as `claimgate keys create --print` writes them, or texts with such keys, one
 * a line; or one such text, such as a file put in. Null when something was faulty, and reported. What a key holds
 * is never printed.
 */
export function readKeysInFile(
  scope: Scope,
  path: ConfigPath,
  prefixes: readonly string[],
): readonly KeyInFile[] | null {
  const node = nodeAt(scope.root, path)
  if (node === undefined) return []
  const members = node.kind === 'list' ? node.items : [node]
  const written = members.flatMap((member, index) =>
    readMember(member, node.kind === 'list' ? [...path, index] : path),
  )
  if (written.length > mostKeys) {
    faultAt(scope, path, `are more than ${mostKeys}: keep them in the store`)
    return null
  }
  const ids = new Set<string>()
  const apps = namesOf(scope, ['apps'])
  let isFaulty = false
  for (const one of written) {
    const fault = faultOf(one.key, { prefixes, ids, apps })
    if (one.key !== null) ids.add(one.key.id)
    if (fault === null) continue
    isFaulty = true
    faultAtKeyInFile(scope, one, fault)
  }
  return isFaulty ? null : written.flatMap(({ key, at, line }) => (key === null ? [] : [{ key, at, line }]))
}

/** What their origins may not be, once it is known which apps there are. */
export function checkOriginsInFile(scope: Scope, keys: readonly KeyInFile[], hosts: Hosts): void {
  for (const one of keys) {
    const { origins } = one.key
    if (origins.length > limits.keyOrigins)
      faultAtKeyInFile(scope, one, `has more than ${limits.keyOrigins} \`origins\``)
    for (const origin of origins) {
      const fault = keyOriginFault(origin, hosts)
      if (fault !== null)
        faultAtKeyInFile(scope, one, `has the origin "${showOwn(origin, 100)}", which ${fault}`)
    }
  }
}

function faultAtKeyInFile(scope: Scope, { at, line }: Omit<WrittenKey, 'key'>, fault: string): void {
  faultAt(scope, at, line === null ? fault : `line ${line} ${fault}`)
}

function readMember(node: ConfigNode, at: ConfigPath): readonly WrittenKey[] {
  if (node.kind === 'map')
    return [{ key: decodeApiKey(JSON.stringify(toPlain(node, new Map()))), at, line: null }]
  if (node.kind !== 'scalar' || typeof node.value !== 'string') return [{ key: null, at, line: null }]
  const lines = node.value.split(/\r?\n/)
  return lines.flatMap((text, index) => {
    if (text.trim() === '' || text.startsWith('#')) return []
    return [{ key: decodeApiKey(text), at, line: lines.length === 1 ? null : index + 1 }]
  })
}

interface KnownNames {
  readonly prefixes: readonly string[]
  /** Of the keys before. */
  readonly ids: ReadonlySet<string>
  readonly apps: readonly string[]
}

function faultOf(key: ApiKey | null, { prefixes, ids, apps }: KnownNames): string | null {
  if (key === null) return 'is no key as `claimgate keys create --print` writes it'
  if (isTooLarge(key)) return 'is too large for a key'
  if (key.owner.kind === 'person')
    return 'is a person’s key: those sleep and wake with the person’s sign-ins, and are kept in the store'
  if (ids.has(key.id)) return 'has the id of a key before it'
  if (!prefixes.includes(key.prefix)) return 'begins with none of `api_keys.prefix`'
  const unknown = key.apps?.find((name) => !apps.includes(name))
  return unknown === undefined ? null : `is for the app "${showOwn(unknown)}", which does not exist`
}
