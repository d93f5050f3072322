import { configuredCertificates } from '../config/certificates.ts'
import type { CertificateEnd } from '../core/certificate.ts'
import type { Gateway, ProviderSettings } from '../core/gateway.ts'

const known = new WeakMap<Gateway, readonly CertificateEnd[]>()

/** The certificates that a configuration names, with their ends; read once for each edition. */
export function certificatesOf(gateway: Gateway): readonly CertificateEnd[] {
  const before = known.get(gateway)
  if (before !== undefined) return before
  const found = configuredCertificates(gateway).map(({ role, host, endsAt }) => ({ role, host, endsAt }))
  known.set(gateway, found)
  return found
}

/** Hosts of the file by which a provider is reached; what its metadata names beside them is its own word. */
export function hostsOfProvider(settings: ProviderSettings): ReadonlySet<string> {
  const { issuer, internalUrl, metadataUrl, jwksUri } = settings
  const written = [issuer, internalUrl, metadataUrl, jwksUri].flatMap((url) => (url === null ? [] : [url]))
  return new Set(written.map((url) => new URL(url).hostname))
}

/** Whether the configuration still reaches anybody at the address by which a certificate was seen. */
export function isInUse(gateway: Gateway, { role, host, place }: CertificateEnd): boolean {
  return role === 'upstream'
    ? gateway.apps.some(
        ({ upstream }) => upstream.hostname === host && upstream.origin === (place ?? upstream.origin),
      )
    : [...gateway.providers.values()].some((settings) => hostsOfProvider(settings).has(host))
}
