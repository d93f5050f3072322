// What an operator reads when an app cannot be had, by real sockets and real TLS: the app, its address, how far it came,
// and what would be right.
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import https from 'node:https'
import net, { type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import t, { type Test } from 'tap'
import type { UpstreamSettings } from '../../src/core/gateway.ts'
import { freePort } from '../support/ports.ts'
import { createAuthority } from '../support/tls.ts'
import { begin, opened, request, settings } from './rig.ts'

const authority = createAuthority()
const good = authority.issue({ names: ['DNS:localhost', 'IP:127.0.0.1'] })

async function listening(t: Test, server: net.Server): Promise<number> {
  const sockets = new Set<net.Socket>()
  server.on('connection', (socket: net.Socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
  })
  server.on('tlsClientError', () => {})
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(async () => {
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  })
  return (server.address() as AddressInfo).port
}

/** What is said of an upstream, without the place in front, which it must have. */
async function said(
  t: Test,
  upstream: UpstreamSettings,
  more = {},
): Promise<readonly [string | null, string]> {
  const { outcome, message } = begin(opened(t), request(upstream, more))
  const { code } = await outcome
  const place = `app wiki, ${upstream.socketPath === null ? upstream.origin : `unix:${upstream.socketPath}`}: `
  t.ok(message().startsWith(place), `${message()} begins with ${place}`)
  return [code, message().slice(place.length)]
}

const overTls = { scheme: 'https', ca: authority.certificate } as const
const secure = (options: https.ServerOptions) =>
  https.createServer(options, (_request, response) => response.end('x'))

t.test('nothing listens, no such name', async (t) => {
  t.same(await said(t, settings(await freePort())), [
    'UPSTREAM_UNREACHABLE',
    'nothing listens there: it does not run, or listens at another port or address (ECONNREFUSED)',
  ])
  t.match(await said(t, settings(80, { hostname: 'no-such-host.invalid' })), [
    'UPSTREAM_UNREACHABLE',
    /^its name (is unknown: no name server and no hosts file has it|could not be looked up.*) \((ENOTFOUND|EAI_AGAIN)\)$/,
  ])
})

t.test('it speaks TLS, and the file says http', async (t) => {
  const port = await listening(t, secure(good))
  const mismatch = ['UPSTREAM_TLS', 'it speaks TLS, the file says http: write https in `upstream`']
  t.same(await said(t, settings(port)), mismatch)
  t.same(await said(t, settings(port), { method: 'POST', body: Readable.from(['x']) }), mismatch)
  const mutual = { ...good, ca: authority.certificate, requestCert: true, rejectUnauthorized: true }
  t.same(await said(t, settings(await listening(t, secure(mutual)))), mismatch)
})

t.test('whether it speaks TLS is asked once a minute, with nothing of a request', async (t) => {
  let bytes = Buffer.alloc(0)
  let connections = 0
  const server = net.createServer((socket) => {
    connections += 1
    socket.once('data', (chunk) => {
      if (chunk[0] === 0x16) bytes = Buffer.concat([bytes, chunk])
      socket.destroy()
    })
  })
  const port = await listening(t, server)
  const upstreams = opened(t)
  const closes =
    'it closed the connection without an answer: it broke off or was restarted, or does not speak http'
  for (let i = 0; i < 3; i++) {
    const { outcome, message } = begin(upstreams, request(settings(port), { path: '/secret-path' }))
    t.same(
      [(await outcome).code, message()],
      ['UPSTREAM_ABORTED', `app wiki, http://127.0.0.1:${port}: ${closes} (UND_ERR_SOCKET)`],
    )
  }
  t.equal(connections, 4, 'three requests, and one question')
  t.ok(bytes.length > 0)
  t.notMatch(bytes.toString('latin1'), /secret-path|canary/)
})

t.test('what has answered over http is not asked whether it speaks TLS', async (t) => {
  let connections = 0
  const server = net.createServer((socket) => {
    connections += 1
    const last = connections > 1
    socket.once('data', () => {
      if (last) socket.destroy()
      else socket.end('HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
    })
  })
  const upstreams = opened(t)
  const to = request(settings(await listening(t, server)))
  t.equal((await begin(upstreams, to).outcome).code, null)
  t.equal((await begin(upstreams, to).outcome).code, 'UPSTREAM_ABORTED')
  t.equal(connections, 2)
})

t.test('who is no longer there hears nothing of it', async (t) => {
  const server = net.createServer((socket) => {
    socket.once('data', (chunk) => {
      if (chunk[0] !== 0x16) socket.destroy()
      else asked()
    })
  })
  let asked = () => {}
  const question = new Promise<void>((resolve) => {
    asked = resolve
  })
  const { exchange, outcome } = begin(opened(t), request(settings(await listening(t, server))))
  await question
  exchange.cancel()
  const told = await Promise.race([outcome, new Promise((resolve) => setImmediate(resolve, 'nothing'))])
  t.equal(told, 'nothing')
})

t.test('it speaks http, and the file says https', async (t) => {
  const port = await listening(
    t,
    http.createServer((_request, response) => response.end('x')),
  )
  t.same(await said(t, settings(port, overTls)), [
    'UPSTREAM_TLS',
    'it speaks no TLS there, and the address says https: write http, or another port (ERR_SSL_WRONG_VERSION_NUMBER)',
  ])
  const closes = net.createServer((socket) => socket.once('data', () => socket.destroy()))
  t.match(await said(t, settings(await listening(t, closes), overTls)), [
    'UPSTREAM_ABORTED',
    /^it closed the connection in the TLS handshake: it may speak http.* \(ECONNRESET\)$/,
  ])
})

t.test('certificates that are not accepted', async (t) => {
  const expired = authority.issue({ names: ['IP:127.0.0.1'], expired: true })
  const day = new Date(new (await import('node:crypto')).X509Certificate(expired.cert).validTo)
    .toISOString()
    .slice(0, 10)
  t.same(await said(t, settings(await listening(t, secure(expired)), overTls)), [
    'UPSTREAM_TLS',
    `its certificate ended on ${day}: it needs a new one (CERT_HAS_EXPIRED)`,
  ])
  const other = authority.issue({ names: ['DNS:other.example'] })
  t.same(await said(t, settings(await listening(t, secure(other)), overTls)), [
    'UPSTREAM_TLS',
    'its certificate is for other.example, and not for the host of this address: write that name in the address, or give it a certificate for this one (ERR_TLS_CERT_ALTNAME_INVALID)',
  ])
  const unknown = settings(await listening(t, secure(good)), { scheme: 'https' })
  t.match(await said(t, unknown), [
    'UPSTREAM_TLS',
    /an authority that is not known here.*`upstream\.ca_file`/,
  ])
})

t.test('no version of TLS, no client certificate', async (t) => {
  const old = { ...good, minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' } as const
  t.match(await said(t, settings(await listening(t, secure(old)), overTls)), [
    'UPSTREAM_TLS',
    /^it ended the TLS handshake: it speaks no version of TLS that is accepted here/,
  ])
  const mutual = { ...good, ca: authority.certificate, requestCert: true, rejectUnauthorized: true }
  t.match(await said(t, settings(await listening(t, secure(mutual)), overTls)), [
    /UPSTREAM_/,
    /client certificate/,
  ])
})

t.test('it is slow: before TLS, before the answer, in its midst, and with a body', async (t) => {
  const mute = settings(await listening(t, net.createServer()))
  const timeouts = {
    connectSeconds: 1,
    responseSeconds: 1,
    idleSeconds: 1,
    keepAliveSeconds: null,
    body: null,
  }
  t.same(await said(t, { ...mute, ...overTls, origin: `https://127.0.0.1:${mute.port}` }, { timeouts }), [
    'UPSTREAM_TIMEOUT',
    'it took the connection and did not finish the TLS handshake within 1 s (`timeouts.connect`): it may speak http, not TLS',
  ])
  const nothing = 'it answered nothing for 1 s after the request was sent (`timeouts.response`)'
  t.same(await said(t, mute, { timeouts }), ['UPSTREAM_TIMEOUT', nothing])
  t.same(await said(t, mute, { timeouts, method: 'POST', body: Readable.from(['x']) }), [
    'UPSTREAM_TIMEOUT',
    nothing,
  ])
  const silent = http.createServer((_request, response) => void response.writeHead(200).write('x'))
  t.same(await said(t, settings(await listening(t, silent)), { timeouts }), [
    'UPSTREAM_TIMEOUT',
    'it sent nothing more of its answer for 1 s (`timeouts.idle`)',
  ])
  const endless = new Readable({
    read() {
      this.push(Buffer.alloc(1 << 20))
    },
  })
  const paused = net.createServer((socket) => socket.pause())
  t.same(await said(t, settings(await listening(t, paused)), { timeouts, method: 'POST', body: endless }), [
    'UPSTREAM_TIMEOUT',
    'it took nothing of the request’s body for 1 s (`timeouts.idle`)',
  ])
})

t.test('what answers is no HTTP, breaks off, or answers too much', async (t) => {
  const answers = async (text: string, ends = true) =>
    settings(
      await listening(
        t,
        net.createServer((socket) => {
          socket.once('data', () => (ends ? socket.end(text) : socket.write(text)))
        }),
      ),
    )
  t.same(await said(t, await answers('SSH-2.0-OpenSSH_9\r\n', false)), [
    'UPSTREAM_RESPONSE_INVALID',
    'what it answers is no HTTP/1.1 (HPE_INVALID)',
  ])
  t.match(await said(t, await answers('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc')), [
    /UPSTREAM_(ABORTED|RESPONSE_INVALID)/,
    /^it broke off in the midst of its answer|^its answer is not as long as its Content-Length says/,
  ])
  t.same(await said(t, await answers(`HTTP/1.1 200 OK\r\nX: ${'x'.repeat(70_000)}\r\n\r\n`)), [
    'UPSTREAM_RESPONSE_INVALID',
    'the head of its answer is longer than is read (UND_ERR_HEADERS_OVERFLOW)',
  ])
})

t.test('Unix sockets that are not there, or are none', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'claimgate-words-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const at = (name: string) => settings(80, { hostname: 'localhost', socketPath: join(folder, name) })
  t.match(await said(t, at('none.sock')), ['UPSTREAM_UNREACHABLE', /^there is no such socket.* \(ENOENT\)$/])
  writeFileSync(join(folder, 'file'), '')
  t.match(await said(t, at('file')), [
    'UPSTREAM_UNREACHABLE',
    /^nothing listens at this socket.* \(ECONNREFUSED\)$/,
  ])
  t.match(await said(t, at('file/x')), [
    'UPSTREAM_UNREACHABLE',
    /^a part of the path is no folder \(ENOTDIR\)$/,
  ])
  chmodSync(folder, 0o700)
})
