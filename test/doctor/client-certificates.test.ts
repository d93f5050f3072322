// What `claimgate doctor` says of the revocation lists of client certificates.
import { readFileSync } from 'node:fs'
import t from 'tap'
import type { CertificateAuthority } from '../../src/core/certificate/settings.ts'
import { clientCertificateFindings } from '../../src/doctor/client-certificates.ts'

// Of a month, from 29 November 2026.
const read = (name: string) => readFileSync(new URL(`../lint/${name}`, import.meta.url), 'utf8')
const endsAt = 1_798_529_969

function told(authorities: readonly CertificateAuthority[], now: number): readonly string[] {
  const clientCertificates = { authorities, userId: 'fingerprint_sha256', userIdPrefix: 'cert:' } as const
  const findings = clientCertificateFindings({ clientCertificates }, now)
  return findings.map(({ about, outcome, saw }) => `${about.split('.').at(-1)} ${outcome} ${saw}`)
}

const partners = { name: 'partners', ca: read('partners.pem'), crl: read('partners.crl') }

t.test('a list is in force, ends within a day, or has ended', async (t) => {
  t.same(told([partners], endsAt - 10 * 86_400), ['partners ok it is in force until 2026-12-29 07:39 UTC'])
  t.same(told([partners], endsAt - 3600), ['partners warning it is in force until 2026-12-29 07:39 UTC'])
  t.same(told([partners], endsAt), ['partners failed it ended on 2026-12-29 07:39 UTC'])
})

t.test('a list of somebody else, and an authority without one', async (t) => {
  t.same(told([{ ...partners, crl: read('other.crl') }], endsAt - 3600), [
    'partners failed a list was signed by no certificate of `ca_file`',
  ])
  t.same(told([{ ...partners, crl: null }], endsAt), [])
  t.same(clientCertificateFindings({ clientCertificates: null }, endsAt), [])
})
