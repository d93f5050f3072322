import { type AccessCounts, accessKinds } from './access-counts.ts'
import { isObject, parseJson } from './json.ts'

/** What served last, kept in the store so that the next start can say what it takes the place of. */
export interface ServedRecord {
  readonly version: string
  readonly digest: string
  readonly access: AccessCounts
}

const format = 1

export function encodeServed(record: ServedRecord): string {
  return JSON.stringify({ format, ...record })
}

/** A record from the store, which whoever can write there may have made up. Null for one that is none. Never throws. */
export function decodeServed(text: string): ServedRecord | null {
  const found = parseJson(text)
  if (!isObject(found) || found.format !== format) return null
  const { version, digest, access } = found
  if (typeof version !== 'string' || !/^[\w.+-]{1,64}$/.test(version)) return null
  if (typeof digest !== 'string' || !/^sha256:[0-9a-f]{64}$/.test(digest)) return null
  if (!isObject(access) || !accessKinds.every((kind) => isCount(access[kind]))) return null
  const count = (kind: (typeof accessKinds)[number]) => Number(access[kind])
  return {
    version,
    digest,
    access: {
      anyone: count('anyone'),
      maybe_signed_in: count('maybe_signed_in'),
      signed_in: count('signed_in'),
      rule: count('rule'),
      nobody: count('nobody'),
    },
  }
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 0
}
