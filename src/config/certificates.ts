import { X509Certificate } from 'node:crypto'
import {
  type CertificateEnd,
  type CertificateRole,
  coversHost,
  readCertificateTime,
} from '../core/certificate.ts'
import type { Gateway } from '../core/gateway.ts'
import type { EpochSeconds } from '../core/session/session.ts'
import {
  isShared,
  type RedisNode,
  type RedisSettings,
  type SessionStoreSettings,
} from '../core/session-store-settings.ts'
import type { ConfigPath } from './node.ts'

/** One certificate of the file, as far as its end goes. */
export interface CertificateFacts {
  /** `wiki.example.com`, or what else its subject is called. */
  readonly name: string
  /** Host names that it is for, in lower case. */
  readonly names: readonly string[]
  readonly endsAt: EpochSeconds
}

/** One of the file, and where it stands. */
export interface ConfiguredCertificate extends CertificateEnd {
  readonly path: ConfigPath
  readonly name: string
}

const pemBlock = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g

/** Every certificate of a PEM text that was checked, in its order: a chain, or a bundle of authorities. */
export function certificatesIn(pem: string): readonly CertificateFacts[] {
  return (pem.match(pemBlock) ?? []).flatMap((block) => {
    const certificate = new X509Certificate(block)
    const endsAt = readCertificateTime(certificate.validTo)
    return endsAt === null ? [] : [{ name: nameOf(certificate), names: dnsNames(certificate), endsAt }]
  })
}

function nameOf(certificate: X509Certificate): string {
  const common = /^CN=(.*)$/m.exec(certificate.subject ?? '')?.[1]
  return dnsNames(certificate)[0] ?? common ?? certificate.subject?.split('\n')[0] ?? 'without a name'
}

function dnsNames({ subjectAltName }: X509Certificate): readonly string[] {
  return (subjectAltName ?? '')
    .split(', ')
    .flatMap((name) => (name.startsWith('DNS:') ? [name.slice(4).toLowerCase()] : []))
}

/** All certificates that the configuration names: what the gateway shows, and what it trusts. */
export function configuredCertificates(gateway: Gateway): readonly ConfiguredCertificate[] {
  const providers = [...gateway.providers.values()]
  return [
    ...listenerCertificates(gateway),
    ...adminCertificates(gateway),
    ...gateway.listeners.flatMap(({ clientCa }, index) =>
      inFile('ca', 'listen', [...listenerPath(gateway, index), 'client_ca'], clientCa),
    ),
    ...(gateway.clientCertificates?.authorities ?? []).flatMap(({ name, ca }) =>
      inFile('ca', name, ['client_certificates', 'authorities', name, 'ca_file'], ca === '' ? null : ca),
    ),
    ...providers.flatMap(({ name, issuer, ca, clientCertificate }) => [
      ...inFile('ca', new URL(issuer).hostname, ['providers', name, 'ca_file'], ca),
      ...inFile(
        'client',
        new URL(issuer).hostname,
        ['providers', name, 'client_certificate', 'certificate'],
        clientCertificate?.certificate ?? null,
      ),
    ]),
    ...storeCertificates(gateway),
    ...gateway.apps.flatMap(({ name, upstream }) =>
      inFile('ca', upstream.hostname, ['apps', name, 'upstream', 'ca_file'], upstream.ca),
    ),
  ]
}

/** Of the authorities that the store's may come from, and what it is shown. */
function storeCertificates({ session, apiKeys }: Gateway): readonly ConfiguredCertificate[] {
  const ofSessions = certificatesOfStore('session', session.store)
  // Without one of their own keys are where the sessions are.
  return apiKeys === null || apiKeys.store === session.store
    ? ofSessions
    : [...ofSessions, ...certificatesOfStore('api_keys', apiKeys.store)]
}

