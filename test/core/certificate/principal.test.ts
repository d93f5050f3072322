import t from 'tap'
import { liveCertificate } from '../../../src/core/certificate/connection-certificate.ts'
import { certificatePrincipal } from '../../../src/core/certificate/principal.ts'
import type { ClientCertificateSettings } from '../../../src/core/certificate/settings.ts'
import type { Claims } from '../../../src/core/rules/claims.ts'
import { connectionCertificate } from '../../support/certificates.ts'

const now = 1_800_000_000

function settings(more: Partial<ClientCertificateSettings> = {}): ClientCertificateSettings {
  const authorities = [{ name: 'partners', ca: '', crl: null }]
  return { authorities, userId: 'fingerprint_sha256', userIdPrefix: 'cert:', ...more }
}

const user = (claims: Claims, more: Partial<ClientCertificateSettings> = {}) =>
  certificatePrincipal(connectionCertificate(claims), { clientCertificates: settings(more) }, now)?.user ??
  null

t.test('a certificate is somebody by exactly one value of what is the user id', async (t) => {
  const { fingerprint_sha256: fingerprint } = connectionCertificate().claims
  t.equal(user({}), `cert:${fingerprint}`)
  const byMail = { userId: 'san_email' } as const
  t.equal(user({ san_email: 'it@acme.example' }, byMail), 'cert:it@acme.example')
  t.equal(user({ san_email: ['it@acme.example', 'ceo@acme.example'] }, byMail), null, 'two')
  t.equal(user({ san_email: ['it@acme.example'] }, byMail), null, 'a list of one')
  t.equal(user({}, byMail), null, 'none')
  t.equal(user({ san_email: '' }, byMail), null, 'an empty one')
  t.equal(user({ san_email: 'a'.repeat(256) }, byMail), null, 'a long one')
  t.equal(
    user({ common_name: 'client:x' }, { userId: 'common_name', userIdPrefix: 'c' }),
    null,
    'a program’s',
  )
  t.equal(user({ subject: 'CN=x,O=y' }, { userId: 'subject' }), 'cert:CN=x,O=y')
})

t.test('who it is, and that it is one and the same for each request of a connection', async (t) => {
  const certificate = connectionCertificate({ organization: 'Acme' })
  const clientCertificates = settings()
  const found = certificatePrincipal(certificate, { clientCertificates }, now)
  const { claims, fingerprint } = certificate
  const by = { kind: 'client_certificate', fingerprint } as const
  t.match(found, { provider: 'certificates', claims, by })
  t.equal(certificatePrincipal(certificate, { clientCertificates }, now), found)
  t.not(
    certificatePrincipal(certificate, { clientCertificates: settings() }, now),
    found,
    'of another edition',
  )
})

t.test('one that has ended, or of an authority that is none any more, counts as none', async (t) => {
  const certificate = connectionCertificate({}, { endsAt: now })
  const clientCertificates = settings()
  t.equal(certificatePrincipal(certificate, { clientCertificates }, now), null)
  t.ok(certificatePrincipal(certificate, { clientCertificates }, now - 1))
  t.equal(
    certificatePrincipal(certificate, { clientCertificates }, now),
    null,
    'also when it was somebody before',
  )
  t.equal(certificatePrincipal(certificate, { clientCertificates: null }, 0), null)
  const others = settings({ authorities: [{ name: 'staff', ca: '', crl: null }] })
  t.equal(certificatePrincipal(certificate, { clientCertificates: others }, 0), null)
  t.equal(liveCertificate(certificate, others, 0), null)
  t.equal(liveCertificate(certificate, null, 0), null)
  t.equal(liveCertificate(certificate, clientCertificates, now), null)
  t.equal(liveCertificate(certificate, clientCertificates, now - 1), certificate)
  t.equal(liveCertificate(undefined, clientCertificates, now), null)
})
