import type { ConnectionCertificate } from '../../core/certificate/connection-certificate.ts'
import { certificatePrincipal } from '../../core/certificate/principal.ts'
import { isHeaderCredential } from '../../core/credential/credential.ts'
import type { Gateway } from '../../core/gateway.ts'
import type { Principal } from '../../core/principal.ts'
import type { Claims } from '../../core/rules/claims.ts'
import type { EpochSeconds } from '../../core/session/session.ts'
import type { Admission } from './admission.ts'

/**
 * A certificate with these claims, which nobody has. Where they leave it open it is of the first authority, holds for a day
 * and has `sub` as what the user id is read from. Null: the configuration knows no certificates.
 */
export function madeUpCertificate(
  { clientCertificates }: Pick<Gateway, 'clientCertificates'>,
  { sub, ...said }: Claims,
  now: EpochSeconds,
): ConnectionCertificate | null {
  const [first] = clientCertificates?.authorities ?? []
  if (clientCertificates === null || first === undefined) return null
  const { userId } = clientCertificates
  const named = sub === undefined || Object.hasOwn(said, userId) ? {} : { [userId]: sub }
  const claims: Claims = { authority: first.name, fingerprint_sha256: '0'.repeat(64), ...named, ...said }
  const { authority, fingerprint_sha256: hex, not_after: end } = claims
  return {
    authority: typeof authority === 'string' ? authority : first.name,
    claims,
    fingerprint: Buffer.from(String(hex), 'hex').toString('base64url'),
    endsAt: typeof end === 'number' ? end : now + secondsOfDay,
  }
}

const secondsOfDay = 86_400

/** Of the person of a session and that of a certificate the one who counted where the request was judged. */
export function ambientPrincipal(
  gateway: Gateway,
  { app, location }: Pick<Admission, 'app' | 'location'>,
  { signedIn, certificate, now }: Ambient,
): Principal | null {
  const credentials = location?.credentials ?? []
  if (certificate === null || !credentials.includes('client_certificate')) return signedIn
  const certified = certificatePrincipal(certificate, gateway, now)
  if (certified === null || signedIn === null) return certified ?? signedIn
  const [first] = credentials.filter((one) => !isHeaderCredential(one))
  const counts = first === 'session' && app?.signInProviders.includes(signedIn.provider) === true
  return counts ? signedIn : certified
}

interface Ambient {
  readonly signedIn: Principal | null
  readonly certificate: ConnectionCertificate | null
  readonly now: EpochSeconds
}
