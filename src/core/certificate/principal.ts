import { reservedProviders } from '../credential/credential.ts'
import type { Gateway } from '../gateway.ts'
import { type Principal, readUserId } from '../principal.ts'
import type { EpochSeconds } from '../session/session.ts'
import type { ConnectionCertificate } from './connection-certificate.ts'

/**
 * Who shows a certificate, under the configuration in force; null: nobody that counts now, as it has ended, its authority is
 * none any more, or what the user id is read from is not one single text.
 */
export function certificatePrincipal(
  { claims, authority, fingerprint, endsAt }: ConnectionCertificate,
  { clientCertificates }: Pick<Gateway, 'clientCertificates'>,
  now: EpochSeconds,
): Principal | null {
  if (clientCertificates === null || endsAt <= now) return null
  if (!clientCertificates.authorities.some(({ name }) => name === authority)) return null
  const provider = reservedProviders.certificates
  const { userId, userIdPrefix } = clientCertificates
  const id = readUserId(claims, {
    ...{ name: provider, userId, userIdPrefix, foreignPrefixes: [] },
    ...{ trustEmail: true, preset: 'generic' },
  })
  return id.ok ? { user: id.user, provider, claims, by: { kind: 'client_certificate', fingerprint } } : null
}
