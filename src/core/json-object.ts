import { isObject, type Json, parseJson } from './json.ts'
import { limits } from './limits/table.ts'

export type JsonObject = { readonly [key: string]: Json }

/**
 * A JSON document from outside as data of our own: objects with own properties only, `__proto__` dropped, at most
 * 32 levels deep. Null when the text is no JSON object, or a deeper one, or holds a number that nothing can keep. Never
 * throws.
 */
export function readJsonObject(text: string): JsonObject | null {
  return toJsonObject(parseJson(text))
}

/** The same of what `parseJson` made of a text. */
export function toJsonObject(parsed: unknown): JsonObject | null {
  try {
    const value = toJson(parsed, limits.providerJsonDepth)
    return isObject(value) ? value : null
  } catch {
    return null
  }
}

function toJson(value: unknown, depth: number): Json {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value
  if (typeof value === 'number') return finite(value)
  if (depth === 0 || typeof value !== 'object') throw new RangeError('no JSON, or nested too deeply')
  if (Array.isArray(value)) return value.map((member) => toJson(member, depth - 1))
  // fromEntries defines properties and sets none, so no key can reach a prototype. `__proto__` goes all the same:
  // somebody may assign from it later.
  const entries = Object.entries(value).filter(([key]) => key !== '__proto__')
  return Object.fromEntries(entries.map(([key, member]) => [key, toJson(member, depth - 1)]))
}

/** `1e400` is read as infinity, which a session that is stored would have as `null`: another claim than was sent. */
function finite(value: number): number {
  if (!Number.isFinite(value)) throw new RangeError('a number beyond what can be kept')
  return value
}
