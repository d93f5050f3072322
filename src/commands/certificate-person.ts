import { X509Certificate } from 'node:crypto'
import type { Io } from '../cli/command.ts'
import type { Options } from '../cli/options.ts'
import { type Reading, readText } from '../cli/person.ts'
import { type ChainCertificate, chainCertificate, openAuthority } from '../core/certificate/authority.ts'
import { readCertificateClaims } from '../core/certificate/claims.ts'
import { type ChainRefusal, judgeChain } from '../core/certificate/client-chain.ts'
import type { ConnectionCertificate } from '../core/certificate/connection-certificate.ts'
import { reservedProviders } from '../core/credential/credential.ts'
import type { Gateway } from '../core/gateway.ts'
import type { EpochSeconds } from '../core/session/session.ts'
import type { Person } from '../http/admission/probe-person.ts'

export const certificateOption = {
  certificate: {
    type: 'string',
    value: 'FILE',
    help: 'a PEM file: the certificate that the connection shows, with those between it and the authority behind it. Alone, or beside one of the others',
  },
} as const

/** Null: none is named. Chain, dates and revocation lists are judged as at a handshake. */
export async function readCertificate(
  options: Options,
  gateway: Gateway,
  now: EpochSeconds,
  io: Io,
): Promise<Reading<ConnectionCertificate | null>> {
  const file = options.text('certificate')
  if (file === null) return { ok: true, value: null }
  const authorities = gateway.clientCertificates?.authorities ?? []
  if (authorities.length === 0) return refuse('--certificate: the configuration has no client_certificates')
  const text = await readText(file, io)
  if (!text.ok) return text
  const shown = certificatesOf(text.value)
  const [leaf] = shown
  if (leaf === undefined) return refuse(`${file} holds no certificate in PEM that can be read`)
  const { certificate } = leaf
  const verdict = judgeChain(
    shown,
    authorities.map((one) => openAuthority(one).authority),
    now,
  )
  if (!verdict.ok) return refuse(`${file}: ${refusals[verdict.refusal]}: ${nobody}`)
  const person = shownBy(certificate, verdict.authority)
  if (person === null) return refuse(`${file} cannot be read as a certificate: ${nobody}`)
  if (person.endsAt <= now || certificate.validFromDate.getTime() / 1000 > now)
    return refuse(`${file} counts from ${certificate.validFrom} to ${certificate.validTo}: ${nobody} now`)
  return { ok: true, value: person }
}

const nobody = 'whoever shows it is nobody'

const refusals: Readonly<Record<ChainRefusal, string>> = {
  untrusted:
    'it is of no authority of client_certificates (put those between it and the authority behind it)',
  'several-authorities': 'it is of several authorities of client_certificates',
  revoked: 'it, or one above it, was revoked',
  'no-list': 'its authority has revocation lists, and none is of who issued it',
  'list-ended': 'the revocation list of who issued it has ended, or has not begun',
}

function shownBy(leaf: X509Certificate, authority: string): ConnectionCertificate | null {
  const claims = readCertificateClaims(leaf.raw, authority)
  if (claims === null) return null
  const fingerprint = Buffer.from(leaf.fingerprint256.replaceAll(':', ''), 'hex').toString('base64url')
  return { authority, claims, fingerprint, endsAt: Number(claims.not_after) }
}

/** Somebody of whom nothing is known but the certificate. */
export function certificatePerson({ claims, fingerprint }: ConnectionCertificate): Person {
  const by = { kind: 'client_certificate', fingerprint } as const
  return { provider: reservedProviders.certificates, claims, by }
}

/** As many as a handshake has room for, and more than any authority needs. */
const mostShown = 10

const pemBlock = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g

/** The first is what is shown, the others what stands between it and an authority. */
function certificatesOf(pem: string): readonly ChainCertificate[] {
  return (pem.match(pemBlock) ?? []).slice(0, mostShown).flatMap((block) => {
    try {
      return chainCertificate(new X509Certificate(block)) ?? []
    } catch {
      return []
    }
  })
}

function refuse(reason: string): { readonly ok: false; readonly reason: string } {
  return { ok: false, reason }
}
