import { isExactThroughout, isObject, type Json } from '../../../core/json.ts'
import { repeatedName } from '../../../core/json-names.ts'
import { toJsonObject } from '../../../core/json-object.ts'
import { showOwn } from '../../../core/show.ts'
import { type KeyProblem, problemOf } from './problem.ts'

export type SentObject = Readonly<Record<string, Json>>

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** The one JSON object of a body, or what is wrong with it. What two programs may read in two ways is refused. */
export function readSentObject(bytes: Buffer): SentObject | KeyProblem {
  const text = decode(bytes)
  if (text === null) return unreadable('is no UTF-8 text')
  const parsed = parse(text)
  if (parsed === undefined) return unreadable('is no JSON')
  if (!isObject(parsed)) return unreadable('expected a JSON object')
  const twice = repeatedName(text)
  if (twice !== null) return problemOf([{ field: showOwn(twice, 100), message: 'stands there twice' }])
  if (hasProto(parsed)) return problemOf([{ field: '__proto__', message: 'is the name of no member' }])
  const own = toJsonObject(parsed)
  if (own === null) return unreadable('is nested too deeply, or holds a number that nothing can keep')
  return isExactThroughout(own) ? own : unreadable('holds a number beyond 2^53-1: write it as a text')
}

function decode(bytes: Buffer): string | null {
  try {
    return utf8.decode(bytes)
  } catch {
    return null
  }
}

/** Undefined for what is none; `null` is JSON. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** By a list and no recursion: how deep it is nested is not judged yet. */
function hasProto(parsed: unknown): boolean {
  const open: unknown[] = [parsed]
  for (let one = open.pop(); one !== undefined; one = open.pop()) {
    if (typeof one !== 'object' || one === null) continue
    if (Object.hasOwn(one, '__proto__')) return true
    open.push(...Object.values(one))
  }
  return false
}

function unreadable(message: string): KeyProblem {
  return problemOf([{ field: 'body', message }])
}
