import { reservedProviders } from '../credential/credential.ts'
import type { Gateway } from '../gateway.ts'
import { type Principal, readUserId } from '../principal.ts'
import type { EpochSeconds } from '../session/session.ts'
import { type ConnectionCertificate, liveCertificate } from './connection-certificate.ts'
import type { ClientCertificateSettings } from './settings.ts'

/**
 * Who shows a certificate, under the configuration in force; null: nobody that counts now, as it has ended, its
 * authority is none any more, or what the user id is read from is not one single text.
 */
export function certificatePrincipal(
  certificate: ConnectionCertificate,
  { clientCertificates: settings }: Pick<Gateway, 'clientCertificates'>,
  now: EpochSeconds,
): Principal | null {
  if (settings === null || liveCertificate(certificate, settings, now) === null) return null
  const known = principals.get(certificate)
  if (known?.of === settings) return known.principal
  const principal = readPrincipal(certificate, settings)
  principals.set(certificate, { of: settings, principal })
  return principal
}

// A connection has many requests. Rules and headers remember what they made of a principal, so that it has to be the
// same one.
const principals = new WeakMap<
  ConnectionCertificate,
  { readonly of: ClientCertificateSettings; readonly principal: Principal | null }
>()

function readPrincipal(
  { claims, fingerprint }: ConnectionCertificate,
  { userId, userIdPrefix }: ClientCertificateSettings,
): Principal | null {
  const provider = reservedProviders.certificates
  const id = readUserId(claims, {
    ...{ name: provider, userId, userIdPrefix, foreignPrefixes: [] },
    // No claim of a certificate is called `email`.
    ...{ trustEmail: false, preset: 'generic' },
  })
  return id.ok ? { user: id.user, provider, claims, by: { kind: 'client_certificate', fingerprint } } : null
}
