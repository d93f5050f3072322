/** The release of mod_auth_openidc that a configuration was written for: its defaults changed more than once. */
export type Version = readonly number[]

/** What is assumed when nobody says: the newest whose behaviour is written down here. */
export const newest: Version = [2, 4, 20]

/** Null for what is no version of 2.x. */
export function readVersion(text: string): Version | null {
  return /^2(?:\.\d{1,3}){1,3}$/.test(text) ? text.split('.').map(Number) : null
}

export function isAtLeast(version: Version, other: Version): boolean {
  for (const [index, part] of other.entries()) {
    const difference = (version[index] ?? 0) - part
    if (difference !== 0) return difference > 0
  }
  return true
}

/** JSON numbers with a fraction and `null` are compared since then. */
export const comparesReals: Version = [2, 4, 15, 4]
/** Since then X-Forwarded-* counts only where `OIDCXForwardedHeaders` names it. */
export const asksForForwarded: Version = [2, 4, 11]
/** PKCE by default, and header values in latin-1. */
export const latin1: Version = [2, 4, 15]
