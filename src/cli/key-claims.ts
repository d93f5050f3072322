import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { errorCode } from '../core/error-code.ts'
import { isExactThroughout, type Json } from '../core/json.ts'
import { repeatedName } from '../core/json-names.ts'
import { readJsonObject } from '../core/json-object.ts'
import { printable } from './session-list.ts'

export type ReadClaims =
  | { readonly ok: true; readonly claims: Readonly<Record<string, Json>> }
  | { readonly ok: false; readonly reason: string }

/**
 * The claims that `--claims` says: files with a JSON object, and texts as `plan=paid`. A claim that is said twice is
 * refused, whoever says it: nobody knows which is meant. What is wrong names no value.
 */
export function readClaimOptions(written: readonly string[], cwd: string): ReadClaims {
  const claims = new Map<string, Json>()
  for (const one of written) {
    const read = one.includes('=') ? readText(one) : readFile(one, cwd)
    if (!read.ok) return read
    for (const [name, value] of Object.entries(read.claims)) {
      if (name === '__proto__') return wrong('"__proto__" is never looked up')
      if (claims.has(name)) return wrong(`${printable(name)} is said twice; a list stands in a file`)
      claims.set(name, value)
    }
  }
  return { ok: true, claims: Object.fromEntries(claims) }
}

/** A number or a boolean that is written so is a text: where another kind is meant, it stands in a file. */
function readText(text: string): ReadClaims {
  const at = text.indexOf('=')
  const [name, value] = [text.slice(0, at), text.slice(at + 1)]
  if (name === '' || value === '') return wrong('expected a file or NAME=TEXT, such as plan=paid')
  return { ok: true, claims: Object.fromEntries([[name, value]]) }
}

function readFile(file: string, cwd: string): ReadClaims {
  const text = readOrReason(resolve(cwd, file))
  if (!text.ok) return wrong(`the file ${printable(file)} cannot be read (${text.reason})`)
  const claims = readJsonObject(text.text)
  if (claims === null) return wrong(`the file ${printable(file)} holds no JSON object`)
  if (text.text.includes('"__proto__"')) return wrong('"__proto__" is never looked up')
  const twice = repeatedName(text.text)
  if (twice !== null) return wrong(`the file ${printable(file)} names ${printable(twice)} twice`)
  if (!isExactThroughout(claims))
    return wrong(`the file ${printable(file)} holds a number beyond 2^53-1: write it as a text`)
  return { ok: true, claims }
}

function readOrReason(
  path: string,
): { readonly ok: true; readonly text: string } | { readonly ok: false; readonly reason: string } {
  try {
    return { ok: true, text: readFileSync(path, 'utf8') }
  } catch (thrown) {
    return { ok: false, reason: errorCode(thrown) ?? 'unknown' }
  }
}

function wrong(reason: string): ReadClaims {
  return { ok: false, reason: `--claims: ${reason}` }
}
