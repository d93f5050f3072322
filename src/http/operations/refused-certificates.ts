import type { ChainRefusal } from '../../core/certificate/client-chain.ts'
import type { Log } from './log.ts'

/** A certificate that a client showed and that counts as none. */
export interface RefusedCertificate {
  readonly why: ChainRefusal | 'chain-too-long' | 'unreadable'
  /** The authority that it is of; null: of none, or it is not known. */
  readonly authority: string | null
  /** What TLS says of it. */
  readonly detail: string | null
  readonly peer: string | undefined
  /** SHA-256 of its DER in base64url. */
  readonly fingerprint: string
}

const everyMs = 60_000

/** Says it once a minute at most of each reason: whoever shows one shows it with every connection. */
export function noteRefusedCertificates(
  log: Log,
  nowMs: () => number,
): (refused: RefusedCertificate) => void {
  const said = new Map<RefusedCertificate['why'], { atMs: number; count: number }>()
  return ({ why, authority, detail, peer, fingerprint }) => {
    const last = said.get(why) ?? { atMs: Number.NEGATIVE_INFINITY, count: 0 }
    said.set(why, last)
    last.count += 1
    if (nowMs() - last.atMs < everyMs) return
    const text = detail === null ? texts[why] : `${texts[why]} (${detail})`
    log.event(why === 'list-ended' ? 'error' : 'warn', 'certificate.refused', {
      ...{ peer, authority: authority ?? undefined, certificate: fingerprint.slice(0, 16) },
      ...{ error: text, count: last.count },
    })
    last.atMs = nowMs()
    last.count = 0
  }
}

const texts = {
  untrusted: 'its chain does not end at an authority, or it is not for clients, or its time is not now',
  'several-authorities': 'its chain ends at several authorities',
  revoked: 'its authority has revoked it, or one of its chain',
  'no-list': 'no list of `crl_file` is of who issued it, or one of its chain',
  'list-ended': 'the list of `crl_file` has ended: nobody of this authority counts until there is a new one',
  'chain-too-long': 'more certificates came with it than are looked at',
  unreadable: 'it cannot be read',
} as const satisfies Record<RefusedCertificate['why'], string>
