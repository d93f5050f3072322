import { createHash } from 'node:crypto'
import type { ConfigNode, ConfigPath } from './node.ts'
import { holdsSecret } from './secret-keys.ts'

/**
 * What may be missing around a file that is only asked about: its secrets, keys and certificates; these but for
 * what says where sessions are, and the key of the log's hashes; those of providers and apps alone, where the store is
 * asked; or whatever `${env:…}` and `${file:…}` put in but for what rules hold. Whoever serves needs all of it.
 */
export type MadeUp = 'secrets' | 'secrets-but-log' | 'secrets-of-others' | 'all-but-rules'

/**
 * Whether a made-up text may stand for what is missing at a path. Never in what decides about people: a rule that
 * became another one because a file is missing would be answered for as if it were the one that is meant.
 */
export function mayBeMadeUp(path: ConfigPath, madeUp: MadeUp | undefined): boolean {
  switch (madeUp) {
    case undefined:
      return false
    case 'secrets':
      return holdsSecret(path) || holdsKey(path)
    case 'secrets-but-log':
      return path[0] !== 'log' && !isOfStore(path) && (holdsSecret(path) || holdsKey(path))
    case 'secrets-of-others':
      return !isOfStores(path) && (holdsSecret(path) || holdsKey(path))
    case 'all-but-rules':
      return !isOfRules(path)
  }
}

/** Long and irregular enough for a secret; the same for one name on every run. */
export function madeUpText(name: string): string {
  return createHash('sha256').update(name).digest('base64url')
}

function isOfStore([top, key]: ConfigPath): boolean {
  return (top === 'session' || top === 'api_keys') && key === 'store'
}

/** All that is read to ask a store across a network. */
function isOfStores([top]: ConfigPath): boolean {
  return top === 'log' || top === 'session' || top === 'api_keys'
}

/** Whether a whole value is what stands in for a variable or a file that is missing. */
export function isStandIn(node: ConfigNode, madeUp: MadeUp | undefined): boolean {
  if (madeUp === undefined || node.kind !== 'scalar') return false
  const [, name] = /^\$\{(?:env|file):([^}]*)\}$/.exec(node.source) ?? []
  return name !== undefined && node.value === madeUpText(name)
}

/** Keys, certificates and authorities, as text or as the name of a file. */
function holdsKey([top, ...within]: ConfigPath): boolean {
  if (top === 'signing_keys') return true
  if (top === 'listen') return within.some((key) => key === 'tls' || key === 'client_ca')
  if (top === 'admin') return within[0] === 'tls'
  if (top === 'session' || top === 'api_keys') return within[0] === 'store' && keysOfStore.has(within[2])
  if (top === 'providers') return keysOfProvider.has(within[1])
  if (top === 'client_certificates') return within[2] === 'ca_file' || within[2] === 'crl_file'
  const ofApp = top === 'apps' ? within.slice(1) : top === 'defaults' ? within : []
  return ofApp[0] === 'upstream' && (ofApp[1] === 'ca_file' || ofApp[1] === 'client_certificate')
}

const keysOfStore: ReadonlySet<string | number | undefined> = new Set(['ca_file', 'certificate', 'key'])

const keysOfProvider: ReadonlySet<string | number | undefined> = new Set([
  'client_key',
  'client_certificate',
  'ca_file',
])

function isOfRules(path: ConfigPath): boolean {
  if (path[0] === 'policies' || path[0] === 'trusted_proxies') return true
  if (path[0] === 'api_keys') return path[1] === 'keys' || path[1] === 'self_service'
  if (path[0] !== 'apps' && path[0] !== 'defaults') return false
  return path.some((key) => ofRules.has(key))
}

/** Where a location is, and for which methods, says as much as its rule of what is open. */
const ofRules: ReadonlySet<string | number> = new Set(['require', 'identity_headers', 'path', 'methods'])
