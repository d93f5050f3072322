import { Unreadable } from './errors.ts'

/** Replies come from outside: what is not of the form that the command has is taken for nothing. */

/** A bulk or simple string; null for anything else. */
export function textOf(reply: unknown): string | null {
  return typeof reply === 'string' ? reply : null
}

/** A string, or null where nothing is. Throws an Unreadable for anything else: then it is not known whether there is. */
export function textOrNothing(reply: unknown): string | null {
  if (reply === null || typeof reply === 'string') return reply
  throw new Unreadable()
}

/** -1: it is none. */
export function numberOf(reply: unknown): number {
  return typeof reply === 'number' ? reply : -1
}

export function listOf(reply: unknown): readonly unknown[] {
  return Array.isArray(reply) ? reply : []
}

/** The strings of an array; anything else in it is left out. */
export function textsOf(reply: unknown): readonly string[] {
  return listOf(reply).filter((one) => typeof one === 'string')
}

/** The first word of an error reply, in capitals by custom: `NOAUTH`, `MOVED`. Null: it is none. */
export function errorWord(thrown: unknown): string | null {
  if (!(thrown instanceof Error) || thrown.constructor.name !== 'SimpleError') return null
  return /^[A-Z]+\b/.exec(thrown.message)?.[0] ?? null
}
