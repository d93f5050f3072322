// The only way to a provider: certificates, limits, proxies, addresses.
import type { ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import { connect, type Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { gzipSync } from 'node:zlib'
import t, { type Test } from 'tap'
import { Secret } from '../../src/core/secret.ts'
import { internalAddress } from '../../src/oidc/internal-url.ts'
import { metadataOf } from '../support/hostile-op.ts'
import { portOf } from '../support/ports.ts'
import { createAuthority } from '../support/tls.ts'
import { faultOf, redirectUri, startRig, transactionFor } from './fixtures.ts'

const ours = createAuthority()
const theirs = createAuthority()
const good = ours.issue({ names: ['IP:127.0.0.1', 'DNS:localhost'] })
const trusting = { settings: () => ({ ca: ours.certificate }) }

const bad = [
  ['from an authority that nobody knows', {}, good, /UNABLE_TO_VERIFY|SELF_SIGNED/],
  [
    'from another authority',
    trusting,
    theirs.issue({ names: ['IP:127.0.0.1'] }),
    /UNABLE_TO_VERIFY|SELF_SIGNED/,
  ],
  ['expired', trusting, ours.issue({ names: ['IP:127.0.0.1'], expired: true }), /CERT_HAS_EXPIRED/],
  ['of another host', trusting, ours.issue({ names: ['DNS:op.example'] }), /ERR_TLS_CERT_ALTNAME_INVALID/],
] as const

t.test('S-244: a provider is who its certificate says', async (t) => {
  for (const [name, options, tls, code] of bad) {
    const rig = await startRig(t, { ...options, tls })
    const fault = await faultOf(rig.signIn())
    t.equal(fault.code, 'PROVIDER_UNREACHABLE', name)
    t.match(fault.message, code, name)
    t.match(
      fault.message,
      /its certificate (?:is of|is signed|ended on \d{4}-\d\d-\d\d|is for op\.example)/,
      name,
    )
    t.equal(rig.op.counts.metadata, 0, `${name}: not a byte of a request`)
  }
  const rig = await startRig(t, { ...trusting, tls: good })
  t.equal((await rig.signIn()).user, 'alice')
})

t.test('S-244: so is every endpoint that its metadata names', async (t) => {
  for (const [endpoint, code] of [
    ['token_endpoint', 'token'],
    ['jwks_uri', 'jwks'],
    ['userinfo_endpoint', 'userinfo'],
  ] as const) {
    for (const [name, , tls] of bad.slice(1)) {
      const impostor = await startRig(t, { tls })
      const rig = await startRig(t, { ...trusting, tls: good })
      rig.op.bends.metadata = (document) => ({
        ...document,
        [endpoint]: metadataOf(impostor.op.issuer)[endpoint],
      })
      t.match((await faultOf(rig.signIn())).code, /^PROVIDER_/, `${endpoint} ${name}`)
      t.equal(impostor.op.counts[code], 0)
    }
  }
})

t.test('S-245: NODE_TLS_REJECT_UNAUTHORIZED=0 changes nothing', async (t) => {
  const before = process.env.NODE_TLS_REJECT_UNAUTHORIZED
  t.teardown(() => {
    if (before === undefined) delete process.env.NODE_TLS_REJECT_UNAUTHORIZED
    else process.env.NODE_TLS_REJECT_UNAUTHORIZED = before
  })
  process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'
  const rig = await startRig(t, { tls: good })
  t.equal((await faultOf(rig.signIn())).code, 'PROVIDER_UNREACHABLE')
  t.equal(rig.op.counts.metadata, 0)
})

t.test('a client certificate is shown, and the endpoints for it are used', async (t) => {
  const certificate = ours.issue({ names: ['DNS:gateway.example'] })
  const rig = await startRig(t, {
    tls: { ...good, ca: ours.certificate, requestCert: true },
    settings: () => ({
      ca: ours.certificate,
      authMethod: 'tls_client_auth',
      clientSecret: null,
      clientCertificate: { certificate: certificate.cert, key: new Secret(certificate.key) },
    }),
  })
  rig.op.bends.metadata = (document) => ({
    ...document,
    token_endpoint: 'https://127.0.0.1:1/nowhere',
    mtls_endpoint_aliases: { token_endpoint: document.token_endpoint },
  })
  let shown: unknown
  rig.op.bends.answer = {
    jwks: (request, response) => {
      shown = (request.socket as TLSSocket).getPeerCertificate().subject?.CN
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ keys: rig.op.keys.map(({ jwk }) => jwk) }))
    },
  }
  t.equal((await rig.signIn()).user, 'alice')
  t.match(shown, /^leaf-/)
  t.equal(rig.op.tokenRequests[0]?.body.get('client_id'), 'gateway')
  t.equal(rig.op.tokenRequests[0]?.authorization, undefined)
})

