// Two processes of one gateway on one store: what a provider ends by the one has ended in the other, with its open
// WebSocket.
import t from 'tap'
import { Browser } from '../support/browser.ts'
import { startEcho } from '../support/echo.ts'
import { firstKey, signJwt, startHostileOp } from '../support/hostile-op.ts'
import { newPlace, startProcess } from '../support/process.ts'
import { rawClient } from '../support/raw.ts'
import { poll } from '../support/waiting.ts'
import { startWebSocketApp } from '../support/websocket-app.ts'

const op = await startHostileOp({ host: 'localhost' })
const [echo, socketApp] = [await startEcho(), await startWebSocketApp()]
const [first, second] = [await newPlace(), await newPlace()]
const host = `localhost:${first.port}`
const url = `http://${host}`
t.teardown(async () => {
  await Promise.all([op.close(), echo.close(), socketApp.close()])
  first.remove()
  second.remove()
})
for (const place of [first, second]) {
  place.write(`
data: ${JSON.stringify(first.data)}
session: { secret: a-session-secret-of-more-than-thirty-two-bytes }
providers: { op: { issuer: "${op.issuer}", client_id: gateway, client_secret: canary-client-secret-of-32-bytes-or-more } }
apps:
  wiki: { url: "${url}", upstream: "${echo.url}", require: signed_in }
  live: { url: "${url}/live", upstream: "${socketApp.url}", require: signed_in, locations: [{ path: /live/ws, require: signed_in, websocket: true }] }
`)
  const running = await startProcess(place)
  t.teardown(() => running.stop())
}

const bytes = (target: string, cookie: string, ...more: readonly string[]) =>
  [`GET ${target} HTTP/1.1`, `Host: ${host}`, `Cookie: ${cookie}`, ...more, '', ''].join('\r\n')

t.test('a logout token that comes to the one ends the session in the other', async (t) => {
  op.bends.claims = (claims) => ({ ...claims, sid: 's-1' })
  const browser = new Browser()
  const { headers } = await browser.visit(`${url}/`, { follow: false })
  await browser.visit(`${url}/.auth/callback?${op.authorize(new URL(headers.location ?? ''))}`, {
    follow: false,
  })
  const cookie = [...browser.cookies('localhost')].map((pair) => pair.join('=')).join('; ')
  const handshake = ['Upgrade: websocket', 'Connection: Upgrade', 'Sec-WebSocket-Version: 13']
  const socket = await rawClient(
    second.port,
    bytes('/live/ws', cookie, ...handshake, 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==', `Origin: ${url}`),
  )
  t.match(await socket.until('\r\n\r\n'), /^HTTP\/1.1 101 /)
  const statusAt = async (place: { readonly port: number }) => {
    const client = await rawClient(place.port, bytes('/', cookie, 'Connection: close'))
    return Number((await client.closed()).slice(9, 12))
  }
  t.equal(await statusAt(second), 200, 'the other remembers it')

  const now = Math.floor(Date.now() / 1000)
  const events = { 'http://schemas.openid.net/event/backchannel-logout': {} }
  const claims = { iss: op.issuer, aud: 'gateway', iat: now, exp: now + 120, jti: 'j-1', sid: 's-1', events }
  const body = new URLSearchParams({
    logout_token: signJwt({ alg: 'RS256', kid: 'k1', typ: 'logout+jwt' }, claims, firstKey().privateKey),
  })
  const answer = await fetch(`${url}/.auth/backchannel-logout`, { method: 'POST', body })
  t.equal(answer.status, 200)
  t.match(await socket.closed(), String.fromCharCode(0x88, 2, 1008 >> 8, 1008 & 0xff))
  t.equal(await statusAt(first), 401)
  await poll(
    'the session to have ended in the other',
    () => statusAt(second),
    (status) => status === 401,
  )
  const again = await fetch(`http://127.0.0.1:${second.port}/.auth/backchannel-logout`, {
    method: 'POST',
    body,
  })
  t.equal(again.status, 421, 'by its own name it is nobody')
})
