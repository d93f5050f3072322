// A place of `listen` that asks for certificates: whose count, for which host, for how long, and never by resumption.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import t from 'tap'
import { startAskingGateway } from '../support/asking-gateway.ts'
import { createClientAuthority, type Issued } from '../support/client-authority.ts'
import { statusOf } from '../support/raw.ts'
import { answerHeads, recordingUpstream } from '../support/upstream.ts'
import { startWebSocketApp } from '../support/websocket-app.ts'

const partners = createClientAuthority('Partners')
const staff = createClientAuthority('Staff')
const strange = createClientAuthority('Strange')
const below = partners.intermediate('Below')
const alice = partners.issue('alice')
const bob = staff.issue('bob')
const lost = partners.issue('lost')
partners.revoke(lost)
const revocations = partners.crl() + below.crl()

const upstream = await recordingUpstream()
const sockets = await startWebSocketApp()
const yaml = `
client_certificates:
  authorities:
    partners: { ca_file: partners.pem, crl_file: partners.crl }
    staff: { ca_file: staff.pem }
apps:
  api:
    url: "https://api.example.com"
    upstream: "http://127.0.0.1:${upstream.port}"
    shared_secret: a-shared-secret-of-thirty-two-bytes-and-more
    credentials: [client_certificate]
    require: signed_in
  wiki:
    url: "https://wiki.example.com"
    upstream: "${sockets.url}"
    shared_secret: another-secret-of-thirty-two-bytes-and-more
    websocket: true
    require: anyone
`
const files = {
  'partners.pem': partners.cert + below.cert,
  'partners.crl': revocations,
  'staff.pem': staff.cert,
}
const gateway = await startAskingGateway(yaml, files)
t.teardown(async () => {
  await gateway.close()
  await Promise.all([upstream.close(), sockets.close()])
})
const versions = ['TLSv1.2', 'TLSv1.3'] as const
const only = (version: (typeof versions)[number]) => ({ minVersion: version, maxVersion: version })
const wiki = { servername: 'wiki.example.com', host: 'wiki.example.com' }
const status = async (...asked: Parameters<typeof gateway.ask>) => statusOf(await gateway.ask(...asked))

t.test('whose certificate is of an authority is let in, and who has none is served as such', async (t) => {
  for (const version of versions) {
    for (const one of [alice, bob])
      t.equal(await status({ of: one, ...only(version) }), 200, `${one.name} ${version}`)
    t.equal(await status(only(version)), 401, `nobody, ${version}`)
    t.equal(await status({ ...wiki, ...only(version) }), 200)
  }
  t.equal(await status({ of: alice, port: gateway.plainPort }), 401, 'where none is asked for none counts')
})