t.test('S-236: what arrives compressed is measured unpacked', async (t) => {
  const compressed = (body: Buffer, encoding: string) => (_: unknown, response: ServerResponse) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': encoding })
    response.end(body)
  }
  const bomb = gzipSync(Buffer.alloc(200_000_000, ' '))
  t.ok(bomb.length < 1024 * 1024, 'small on the wire')
  const rig = await startRig(t, { bends: { answer: { token: compressed(bomb, 'gzip') } } })
  const fault = await faultOf(rig.signIn())
  t.equal(fault.code, 'PROVIDER_RESPONSE_INVALID')
  t.match(fault.message, /more than 1048576 bytes/)

  rig.op.bends = { answer: { token: compressed(Buffer.from('{}'), `${'gzip, '.repeat(1000)}gzip`) } }
  t.match((await faultOf(rig.signIn())).code, /^PROVIDER_/)
  rig.op.bends = { answer: { token: compressed(Buffer.from('{}'), 'gzip') } }
  t.match((await faultOf(rig.signIn())).code, /^PROVIDER_/, 'nor is it compressed at all')
})

t.test(
  'S-235: a provider that hangs holds a few sockets, and nobody for longer than the limit',
  async (t) => {
    const rig = await startRig(t, {
      limits: { timeoutMs: 3_000, maxSockets: 3, signIns: { places: 3, waiting: 20, waitingOfNetwork: 17 } },
    })
    await rig.signIn()
    rig.op.bends = { answer: { token: () => {} } }
    const faults = await Promise.all(Array.from({ length: 40 }, () => faultOf(rig.signIn())))
    t.same(new Set(faults.map(({ code }) => code)), new Set(['PROVIDER_UNREACHABLE', 'PROVIDER_BUSY']))
    t.ok(rig.op.sockets.most <= 3, `${rig.op.sockets.most} sockets`)
    const refused = faults.filter(({ code }) => code === 'PROVIDER_BUSY')
    t.equal(refused.length, 20, 'the rest is refused at once')
    rig.op.bends = {}
    t.equal((await rig.signIn()).user, 'alice')
  },
)

t.test('an answer that is no HTTP, and a provider that is not there', async (t) => {
  const rig = await startRig(t)
  rig.op.bends = { answer: { metadata: (request) => void request.socket.end('SSH-2.0-OpenSSH_9.2\r\n') } }
  const garbled = await faultOf(rig.signIn())
  t.equal(garbled.code, 'PROVIDER_RESPONSE_INVALID')
  t.match(garbled.message, /: what it answers is no HTTP\/1\.1 \(HTTPParserError\)$/)

  const gone = await startRig(t)
  await gone.op.close()
  const fault = await faultOf(gone.provider.authorizationUrl(transactionFor(gone.settings), redirectUri))
  t.equal(fault.code, 'PROVIDER_UNREACHABLE')
  t.match(fault.message, /: nothing listens there: .* \(ECONNREFUSED\)$/)
  const unnamed = await startRig(t, { settings: () => ({ issuer: 'https://op.invalid' }) })
  t.match(
    (await faultOf(unnamed.signIn())).message,
    /: its name (?:is unknown|could not be looked up).*\((?:ENOTFOUND|EAI_AGAIN)\)$/,
  )
})

/** A proxy that only tunnels, and remembers where to. */
async function startTunnel(t: Test): Promise<{ url: string; asked: string[] }> {
  const asked: string[] = []
  const sockets = new Set<Socket>()
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`)
    response.writeHead(502).end()
  })
  server.on('connect', (request, socket: Socket) => {
    asked.push(`CONNECT ${request.url}`)
    const [host = '', port = ''] = (request.url ?? '').split(':')
    const onward = connect(Number(port), host, () => socket.write('HTTP/1.1 200 OK\r\n\r\n'))
    onward.pipe(socket).pipe(onward)
    for (const end of [onward, socket]) {
      sockets.add(end)
      end.on('error', () => {})
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
    server.closeAllConnections()
  })
  return { url: `http://127.0.0.1:${portOf(server)}`, asked }
}

