import { openAuthority } from '../core/certificate/authority.ts'
import type { CertificateAuthority } from '../core/certificate/settings.ts'
import type { Location } from '../core/gateway.ts'
import type { EpochSeconds } from '../core/session/session.ts'
import { type Check, foundAt, foundAtKey } from './check.ts'
import { rulesOf } from './rules.ts'
import { type Subject, whereOfLocation } from './subject.ts'

/** Widgets and client certificates. */
export const machineChecks: readonly Check[] = [
  {
    id: 'widget-writes',
    severity: 'note',
    finds: 'A location where widgets may change something',
    why: 'Whoever opens the page has the token of its widget, and can send it with any program. So everybody who sees the page may send what the location takes, in the name of the key’s owner.',
    fix: 'Write `methods: [GET]` at the location. If widgets are to send something, give that a location of its own with a limit.',
    example: `apps:
  shop:
    locations: [{ path: /api, credentials: [widget], cors: keys, require: signed_in }]`,
    find: (subject) =>
      rulesOf(subject.gateway).flatMap(({ app, location }) => {
        if (!location.credentials.includes('widget') || !takesWrites(location)) return []
        const path = whereOfLocation(subject, app.name, location, 'credentials')
        if (path === null) return []
        const index = location.credentials.indexOf('widget')
        const place = location === app.fallback ? `"${app.name}"` : location.label
        return [
          foundAt(subject, [...path, index], `widgets may use methods that change something at ${place}`),
        ]
      }),
  },
  {
    id: 'certificate-never-asked-for',
    severity: 'warning',
    finds: 'Client certificates count, and no client is asked for one',
    why: 'A client shows a certificate only where it is asked to. So nobody is identified by one, no condition `certificate` is met, and a token that is bound to a certificate opens nothing.',
    fix: 'Write `client_certificates: ask` at a place of `listen` that has `tls`. Browsers ask the person then, so give it an address or a port of its own. If nobody is to come by a certificate, remove `client_certificates`.',
    example: `listen: "0.0.0.0:8443"
client_certificates:
  authorities: { partners: { ca_file: partners.pem } }`,
    find: (subject) => {
      const { clientCertificates, listeners } = subject.gateway
      if (clientCertificates === null || listeners.some(({ asksCertificates }) => asksCertificates)) return []
      const message = 'no place of `listen` asks clients for a certificate, so nobody ever shows one'
      return [foundAtKey(subject, ['client_certificates'], message)]
    },
  },
  {
    id: 'authority-without-list',
    severity: 'note',
    finds: 'An authority of client certificates without a revocation list',
    why: 'A certificate whose key was lost or whose owner is gone goes on counting until it ends by itself.',
    fix: 'Name the authority’s list in `crl_file`, and renew the file before the list ends: a list that has ended makes all its certificates count as none. If the authority gives certificates of a few days, say so in a comment.',
    example: `client_certificates:
  authorities: { partners: { ca_file: partners.pem } }`,
    find: (subject) =>
      authoritiesOf(subject).flatMap(({ name, crl }) => {
        if (crl !== null) return []
        return [foundAtKey(subject, pathOf(name), `certificates of "${name}" cannot be taken back`)]
      }),
  },
  {
    id: 'revocation-list-useless',
    severity: 'warning',
    finds: 'A revocation list that has ended',
    why: 'A certificate counts only if a list in force covers it. With a list that has ended nobody is identified by a certificate of this authority.',
    fix: 'Put the authority’s current list in `crl_file`. The gateway takes up a changed file by itself, so a timer that fetches it is enough.',
    example: `client_certificates:
  authorities: { partners: { ca_file: partners.pem, crl_file: old.crl } }`,
    find: (subject) =>
      authoritiesOf(subject).flatMap((authority) => {
        const message = listProblem(authority, subject.now)
        return message === null ? [] : [foundAt(subject, [...pathOf(authority.name), 'crl_file'], message)]
      }),
  },
]

/** RFC 9110 section 9.2.1: those that ask for no change. */
const safe: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PROPFIND', 'REPORT', 'SEARCH', 'TRACE'])

function takesWrites({ methods }: Location): boolean {
  return methods === null || [...methods].some((method) => !safe.has(method))
}

function authoritiesOf({ gateway }: Subject): readonly CertificateAuthority[] {
  return gateway.clientCertificates?.authorities ?? []
}

function pathOf(name: string): readonly string[] {
  return ['client_certificates', 'authorities', name]
}

/** Null: it is good, as far as can be told without a time. What is wrong with it otherwise is a fault of the file. */
function listProblem(authority: CertificateAuthority, now: EpochSeconds | null): string | null {
  const { lists } = openAuthority(authority).authority
  const ended = now === null ? undefined : lists?.find(({ endsAt }) => endsAt <= now)
  return ended === undefined ? null : `the list ended on ${dateText(ended.endsAt)}`
}

function dateText(at: EpochSeconds): string {
  return new Date(at * 1000).toISOString().slice(0, 10)
}
