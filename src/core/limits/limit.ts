/** Whose use a limit bounds. */
export type Scope =
  | 'request'
  | 'connection'
  | 'client network'
  | 'session'
  | 'person'
  | 'upstream'
  | 'provider'
  | 'process'

export interface Limit {
  readonly scope: Scope
  /** In the unit that ends its name: `Bytes`, `Ms`, `Seconds`; else a count of what the name says. */
  readonly most: number
  /** One sentence: what it bounds, and what happens beyond it. */
  readonly says: string
}

export const KiB = 1024
export const MiB = 1024 * KiB

/** A row of the table. */
export function of(scope: Scope, most: number, says: string): Limit {
  return { scope, most, says }
}

/** The numbers of a table alone, by name. */
export function numbersOf<N extends string>(table: Readonly<Record<N, Limit>>): Readonly<Record<N, number>> {
  const numbers: Partial<Record<N, number>> = {}
  for (const name in table) numbers[name] = table[name].most
  return numbers as Readonly<Record<N, number>>
}
