import type { EpochSeconds } from '../session/session.ts'
import type { ChainCertificate, OpenAuthority, OwnList } from './authority.ts'

/** Why a certificate does not count whose chain TLS has verified. */
export type ChainRefusal =
  /** No way of signatures leads from it to an authority. */
  | 'untrusted'
  /** It leads to several authorities: nobody knows by which one TLS let it pass. */
  | 'several-authorities'
  | 'revoked'
  /** The authority has lists, and none is of who issued a certificate of the chain. */
  | 'no-list'
  /** There is one, and its time is over or has not begun. */
  | 'list-ended'

export type ChainVerdict =
  | { readonly ok: true; readonly authority: string }
  | { readonly ok: false; readonly refusal: ChainRefusal; readonly authority: string | null }

/**
 * Of which authority a certificate is whose chain TLS verified against all authorities together, and whether it was taken
 * back. `shown`: the certificate, then what the client sent with it; bounded by the caller.
 *
 * TLS does not say which chain it verified. So every way of signatures from the certificate to any certificate of any
 * authority is walked, which TLS' own is among: when all lead to one authority it is that one. Along all of them each
 * certificate must be covered by a list in force, and be on none.
 */
export function judgeChain(
  shown: readonly ChainCertificate[],
  authorities: readonly OpenAuthority[],
  now: EpochSeconds,
): ChainVerdict {
  const [leaf, ...sent] = shown
  if (leaf === undefined) return { ok: false, refusal: 'untrusted', authority: null }
  const { reached, links } = walk(leaf, sent, authorities)
  const [authority, ...others] = reached
  if (authority === undefined) return { ok: false, refusal: 'untrusted', authority: null }
  if (others.length > 0) return { ok: false, refusal: 'several-authorities', authority: null }
  const { name, lists } = authority
  const refusals = lists === null ? [] : links.map((link) => revocation(link, lists, now))
  const refusal = worst.find((one) => refusals.includes(one))
  return refusal === undefined ? { ok: true, authority: name } : { ok: false, refusal, authority: name }
}

/** The first that applies is told. */
const worst: readonly ChainRefusal[] = ['revoked', 'list-ended', 'no-list']

/** One certificate, and one that signed it. */
interface Link {
  readonly of: ChainCertificate
  readonly by: ChainCertificate
}

interface Walked {
  readonly reached: readonly OpenAuthority[]
  /** Those of the ways that lead to an authority. */
  readonly links: readonly Link[]
}

function walk(
  leaf: ChainCertificate,
  sent: readonly ChainCertificate[],
  authorities: readonly OpenAuthority[],
): Walked {
  const owned = authorities.flatMap(({ certificates }) => certificates)
  // One that was sent and is the authority's own is that one.
  const candidates = [...owned, ...sent.filter((one) => !owned.some((own) => isSame(own, one)))]
  const above = new Map<ChainCertificate, readonly ChainCertificate[]>()
  const climb = (from: ChainCertificate): void => {
    if (above.has(from)) return
    const issuers = candidates.filter((by) => !isSame(by, from) && issued(by, from))
    above.set(from, issuers)
    for (const by of issuers) climb(by)
  }
  climb(owned.find((own) => isSame(own, leaf)) ?? leaf)
  const arriving = new Set(owned)
  for (let before = -1; before < arriving.size; ) {
    before = arriving.size
    for (const [of, issuers] of above) if (issuers.some((by) => arriving.has(by))) arriving.add(of)
  }
  const links = [...above].flatMap(([of, issuers]) =>
    issuers.filter((by) => arriving.has(by)).map((by): Link => ({ of, by })),
  )
  const reached = authorities.filter(({ certificates }) => certificates.some((one) => above.has(one)))
  return { reached, links }
}

function isSame(one: ChainCertificate, other: ChainCertificate): boolean {
  return one === other || one.certificate.raw.equals(other.certificate.raw)
}

function issued(by: ChainCertificate, of: ChainCertificate): boolean {
  return of.certificate.checkIssued(by.certificate) && of.certificate.verify(by.certificate.publicKey)
}

function revocation({ of, by }: Link, lists: readonly OwnList[], now: EpochSeconds): ChainRefusal | null {
  const own = lists.filter(({ key, issuer }) => key === by.key && issuer === by.subject)
  // A list that has ended still knows what was taken back.
  if (own.some(({ serials }) => serials.has(of.serial))) return 'revoked'
  if (own.some(({ issuedAt, endsAt }) => issuedAt <= now && now < endsAt)) return null
  return own.length > 0 ? 'list-ended' : 'no-list'
}
