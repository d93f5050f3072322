// Access tokens that are bound to a client certificate (RFC 8705 section 3), over TLS: whoever took one has nothing, also
// while the gateway knows it.
import { createHash, X509Certificate } from 'node:crypto'
import t from 'tap'
import { startAskingGateway } from '../support/asking-gateway.ts'
import { createClientAuthority, type Issued } from '../support/client-authority.ts'
import { type Fields, firstKey, signJwt, startHostileOp } from '../support/hostile-op.ts'
import { statusOf } from '../support/raw.ts'
import { recordingUpstream } from '../support/upstream.ts'

const partners = createClientAuthority('Partners')
const [alice, bob, lost] = [partners.issue('alice'), partners.issue('bob'), partners.issue('lost')]
partners.revoke(lost)
const strange = createClientAuthority('Strange').issue('alice')

const op = await startHostileOp({ host: 'localhost' })
const upstream = await recordingUpstream()
const yaml = `
client_certificates:
  authorities:
    partners: { ca_file: partners.pem, crl_file: partners.crl }
providers:
  op: { issuer: "${op.issuer}", bearer: { audiences: [api] } }
apps:
  api:
    url: "https://api.example.com"
    upstream: "http://127.0.0.1:${upstream.port}"
    shared_secret: a-shared-secret-of-thirty-two-bytes-and-more
    provider: op
    credentials: [bearer]
    require: signed_in
`
const files = { 'partners.pem': partners.cert, 'partners.crl': partners.crl() }
const gateway = await startAskingGateway(yaml, files)
t.teardown(async () => {
  await gateway.close()
  await Promise.all([op.close(), upstream.close()])
})

function written(claims: Fields): string {
  const { kid, privateKey } = firstKey()
  const now = Math.floor(Date.now() / 1000)
  const all = { iss: op.issuer, sub: 'ada', aud: 'api', iat: now, exp: now + 3000, ...claims }
  return signJwt({ alg: 'RS256', kid }, all, privateKey)
}

function boundTo({ cert }: Issued): string {
  const thumbprint = createHash('sha256').update(new X509Certificate(cert).raw).digest('base64url')
  return written({ cnf: { 'x5t#S256': thumbprint } })
}

async function status(token: string, one: Issued | null, port = gateway.port): Promise<number> {
  const client = await gateway.open({ ...(one && { of: one }), port })
  client.socket.write(
    `GET / HTTP/1.1\r\nHost: api.example.com\r\nAuthorization: Bearer ${token}\r\nConnection: close\r\n\r\n`,
  )
  return statusOf(await client.closed())
}

t.test('a bound token opens nothing without its certificate, known or not', async (t) => {
  const token = boundTo(alice)
  const wrong = async (when: string) => {
    const before = upstream.requests()
    t.equal(await status(token, bob), 401, `another, ${when}`)
    t.equal(await status(token, null), 401, `none, ${when}`)
    t.equal(await status(token, alice, gateway.plainPort), 401, `where none is asked for, ${when}`)
    t.equal(await status(token, strange), 401, `of the same name, ${when}`)
    t.equal(upstream.requests(), before, 'nothing of it reached the app')
  }
  await wrong('while nobody knows it')
  for (let use = 0; use < 2; use += 1) t.equal(await status(token, alice), 200)
  await wrong('while it is known')
  t.equal(await status(token, alice), 200)
})

t.test('nor with one that counts no more; one that is bound to nothing needs none', async (t) => {
  t.equal(await status(boundTo(lost), lost), 401)
  const token = boundTo(bob)
  t.equal(await status(token, bob), 200)
  partners.revoke(bob)
  t.match(await gateway.change({ 'partners.crl': partners.crl() }), { event: 'config.loaded' })
  t.equal(await status(token, bob), 401)
  const free = written({})
  for (const one of [null, alice, bob, strange]) t.equal(await status(free, one), 200, one?.name ?? 'none')
})
