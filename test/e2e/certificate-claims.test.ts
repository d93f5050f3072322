// What a certificate says, from OpenSSL through a real handshake to the app: by curl, TLS 1.2 and 1.3.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import t from 'tap'
import { startAskingGateway } from '../support/asking-gateway.ts'
import { createClientAuthority, type Issued } from '../support/client-authority.ts'
import { answerHeads, recordingUpstream } from '../support/upstream.ts'

const run = promisify(execFile)
const partners = createClientAuthority('Partners')
const mail = (address: string) => [
  ...['extendedKeyUsage=clientAuth', 'basicConstraints=CA:FALSE'],
  `subjectAltName=email:${address}`,
]
const shop = partners.issue('shop', { subject: '/O=Acme/CN=shop', extensions: mail('it@acme.example') })
const other = partners.issue('other', { subject: '/O=Other/CN=other', extensions: mail('it@other.example') })
const nameless = partners.issue('nameless', { subject: '/O=Acme/CN=nameless' })

const upstream = await recordingUpstream({
  answer: answerHeads('HTTP/1.1 200 OK\r\nCache-Control: public, max-age=60\r\nContent-Length: 0\r\n\r\n'),
})
const gateway = await startAskingGateway(
  `
client_certificates:
  authorities: { partners: { ca_file: partners.pem, crl_file: partners.crl } }
  user_id: san_email
apps:
  api:
    url: "https://api.example.com"
    upstream: "http://127.0.0.1:${upstream.port}"
    shared_secret: a-shared-secret-of-thirty-two-bytes-and-more
    credentials: [client_certificate]
    identity_headers: { X-Forwarded-User: user, X-Organization: organization, X-Subject: subject, X-Credential: credential }
    locations:
      - { path: /, require: signed_in, cache: upstream }
      - { path: /acme, require: { organization: Acme } }
      - { path: /fact, require: { certificate: { common_name: shop } }, cache: upstream }
`,
  { 'partners.pem': partners.cert, 'partners.crl': partners.crl() },
)
t.teardown(async () => {
  await gateway.close()
  await upstream.close()
})

/** Status line and headers, as curl prints them. */
async function curl(path: string, of: Issued | null, ...more: readonly string[]): Promise<string> {
  const { stdout } = await run('curl', [
    ...['-sk', '-D', '-', '-o', '/dev/null', '--resolve', `api.example.com:${gateway.port}:127.0.0.1`],
    ...(of === null ? [] : ['--cert', of.certFile, '--key', of.keyFile]),
    ...more,
    ...['-H', 'Host: api.example.com', `https://api.example.com:${gateway.port}${path}`],
  ])
  return stdout
}

for (const version of ['1.2', '1.3'] as const)
  t.test(`TLS ${version}: the app is told what the certificate says`, async (t) => {
    const answer = await curl('/', shop, `--tlsv${version}`, '--tls-max', version)
    t.match(answer, /^HTTP\/1\.1 200/)
    t.match(answer, /cache-control: private, max-age=60/i, 'nobody else is given that answer')
    t.notMatch(answer, /^vary:/im, 'and no header says by whom it differs')
    const got = upstream.received()
    t.match(got, /x-forwarded-user: cert:it@acme\.example\r\n/i)
    t.match(got, /x-organization: Acme\r\n/i)
    // In the order in which `openssl ca` writes a name.
    t.match(got, /x-subject: O=Acme%2CCN=shop\r\n/i)
    t.match(got, /x-credential: client_certificate\r\n/i)
  })

t.test('rules ask what it says, and who says otherwise reaches no app', async (t) => {
  t.match(await curl('/acme', shop), /^HTTP\/1\.1 200/)
  t.match(await curl('/fact', shop), /^HTTP\/1\.1 200[\s\S]*cache-control: private/i)
  const before = upstream.requests()
  t.match(await curl('/acme', other), /^HTTP\/1\.1 403/)
  t.match(await curl('/fact', other), /^HTTP\/1\.1 403/)
  t.match(await curl('/fact', null), /^HTTP\/1\.1 403/)
  t.match(await curl('/', null), /^HTTP\/1\.1 401/)
  t.match(await curl('/', nameless), /^HTTP\/1\.1 401/, 'without a user id')
  const driven = ['-X', 'POST', '-H', 'Sec-Fetch-Site: cross-site', '-H', 'Sec-Fetch-Mode: no-cors']
  t.match(await curl('/', shop, ...driven), /^HTTP\/1\.1 403/)
  t.match(await curl('/fact', shop, ...driven), /^HTTP\/1\.1 403/)
  t.equal(upstream.requests(), before)
  await gateway.logged(({ reason }) => reason === 'client-certificate')
  await gateway.logged(({ reason }) => reason === 'cross-site')
  const line = await gateway.logged(({ path, status }) => path === '/acme' && status === 200)
  t.match(line, { credential: 'client_certificate', provider: 'certificates', certificate: /^[\w-]{16}$/ })
})