t.test('S-249: HTTPS_PROXY and NO_PROXY', async (t) => {
  const tunnel = await startTunnel(t)
  const proxied = await startRig(t, { ...trusting, tls: good, httpsProxy: tunnel.url })
  t.equal((await proxied.signIn()).user, 'alice')
  t.same(new Set(tunnel.asked), new Set([`CONNECT ${new URL(proxied.op.issuer).host}`]))

  tunnel.asked.length = 0
  const excepted = await startRig(t, {
    ...trusting,
    tls: good,
    httpsProxy: tunnel.url,
    noProxy: 'x.example,127.0.0.1',
  })
  t.equal((await excepted.signIn()).user, 'alice')
  const plain = await startRig(t, { httpsProxy: tunnel.url })
  t.equal((await plain.signIn()).user, 'alice')
  t.same(tunnel.asked, [])

  const impostor = await startRig(t, { tls: good, httpsProxy: tunnel.url })
  t.match(
    (await faultOf(impostor.signIn())).message,
    /ca_file/,
    'the certificate is checked through the proxy too',
  )
  t.equal(impostor.op.counts.metadata, 0)
})

t.test('S-249: a proxy that breaks off before it answers is asked once, and named', async (t) => {
  let asked = 0
  const server = createServer()
  server.on('connect', (_request, socket: Socket) => {
    asked += 1
    socket.destroy()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const httpsProxy = `http://127.0.0.1:${portOf(server)}`
  const rig = await startRig(t, { ...trusting, tls: good, httpsProxy })
  const fault = await faultOf(rig.signIn())
  t.equal(asked, 1)
  t.equal(fault.code, 'PROVIDER_UNREACHABLE')
  t.match(fault.message, /: the proxy that `HTTPS_PROXY` names closed the connection \(HTTPS_PROXY_CLOSED\)$/)
})

t.test('internal_url: we ask there, browsers never do, and the issuer stays the public one', async (t) => {
  const publicIssuer = 'https://op.example'
  const rig = await startRig(t, { settings: (issuer) => ({ issuer: publicIssuer, internalUrl: issuer }) })
  rig.op.bends = {
    metadata: () => metadataOf(publicIssuer),
    claims: (claims) => ({ ...claims, iss: publicIssuer }),
  }
  const url = await rig.provider.authorizationUrl(transactionFor(rig.settings), redirectUri)
  t.equal(url.origin, publicIssuer)
  t.equal((await rig.signIn()).user, 'alice')
  const end = await rig.provider.endSessionUrl(null, 'https://wiki.example.com/', 's')
  t.equal(end?.origin, publicIssuer)
  t.match(rig.op.counts, { metadata: 1, jwks: 1, token: 1, userinfo: 1 })

  rig.op.bends.claims = (claims) => claims
  t.equal((await faultOf(rig.signIn())).code, 'LOGIN_TOKEN_INVALID', 'a token of the internal address')
  const strict = await startRig(t, { settings: (issuer) => ({ issuer: publicIssuer, internalUrl: issuer }) })
  t.match((await faultOf(strict.signIn())).message, /issuer is "https:\/\/op.example"/)
})

t.test('internal_url: which address becomes which', async (t) => {
  const rows: readonly [string, string, string | null, string][] = [
    ['https://op.example/token', 'https://op.example', null, 'https://op.example/token'],
    ['https://op.example/token?a=b', 'https://op.example', 'http://op:8080', 'http://op:8080/token?a=b'],
    [
      'https://op.example/realms/a/token',
      'https://op.example/realms/a',
      'http://op:8080',
      'http://op:8080/realms/a/token',
    ],
    [
      'https://op.example/realms/a/token',
      'https://op.example/realms/a',
      'http://op:8080/auth/realms/a',
      'http://op:8080/auth/realms/a/token',
    ],
    [
      'https://op.example/realms/a/token',
      'https://op.example/realms/a/',
      'http://op:8080/x/',
      'http://op:8080/x/token',
    ],
    [
      'https://op.example/realms/abc',
      'https://op.example/realms/a',
      'http://op:8080/x',
      'http://op:8080/realms/abc',
    ],
    ['https://op.example/other', 'https://op.example/realms/a', 'http://op:8080/x', 'http://op:8080/other'],
    ['https://keys.example/jwks', 'https://op.example', 'http://op:8080', 'https://keys.example/jwks'],
    ['http://op.example/token', 'https://op.example', 'http://op:8080', 'http://op.example/token'],
  ]
  for (const [address, issuer, internalUrl, expected] of rows)
    t.equal(internalAddress(address, issuer, internalUrl), expected, `${address} of ${issuer}`)
})

t.test('a closed provider leaves no socket behind', async (t) => {
  const rig = await startRig(t)
  await rig.signIn()
  await rig.provider.close()
  while (rig.op.sockets.open > 0) await new Promise((resolve) => setImmediate(resolve))
  t.equal(rig.op.sockets.open, 0)
})
