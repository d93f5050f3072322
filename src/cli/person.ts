import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { errorCode } from '../core/error-code.ts'
import type { Gateway } from '../core/gateway.ts'
import { isObject, parseJson } from '../core/json.ts'
import { toJsonObject } from '../core/json-object.ts'
import type { Claims } from '../core/rules/claims.ts'
import type { Io } from './command.ts'

export type Reading<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly reason: string }

/** A person's claims: one JSON object, from a file or, as `-`, from the standard input. */
export async function readClaims(file: string, io: Io): Promise<Reading<Claims>> {
  const text = await readText(file, io)
  if (!text.ok) return text
  const value = parseJson(text.value)
  if (isObject(value)) return toClaims(value, file)
  const found = value === null ? 'no JSON' : 'no object'
  return {
    ok: false,
    reason: `${file} holds ${found}; claims are written {"sub": "alice", "groups": ["admins"]}`,
  }
}

/** Claims as a provider may send them; `place` is where these stand, for the fault. */
export function toClaims(value: unknown, place: string): Reading<Claims> {
  const claims = toJsonObject(value)
  if (claims !== null) return { ok: true, value: claims }
  const reason = `${place}: a number beyond what can be kept, or lists and objects nested too deeply: a sign-in with such claims fails`
  return { ok: false, reason }
}

/** A file as UTF-8, or the standard input. */
export async function readText(file: string, io: Io): Promise<Reading<string>> {
  if (file === '-') return { ok: true, value: await io.stdin() }
  try {
    return { ok: true, value: await readFile(resolve(io.cwd, file), 'utf8') }
  } catch (error) {
    const code = errorCode(error) ?? 'unreadable'
    return { ok: false, reason: `${file} cannot be read: ${code === 'ENOENT' ? 'no such file' : code}` }
  }
}

/** With whom somebody signed in: as asked for, or the only one there is. `accepted` are those that the page accepts. */
export function chooseProvider(
  gateway: Gateway,
  asked: string | null,
  accepted: readonly string[],
): Reading<string> {
  const known = [...gateway.providers.keys()]
  if (asked !== null) {
    if (gateway.providers.has(asked)) return { ok: true, value: asked }
    return { ok: false, reason: `there is no provider "${asked}"; there is ${known.join(', ')}` }
  }
  const [only] = accepted
  if (only !== undefined && accepted.length === 1) return { ok: true, value: only }
  return { ok: false, reason: `whose claims are they? Say --provider NAME, one of ${accepted.join(', ')}` }
}
