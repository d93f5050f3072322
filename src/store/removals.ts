import type { Statements } from './sqlite-statements.ts'

/** Knows how many sessions were ever removed from the file, and tells removals by others from our own. */
export interface Removals {
  /** We removed so many ourselves: no news to us. */
  ours(count: number): void
  /** Whether another process removed a session since the last look. Additions and touches do not count. */
  look(): boolean
}

export function createRemovals(statements: Pick<Statements, 'dataVersion' | 'removals'>): Removals {
  const readVersion = () => statements.dataVersion.get()?.data_version
  const readCount = () => Number(statements.removals.get()?.count)
  let version = readVersion()
  let known = readCount()
  return {
    ours(count) {
      // Added, not read anew: a removal by another process in between still makes the file's count the higher one.
      known += count
    },
    look() {
      const current = readVersion()
      if (current === version) return false
      const count = readCount()
      const news = count !== known
      version = current
      known = count
      return news
    },
  }
}
