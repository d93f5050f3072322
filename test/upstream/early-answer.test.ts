// An app that answers before the end of an upload and closes with bytes unread: TCP resets the connection then, and a
// write of ours that fails must not cost what had come before.
import { createServer, type Socket } from 'node:net'
import { Readable } from 'node:stream'
import { TLSSocket } from 'node:tls'
import t, { type Test } from 'tap'
import { portOf } from '../support/ports.ts'
import { createAuthority } from '../support/tls.ts'
import { type Outcome, opened, request, send, settings, upstreamFor } from './rig.ts'

const answer = 'HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 5\r\n\r\nlarge'

/** A body whose next piece comes when the test says so: in the very turn in which the connection was reset. */
function heldBody(): { readonly body: Readable; readonly more: () => void } {
  const body = new Readable({ read() {} })
  body.push('first')
  return { body, more: () => void body.push('x'.repeat(100)) }
}

/** Sends an upload to an app that ends its connection as told; more of the body is written before anything is read. */
async function upload(t: Test, end: (socket: Socket, more: () => void) => void): Promise<Outcome> {
  const { body, more } = heldBody()
  const upstream = await upstreamFor(t)
  upstream.answerWith(({ socket, received }) => {
    if (received.includes('first')) end(socket, more)
    return null
  })
  return send(opened(t), request(settings(upstream.port), { method: 'POST', body }))
}

const large = { statusCode: 413, body: 'large', code: null }

t.test('what an app said before it reset the connection is heard, though a write failed first', async (t) => {
  const outcome = await upload(t, (socket, more) => {
    socket.write(answer)
    socket.resetAndDestroy()
    more()
  })
  t.same(outcome, large)
})

t.test('what it said before it closed as well', async (t) => {
  const outcome = await upload(t, (socket, more) => {
    socket.end(answer, () => {
      socket.resetAndDestroy()
      more()
      more()
    })
  })
  t.same(outcome, large)
})

t.test('an app that resets the connection without a word, or in its answer, has failed', async (t) => {
  // And not by UPSTREAM_TIMEOUT: nothing is waited for.
  const words = [
    ['', 'UPSTREAM_ABORTED'],
    ['HTTP/1.1 413 Content', 'UPSTREAM_ABORTED'],
    [answer.slice(0, -1), 'UPSTREAM_RESPONSE_INVALID'],
  ] as const
  for (const [word, code] of words) {
    const outcome = await upload(t, (socket, more) => {
      socket.write(word)
      socket.resetAndDestroy()
      more()
    })
    t.equal(outcome.code, code, JSON.stringify(word))
  }
})

t.test('over TLS the end of a connection ends the request too, with the answer or without', async (t) => {
  const authority = createAuthority()
  const { key, cert } = authority.issue({ names: ['DNS:localhost'] })
  for (const word of [answer, '']) {
    const { body, more } = heldBody()
    const server = createServer((raw) => {
      const socket = new TLSSocket(raw, { isServer: true, key, cert })
      socket.on('error', () => {})
      raw.on('error', () => {})
      socket.on('data', () => {
        socket.write(word === '' ? 'HTTP' : word, () => {
          raw.resetAndDestroy()
          more()
        })
      })
    })
    await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve))
    t.teardown(() => server.close())
    const upstream = settings(portOf(server), {
      scheme: 'https',
      hostname: 'localhost',
      ca: authority.certificate,
    })
    const outcome = await send(opened(t), request(upstream, { method: 'POST', body }))
    if (word === '') t.equal(outcome.code, 'UPSTREAM_ABORTED')
    else t.same(outcome, large)
  }
})