t.test('a certificate that does not count is none, and never fails the handshake', async (t) => {
  const before = upstream.requests()
  const selfSigned = createClientAuthority('alice')
  const hundred: Issued[] = Array.from({ length: 99 }, () => below)
  const noIssuer = staff.intermediate('Client', ['basicConstraints=CA:FALSE', 'extendedKeyUsage=clientAuth'])
  const rows: readonly (readonly [string, Parameters<typeof gateway.ask>[0]])[] = [
    ['of another authority', { of: strange.issue('eve') }],
    ['of another one with the same name', { of: createClientAuthority('Partners').issue('eve') }],
    ['self-signed', { of: selfSigned }],
    ['ended', { of: staff.issue('ended', { days: [-9, -1] }) }],
    ['not yet', { of: staff.issue('early', { days: [1, 9] }) }],
    ['of a server', { of: staff.issue('server', { extensions: ['extendedKeyUsage=serverAuth'] }) }],
    ['of one that may not issue', { of: noIssuer.issue('under'), chain: [noIssuer] }],
    ['revoked', { of: lost }],
    ['with a hundred', { of: alice, chain: hundred }],
  ]
  for (const [name, asked] of rows)
    for (const version of versions)
      t.equal(await status({ ...asked, ...only(version) }), 401, `${name} ${version}`)
  t.equal(upstream.requests(), before, 'no byte of them reached the app')
  t.match(
    gateway.log.filter(({ event }) => event === 'certificate.refused'),
    [
      { error: /^its chain does not end at an authority.*\(/, peer: '127.0.0.1', count: 1 },
      { error: /revoked/, authority: 'partners', certificate: /^[\w-]{16}$/ },
      { error: /more certificates/ },
    ],
    'each cause once a minute',
  )
})

t.test('one between the certificate and its authority comes from the file, or with it', async (t) => {
  const ian = below.issue('ian')
  t.equal(await status({ of: ian }), 200)
  t.equal(await status({ of: ian, chain: [below] }), 200)
  const between = staff.intermediate('Between')
  const sue = between.issue('sue')
  t.equal(await status({ of: sue }), 401)
  t.equal(await status({ of: sue, chain: [between] }), 200)
})

t.test('a connection serves the host for which it was opened', async (t) => {
  const before = upstream.requests()
  const ask = async (...asked: Parameters<typeof gateway.ask>) => {
    const answer = await gateway.ask(...asked)
    return `${statusOf(answer)} ${/"reason":"([^"]+)"/.exec(answer)?.[1] ?? ''}`
  }
  const misdirected = '421 host-not-of-handshake'
  t.equal(await ask({ of: alice, servername: 'wiki.example.com' }), misdirected)
  t.equal(await ask({ servername: 'wiki.example.com' }), misdirected, 'whether one was shown or not')
  t.equal(await ask({ of: alice, servername: '' }), misdirected, 'without a name')
  t.equal(await ask({ of: alice, servername: 'API.EXAMPLE.COM', host: 'api.example.com' }), '200 ')
  t.equal(await ask({ of: alice, host: 'api.example.com:443' }), '200 ')
  t.equal(await ask({ of: alice, servername: '', host: '127.0.0.1' }), '421 host-unknown')
  const health = { servername: 'wiki.example.com', path: '/.auth/health' }
  t.equal(await ask(health), '200 ', 'which is asked by any name')
  t.equal(
    await ask({ servername: 'api.example.com', host: 'wiki.example.com', port: gateway.plainPort }),
    '200 ',
  )
  t.equal(upstream.requests(), before + 2)
})

t.test('and each of its requests, those for WebSockets too', async (t) => {
  const client = await gateway.open({ of: alice })
  const get = (host: string) => client.socket.write(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`)
  get('api.example.com')
  await client.until((text) => /^HTTP\/1\.1 200 /.test(text))
  get('wiki.example.com')
  await client.until((text) => /HTTP\/1\.1 421 .*host-not-of-handshake/s.test(text))
  get('api.example.com')
  await client.until((text) => (text.match(/HTTP\/1\.1 200 /g) ?? []).length === 2)
  client.socket.destroy()
  const other = await gateway.open({ of: alice })
  other.socket.write(upgrade('wiki.example.com'))
  t.match(await other.until((text) => text.includes('}')), /^HTTP\/1\.1 421 /)
  other.socket.destroy()
})

function upgrade(host: string): string {
  const lines = [`Host: ${host}`, `Origin: https://${host}`, 'Upgrade: websocket', 'Connection: Upgrade']
  const key = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='
  return ['GET /socket HTTP/1.1', ...lines, key, 'Sec-WebSocket-Version: 13', '', ''].join('\r\n')
}

t.test('no TLS session is resumed, by ticket or by id', async (t) => {
  for (const version of ['-tls1_2', '-tls1_3']) {
    const file = join(gateway.folder, `session${version}.pem`)
    const own = ['-cert', alice.certFile, '-key', alice.keyFile, version]
    const first = await openssl(gateway.port, [...own, '-sess_out', file])
    t.match(first, /^New, /m, version)
    t.match(first, /HTTP\/1\.1 200 /)
    const second = await openssl(gateway.port, [...own, '-sess_in', file])
    t.match(second, /^New, /m)
    t.notMatch(second, /^Reused, /m)
    // With the session of a connection that showed one, and no certificate.
    t.match(await openssl(gateway.port, [version, '-sess_in', file]), /HTTP\/1\.1 401 /)
    t.match(await openssl(gateway.plainPort, [version, '-sess_out', file]), /^New, /m)
    t.match(await openssl(gateway.plainPort, [version, '-sess_in', file]), /^Reused, /m, 'as it is elsewhere')
    t.notMatch(await openssl(gateway.port, [version, '-sess_in', file]), /^Reused, /m)
  }
  const again = await openssl(gateway.port, ['-tls1_2', '-reconnect'])
  t.equal(again.match(/^New, /gm)?.length, 6)
})

/** What `openssl s_client` says of a connection and of its one request. */
function openssl(port: number, args: readonly string[]): Promise<string> {
  const name = ['-servername', 'api.example.com']
  const child = spawn('openssl', ['s_client', '-connect', `127.0.0.1:${port}`, ...name, '-ign_eof', ...args])
  child.stdin.write('GET / HTTP/1.1\r\nHost: api.example.com\r\nConnection: close\r\n\r\n')
  let said = ''
  child.stdout.on('data', (piece) => {
    said += piece
  })
  return new Promise((resolve) => child.once('close', () => resolve(said)))
}

t.test('a connection negotiates nothing anew', async (t) => {
  const client = await gateway.open({ ...only('TLSv1.2'), of: bob })
  const refused = await new Promise<string>((resolve) => {
    client.socket.once('error', (error) => resolve(String(error)))
    client.socket.once('close', () => resolve('closed'))
    client.socket.renegotiate({}, (error) => resolve(error === null ? 'renegotiated' : String(error)))
  })
  t.not(refused, 'renegotiated')
  client.socket.destroy()
})

t.test('a changed list ends every connection with a certificate, after its request', async (t) => {
  const mallory = partners.issue('mallory')
  const idle = await gateway.open({ of: mallory })
  const get = 'GET / HTTP/1.1\r\nHost: api.example.com\r\n\r\n'
  idle.socket.write(get)
  await idle.until((text) => /200 OK/.test(text))
  const unused = await gateway.open({ of: mallory })
  const nobody = await gateway.open()
  const tunnel = await gateway.open({ of: mallory, servername: 'wiki.example.com' })
  tunnel.socket.write(upgrade('wiki.example.com'))
  await tunnel.until((text) => /^HTTP\/1\.1 101 /.test(text))
  const busy = await gateway.open({ of: mallory })
  upstream.answerWith(() => null)
  const before = upstream.requests()
  busy.socket.write(get)
  await upstream.until(() => upstream.requests() > before)

  partners.revoke(mallory)
  t.match(await gateway.change({ 'partners.crl': partners.crl() + below.crl() }), { event: 'config.loaded' })
  await Promise.all([idle.closed(), unused.closed()])
  t.match((await tunnel.until((text) => text.includes('\x88\x02'))).slice(-4), '\x88\x02\x03\xf4', '1012')
  t.equal(busy.text(), '', 'its request is under way')
  busy.socket.write(get)
  upstream.answerWith(answerHeads())
  for (const { socket, closed } of upstream.connections)
    if (!closed) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
  const answered = await busy.closed()
  t.match(answered, /^HTTP\/1\.1 200 /)
  t.match(answered, /\r\nConnection: close\r\n/i)
  t.equal(answered.match(/HTTP\/1\.1/g)?.length, 1, 'what came behind it is not served')
  nobody.socket.write(get)
  await nobody.until((text) => /^HTTP\/1\.1 401 /.test(text))
  nobody.socket.destroy()
  t.equal(await status({ of: mallory }), 401)
  t.equal(await status({ of: alice }), 200)
})

t.test('an authority that is none any more counts no more, and a new one does', async (t) => {
  const eve = strange.issue('eve2')
  t.equal(await status({ of: eve }), 401)
  t.match(await gateway.change({ 'staff.pem': strange.cert }), { event: 'config.loaded' })
  t.equal(await status({ of: eve }), 200)
  t.equal(await status({ of: bob }), 401)
})

t.test('a list that has ended lets nobody of its authority in, and nobody else suffers', async (t) => {
  const ended = partners.crl(-1) + below.crl()
  t.match(await gateway.change({ 'partners.crl': ended, 'staff.pem': staff.cert }), {
    event: 'config.loaded',
  })
  t.equal(await status({ of: alice }), 401)
  t.equal(await status({ of: bob }), 200)
  t.match(
    await gateway.logged(({ event, error }) => event === 'certificate.refused' && /ended/.test(`${error}`)),
    {
      ...{ level: 50, authority: 'partners' },
    },
  )
})
