// The refresh tokens of a provider (RFC 6749 6, RFC 9700 4.14.2): families, rotation, and the alarm when one that was
// spent comes again. A test changes how it goes at will.

/** Whose tokens they are, and of which sign-in. */
export interface Granted {
  readonly clientId: string
  readonly subject: string
  readonly nonce: string | null
  /** What the authorization request asked for. */
  readonly asked: URLSearchParams
}

export interface RefreshTokens {
  /** Whether the answer to a code brings one. False at first. */
  issues: boolean
  /** Whether each use brings a new one, and spends the old one. */
  rotates: boolean
  /** Whether a spent one that comes again ends the family; else it is refused alone. */
  detectsReuse: boolean
  /** Rotates, and knows nothing of what it gave: the next use is refused. */
  forgets: boolean
  /** Whether the answer brings an ID token (OpenID Connect Core 12.2: it may). */
  bringsIdToken: boolean
  /** Uses that were answered with tokens. */
  readonly used: number
  /** How often a spent one came again. */
  readonly alarms: number
  /** Families that have not ended. */
  readonly families: number
  /** Every one that came to the token endpoint, in order, known or not. */
  readonly came: readonly string[]
  /** Every one that the revocation endpoint was sent (RFC 7009), in order, known or not. */
  readonly revoked: readonly string[]
  /** The one of a family that would be taken now. */
  current(subject: string): string | null
  /** An administrator ends those of one person. */
  end(subject: string): void
  /** An administrator ends every family: what comes then is `invalid_grant`. */
  endAll(): void
}

/** The same, as the provider itself keeps it. */
export interface RefreshTokenBooks extends RefreshTokens {
  /** The first of a family; null: none is issued. */
  issue(granted: Granted): string | null
  /** Null: `invalid_grant`. */
  use(
    token: string,
  ): { readonly granted: Granted; readonly token: string | null; readonly use: number } | null
  revoke(token: string): void
}

interface Family {
  readonly number: number
  readonly granted: Granted
  uses: number
  /** Null: it ended. */
  current: string | null
  readonly spent: Set<string>
}

export function createRefreshTokens(): RefreshTokenBooks {
  const all: Family[] = []
  const came: string[] = []
  const revoked: string[] = []
  const numbers = { used: 0, alarms: 0 }
  const nameOf = ({ number, granted, uses }: Family): string =>
    `refresh-token-of-${granted.subject}-${number}-${uses}`
  const familyOf = (token: string): Family | undefined =>
    all.find(({ current, spent }) => current === token || spent.has(token))

  const books: RefreshTokenBooks = {
    issues: false,
    rotates: true,
    detectsReuse: true,
    forgets: false,
    bringsIdToken: true,
    get used() {
      return numbers.used
    },
    get alarms() {
      return numbers.alarms
    },
    get families() {
      return all.filter(({ current }) => current !== null).length
    },
    came,
    revoked,
    current: (subject) =>
      all.findLast(({ granted, current }) => granted.subject === subject && current !== null)?.current ??
      null,
    end: (subject) => {
      for (const family of all) if (family.granted.subject === subject) family.current = null
    },
    endAll: () => {
      for (const family of all) family.current = null
    },
    issue: (granted) => {
      if (!books.issues) return null
      const family: Family = { number: all.length + 1, granted, uses: 0, current: null, spent: new Set() }
      family.current = nameOf(family)
      all.push(family)
      return family.current
    },
    use: (token) => {
      came.push(token)
      const family = familyOf(token)
      if (family === undefined) return null
      if (family.current !== token) {
        if (family.spent.has(token)) numbers.alarms += 1
        if (books.detectsReuse) family.current = null
        return null
      }
      numbers.used += 1
      family.uses += 1
      const answered = { granted: family.granted, use: family.uses }
      if (!books.rotates) return { ...answered, token: null }
      family.spent.add(token)
      const next = nameOf(family)
      family.current = books.forgets ? null : next
      return { ...answered, token: next }
    },
    revoke: (token) => {
      revoked.push(token)
      const family = familyOf(token)
      if (family !== undefined) family.current = null
    },
  }
  return books
}
