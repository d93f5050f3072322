import { limits } from '../limits/table.ts'

/** What the person asked for beyond signing in. */
export interface AuthorizationWish {
  /** To be asked who they are, though the provider knows: `prompt` (OIDC Core 3.1.2.1). */
  readonly otherAccount: boolean
  /** What the link to `/.auth/login` brought, of what the provider's `pass_parameters` lists. */
  readonly passed: ReadonlyMap<string, string>
}

/** Nothing beyond signing in. */
export const plainWish: AuthorizationWish = { otherAccount: false, passed: new Map() }

/**
 * What is kept of a wish, for an attempt that has to begin again; null where nothing was asked for. Parameters that
 * take more than a cookie has room for are left out, all of them.
 */
export function keptWish({ otherAccount, passed }: AuthorizationWish): AuthorizationWish | null {
  const fits = Buffer.byteLength(JSON.stringify([...passed])) <= limits.transactionPassedBytes
  const kept = fits ? passed : plainWish.passed
  return otherAccount || kept.size > 0 ? { otherAccount, passed: kept } : null
}

/** As it is sealed. */
export function encodeWish({ otherAccount, passed }: AuthorizationWish): readonly unknown[] {
  return [otherAccount, ...[...passed].flat()]
}

/** Null: it is none. */
export function decodeWish(value: unknown): AuthorizationWish | null {
  if (!Array.isArray(value)) return null
  const [otherAccount, ...texts]: unknown[] = value
  if (typeof otherAccount !== 'boolean' || texts.length % 2 !== 0) return null
  const passed = new Map<string, string>()
  for (let at = 0; at < texts.length; at += 2) {
    const [name, text] = [texts[at], texts[at + 1]]
    if (typeof name !== 'string' || typeof text !== 'string') return null
    passed.set(name, text)
  }
  return { otherAccount, passed }
}
