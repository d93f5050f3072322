import type { Effect } from './effect.ts'

/** What a file says under one name: a text that is compared; or one of which it is known what lets in more. */
export type Fact = string | MeasuredFact

export interface MeasuredFact {
  readonly text: string
  /** By name how much of it is let in, or for how long: more is looser. */
  readonly lets: Readonly<Record<string, number>>
  /** How much of what is not named. */
  readonly otherwise: 'all' | 'nothing'
}

export type Facts = ReadonlyMap<string, Fact>

/** Facts by name; those that are null are not there. */
export function named(facts: Readonly<Record<string, Fact | null>>): Facts {
  return new Map(Object.entries(facts).flatMap(([name, fact]) => (fact === null ? [] : [[name, fact]])))
}

export function textOf(fact: Fact | null): string | null {
  return typeof fact === 'string' || fact === null ? fact : fact.text
}

/** Each of the list lets somebody in; null for an empty one. */
export function anyOf(list: readonly string[], none: string | null = null): Fact | null {
  if (list.length === 0 && none === null) return null
  const lets = Object.fromEntries(list.map((one) => [one, 1]))
  return { text: list.length === 0 ? (none ?? '') : list.join(' '), lets, otherwise: 'nothing' }
}

/** Each of the list keeps somebody out. */
export function allOf(list: readonly string[]): Fact | null {
  if (list.length === 0) return null
  return { text: list.join(' '), lets: Object.fromEntries(list.map((one) => [one, 0])), otherwise: 'all' }
}

/** A number of which more lets in more, or for longer; null: without end. */
export function amount(count: number | null, unit: string): Fact {
  const text = count === null ? 'without end' : `${count}${unit}`
  return { text, lets: { amount: count ?? Infinity }, otherwise: 'nothing' }
}

/** True lets in more than false. */
export function permission(given: boolean): Fact {
  return { text: String(given), lets: { given: given ? 1 : 0 }, otherwise: 'nothing' }
}

/** What a change does; null: neither, or it is not known. */
export function effectOf(before: Fact | null, after: Fact | null): Effect | null {
  const known = [before, after].find((fact) => fact !== null && typeof fact !== 'string')
  if (known === undefined || known === null || typeof known === 'string') return null
  if (typeof before === 'string' || typeof after === 'string') return null
  const [was, is] = [before?.lets ?? {}, after?.lets ?? {}]
  const otherwise = known.otherwise === 'all' ? Infinity : 0
  const names = [...new Set([...Object.keys(was), ...Object.keys(is)])]
  const pairs = names.map((name) => [was[name] ?? otherwise, is[name] ?? otherwise] as const)
  const looser = pairs.some(([one, other]) => other > one)
  const stricter = pairs.some(([one, other]) => other < one)
  if (looser) return stricter ? 'both' : 'looser'
  return stricter ? 'stricter' : null
}
