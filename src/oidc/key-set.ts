import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto'
import { ProviderFault } from '../core/fault.ts'
import { isList, isObject } from '../core/json.ts'
import { type JsonObject, readJsonObject } from '../core/json-object.ts'
import { limits } from '../core/limits/table.ts'
import { algorithmsOfJwk } from '../core/signature-algorithm.ts'
import { quote } from './quote.ts'
import type { Transport } from './transport.ts'

/** A key that may verify signatures. */
export interface VerificationKey {
  readonly kid: string | null
  /** The JWS algorithms that it can be used with: one, when the provider said so, else all of its kind. */
  readonly algorithms: readonly string[]
  readonly key: KeyObject
}

export interface KeySet {
  readonly keys: readonly VerificationKey[]
  /** Why keys were left out, for the operator; keys for other uses are no news and not named. */
  readonly ignored: readonly string[]
}

const minRsaBits = 2048
/** All members that only private or symmetric keys have (RFC 7518 6, RFC 8037 2). */
const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv']

export async function fetchKeySet(jwksUri: string, transport: Transport): Promise<KeySet> {
  const headers = { accept: 'application/json, application/jwk-set+json' }
  const answer = await transport.request(jwksUri, { headers })
  if (answer.status !== 200) throw invalid(`${jwksUri}: answered ${answer.status}, expected 200`)
  const document = readJsonObject(await answer.text())
  if (document === null) throw invalid(`${jwksUri}: the answer is no JSON object`)
  return readKeySet(document)
}

/** RFC 7517. Unusable keys are left out; a document without a single usable key throws `ProviderFault`. */
export function readKeySet(document: JsonObject): KeySet {
  const members = document.keys
  if (members === undefined || !isList(members)) throw invalid('the key set has no list of keys')
  if (members.length > limits.providerKeys)
    throw invalid(`the key set has ${members.length} keys, at most ${limits.providerKeys} are read`)
  const keys: VerificationKey[] = []
  const ignored: string[] = []
  for (const member of members) {
    const read = isObject(member) ? readKey(member) : { problem: 'a key is no JSON object' }
    if (read === null) continue
    if ('problem' in read) ignored.push(read.problem)
    else keys.push(read)
  }
  if (keys.length === 0) throw invalid(['the key set has no usable key', ...ignored].join('; '))
  return { keys, ignored }
}

/** Null: a key for something else. */
function readKey(jwk: JsonObject): VerificationKey | { readonly problem: string } | null {
  const name = `the key with kid ${quote(jwk.kid)}`
  if (jwk.use !== undefined && jwk.use !== 'sig') return null
  if (Array.isArray(jwk.key_ops) && !jwk.key_ops.includes('verify')) return null
  if (privateMembers.some((member) => Object.hasOwn(jwk, member)))
    return { problem: `${name} is no public key; whoever reads it can sign with it` }
  const possible: readonly string[] = algorithmsOfJwk(jwk)
  if (possible.length === 0) return null
  const algorithms = jwk.alg === undefined ? possible : possible.filter((algorithm) => algorithm === jwk.alg)
  if (algorithms.length === 0) return null
  if (jwk.kid !== undefined && typeof jwk.kid !== 'string')
    return { problem: `${name} has a kid that is no string` }
  const key = importKey(jwk)
  if (key === null) return { problem: `${name} cannot be read` }
  const bits = key.asymmetricKeyDetails?.modulusLength
  if (bits !== undefined && (bits < minRsaBits || bits > limits.providerKeyBits))
    return { problem: `${name} has ${bits} bits, ${minRsaBits} to ${limits.providerKeyBits} are accepted` }
  return { kid: jwk.kid ?? null, algorithms, key }
}

function importKey(jwk: JsonObject): KeyObject | null {
  const key: JsonWebKey = {}
  for (const member of ['kty', 'crv', 'n', 'e', 'x', 'y'] as const) {
    const value = jwk[member]
    if (typeof value === 'string') key[member] = value
  }
  // A long exponent makes a verification as slow as its author likes; all that are in use have 17 bits.
  if (key.e !== undefined && key.e.length > 6) return null
  try {
    return createPublicKey({ key, format: 'jwk' })
  } catch {
    return null
  }
}

function invalid(message: string): ProviderFault {
  return new ProviderFault('PROVIDER_KEYS_INVALID', message)
}
