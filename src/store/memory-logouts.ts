import { limits } from '../core/limits/table.ts'
import type { ProviderLogout } from '../core/ports.ts'
import { isMeant, type LoggedOutSession, logoutMarkSeconds } from '../core/session/provider-logout.ts'
import type { EpochSeconds } from '../core/session/session.ts'

/** Logouts at providers, for sessions that are saved after them. Bounded: of more, the first are forgotten. */
export interface MemoryLogouts {
  add(logout: ProviderLogout): void
  ends(session: LoggedOutSession): boolean
  purge(now: EpochSeconds): void
  clear(): void
}

export function createMemoryLogouts(most: number = limits.logoutMarks): MemoryLogouts {
  /** In the order in which they came, and by whom they mean. */
  const logouts = new Set<ProviderLogout>()
  const byPerson = new Map<string, Set<ProviderLogout>>()

  function forget(logout: ProviderLogout): void {
    logouts.delete(logout)
    const person = personOf(logout.issuer, logout)
    byPerson.get(person)?.delete(logout)
    if (byPerson.get(person)?.size === 0) byPerson.delete(person)
  }

  return {
    add(logout) {
      const [oldest] = logouts.size >= most ? logouts : []
      if (oldest !== undefined) forget(oldest)
      logouts.add(logout)
      const person = personOf(logout.issuer, logout)
      byPerson.set(person, (byPerson.get(person) ?? new Set()).add(logout))
    },
    ends(session) {
      const { issuer, subject, sid } = session
      const found = [personOf(issuer, { subject, sid }), personOf(issuer, { subject: null, sid })]
      return found.some((person) => [...(byPerson.get(person) ?? [])].some((one) => isMeant(one, session)))
    },
    purge(now) {
      for (const logout of logouts) if (logout.at + logoutMarkSeconds <= now) forget(logout)
    },
    clear() {
      logouts.clear()
      byPerson.clear()
    },
  }
}

/** By `sid` alone only where no subject is named. */
function personOf(issuer: string, { subject, sid }: Pick<ProviderLogout, 'subject' | 'sid'>): string {
  return JSON.stringify(subject === null ? [issuer, null, sid] : [issuer, subject])
}