function certificatesOfStore(
  of: 'session' | 'api_keys',
  store: SessionStoreSettings,
): readonly ConfiguredCertificate[] {
  if (!isShared(store) || store.tls === null) return []
  const path = [of, 'store', store.kind.replace('-', '_')]
  const host = firstNode(store)?.host ?? path.join('.')
  const { ca, clientCertificate } = store.tls
  return [
    ...inFile('ca', host, [...path, 'ca_file'], ca),
    ...inFile('client', host, [...path, 'certificate'], clientCertificate?.certificate ?? null),
  ]
}

function firstNode(store: RedisSettings): RedisNode | undefined {
  switch (store.kind) {
    case 'redis':
      return store
    case 'redis-sentinel':
      return store.sentinels[0]
    case 'redis-cluster':
      return store.nodes[0]
  }
}

function inFile(
  role: CertificateRole,
  host: string,
  path: ConfigPath,
  pem: string | null,
): readonly ConfiguredCertificate[] {
  return pem === null
    ? []
    : certificatesIn(pem).map(({ name, endsAt }) => ({ role, host, path, name, endsAt }))
}

/** Each pair under the hosts that it is shown for; one that no host of the file is served by, under its own name. */
function listenerCertificates(gateway: Gateway): readonly ConfiguredCertificate[] {
  return gateway.listeners.flatMap(({ tls }, listener) => {
    const pairs = tls.map(({ certificate }) => certificatesIn(certificate))
    const hosts = httpsHosts(gateway).map((host) => ({ host, pair: pairFor(pairs, host) }))
    return pairs.flatMap((chain, index) => {
      const served = hosts.filter(({ pair }) => pair === index).map(({ host }) => host)
      const path = [...listenerPath(gateway, listener), 'tls', index, 'certificate']
      const shown = served.length > 0 ? served : [chain[0]?.name ?? '']
      return shown.flatMap((host) =>
        chain.map(({ name, endsAt }) => ({ role: 'listener' as const, host, path, name, endsAt })),
      )
    })
  })
}

/** Where a listener stands in the file; a list of one is named as the one that it holds. */
function listenerPath({ listeners }: Gateway, index: number): ConfigPath {
  return listeners.length === 1 ? ['listen'] : ['listen', index]
}

/** By the names that they have: nobody wrote by which one the address is asked. */
function adminCertificates({ admin }: Gateway): readonly ConfiguredCertificate[] {
  return (admin?.tls ?? []).flatMap(({ certificate }, index) => {
    const path = ['admin', 'tls', index, 'certificate']
    const chain = certificatesIn(certificate)
    const host = chain[0]?.name ?? ''
    return chain.map(({ name, endsAt }) => ({ role: 'listener' as const, host, path, name, endsAt }))
  })
}

/** As the listener chooses by SNI: the last that names the host, of all but the first; else the first. */
function pairFor(pairs: readonly (readonly CertificateFacts[])[], host: string): number {
  const found = pairs.findLastIndex((chain, index) => index > 0 && namesHost(chain, host))
  return Math.max(found, 0)
}

function namesHost([leaf]: readonly CertificateFacts[], host: string): boolean {
  return leaf?.names.some((name) => coversHost(name, host)) ?? false
}

/**
 * Hosts of the file that none of the gateway's own listeners shows a certificate for, though each ends TLS. A host need
 * not be served at all of them.
 */
export function hostsWithoutCertificate({ listeners, ...gateway }: Gateway): readonly string[] {
  if (listeners.some(({ tls }) => tls.length === 0)) return []
  const pairs = listeners.flatMap(({ tls }) => tls.map(({ certificate }) => certificatesIn(certificate)))
  return httpsHosts(gateway).filter((host) => !pairs.some((chain) => namesHost(chain, host)))
}

function httpsHosts(gateway: Pick<Gateway, 'hosts'>): readonly string[] {
  const origins = [...new Set(gateway.hosts.values())].filter(({ scheme }) => scheme === 'https')
  return [...new Set(origins.map(({ origin }) => new URL(origin).hostname))]
}
