// WebSockets and event streams that a client certificate opened, or let in beside something else: how long they last.
import t from 'tap'
import { systemClock } from '../../src/runtime/clock.ts'
import { type AskingClient, startAskingGateway } from '../support/asking-gateway.ts'
import { createClientAuthority } from '../support/client-authority.ts'
import { freePort } from '../support/ports.ts'
import { answerHeads, recordingUpstream } from '../support/upstream.ts'
import { startWebSocketApp } from '../support/websocket-app.ts'

const day = 24 * 60 * 60
const partners = createClientAuthority('Partners')
const streams = await recordingUpstream({
  answer: answerHeads('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: hello\n\n'),
})
const sockets = await startWebSocketApp()
const nobody = await freePort()
const yaml = `
providers: { op: { issuer: "http://127.0.0.1:${nobody}", client_id: c, client_secret: s } }
client_certificates: { authorities: { partners: { ca_file: partners.pem, crl_file: partners.crl } } }
apps:
  sockets:
    url: "https://api.example.com/sockets"
    upstream: "${sockets.url}"
    shared_secret: a-shared-secret-of-thirty-two-bytes-and-more
    websocket: true
    locations:
      - { path: /sockets/fact, require: { certificate: { authority: partners } } }
      - { path: /sockets/credential, require: signed_in, credentials: [client_certificate] }
      - { path: /sockets/open, require: anyone }
  streams:
    url: "https://api.example.com/streams"
    upstream: "http://127.0.0.1:${streams.port}"
    shared_secret: another-secret-of-thirty-two-bytes-and-more
    locations:
      - { path: /streams/fact, require: { certificate: { authority: partners } } }
      - { path: /streams/credential, require: signed_in, credentials: [client_certificate] }
      - { path: /streams/open, require: anyone }
`
let laterBy = 0
const clock = { ...systemClock, now: () => systemClock.now() + laterBy }
const gateway = await startAskingGateway(
  yaml,
  { 'partners.pem': partners.cert, 'partners.crl': partners.crl(7) },
  clock,
)
t.teardown(async () => {
  await gateway.close()
  await Promise.all([streams.close(), sockets.close()])
})
const alice = partners.issue('alice', { days: [-1, 2] })

async function openSocket(where: string): Promise<AskingClient> {
  const client = await gateway.open({ of: alice })
  const lines = ['Host: api.example.com', 'Origin: https://api.example.com', 'Upgrade: websocket']
  const more = [
    'Connection: Upgrade',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Version: 13',
  ]
  client.socket.write([`GET /sockets/${where} HTTP/1.1`, ...lines, ...more, '', ''].join('\r\n'))
  await client.until((text) => /^HTTP\/1\.1 101 .*\r\n\r\n/s.test(text))
  return client
}

async function openStream(where: string): Promise<AskingClient> {
  const client = await gateway.open({ of: alice })
  client.socket.write(`GET /streams/${where} HTTP/1.1\r\nHost: api.example.com\r\n\r\n`)
  await client.until((text) => text.includes('data: hello'))
  return client
}

const openAll = async (open: (where: string) => Promise<AskingClient>) => ({
  fact: await open('fact'),
  credential: await open('credential'),
  anyone: await open('open'),
})

t.test('they end with the certificate, also those that it let in as a fact alone', async (t) => {
  const [socket, stream] = [await openAll(openSocket), await openAll(openStream)]
  laterBy = 3 * day
  for (const one of [socket.fact, socket.credential])
    t.match((await one.until((text) => text.includes('\x88\x02'))).slice(-4), '\x88\x02\x03\xf0', '1008')
  for (const one of [stream.fact, stream.credential])
    t.match(await one.until((text) => text.includes('\r\n0\r\n\r\n')), 'data: hello')
  const ended = gateway.log.filter(({ event }) => event === 'event-stream.ended')
  t.same(ended.map(({ location, reason }) => `${location} ${reason}`).toSorted(), [
    '/streams/credential no-credential',
    '/streams/fact client-certificate',
  ])
  t.notMatch(socket.anyone.text(), '\x88\x02', 'what is open to anyone goes on')
  t.notMatch(stream.anyone.text(), '\r\n0\r\n\r\n')
  laterBy = 0
  for (const one of [socket.anyone, stream.anyone]) one.socket.destroy()
})

t.test('they end at once when a revocation list changes', async (t) => {
  const [socket, stream] = [await openAll(openSocket), await openAll(openStream)]
  partners.revoke(partners.issue('lost'))
  t.match(await gateway.change({ 'partners.crl': partners.crl(7) }), { event: 'config.loaded' })
  for (const one of Object.values(socket))
    t.match((await one.until((text) => text.includes('\x88\x02'))).slice(-4), '\x88\x02\x03\xf4', '1012')
  for (const one of Object.values(stream)) t.match(await one.closed(), /\r\n0\r\n\r\n$/)
})
