// What undici does, measured on the version we ship; src/upstream rests on it.

import { connect } from 'node:tls'
import t from 'tap'
import { Client, type Dispatcher, Pool } from 'undici'
import { createAuthority } from '../support/tls.ts'
import { answerHeads, recordingUpstream } from '../support/upstream.ts'

interface Heard {
  readonly calls: string[]
  readonly headers: unknown[]
}

function listen(done: () => void): Dispatcher.DispatchHandler & Heard {
  const calls: string[] = []
  const headers: unknown[] = []
  return {
    calls,
    headers,
    onConnect: () => void calls.push('connect'),
    onHeaders: (status, raw) => {
      calls.push(`headers ${status}`)
      headers.push(raw)
      return true
    },
    onData: (chunk) => {
      calls.push(`data ${chunk}`)
      return true
    },
    onComplete: (trailers) => {
      calls.push(`complete ${trailers?.map(String)}`)
      done()
    },
    onError: (error) => {
      calls.push(`error ${(error as NodeJS.ErrnoException).code}`)
      done()
    },
  }
}

t.test('the raw callbacks: interim answers, headers as bytes, trailers apart', async (t) => {
  const upstream = await recordingUpstream({
    answer: answerHeads(
      'HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nX-A: \xe9\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-T: t\r\n\r\n',
    ),
  })
  const pool = new Pool(`http://127.0.0.1:${upstream.port}`)
  t.teardown(async () => {
    await pool.destroy()
    await upstream.close()
  })
  const heard = await new Promise<Heard>((resolve) => {
    const handler = listen(() => resolve(handler))
    pool.dispatch({ method: 'GET', path: '/', headers: ['Host', 'h'] }, handler)
  })
  t.strictSame(heard.calls, ['connect', 'headers 103', 'headers 200', 'data ok', 'complete X-T,t'])
  t.ok(heard.headers.flat().every((bytes) => Buffer.isBuffer(bytes)))
})

t.test('the server name follows the Host header unless a connector says otherwise', async (t) => {
  const authority = createAuthority()
  const upstream = await recordingUpstream({ tls: authority.issue({ names: ['DNS:localhost'] }) })
  const pool = new Pool(`https://localhost:${upstream.port}`, { connect: { ca: authority.certificate } })
  t.teardown(async () => {
    await pool.destroy()
    await upstream.close()
  })
  const heard = await new Promise<Heard>((resolve) => {
    const handler = listen(() => resolve(handler))
    pool.dispatch({ method: 'GET', path: '/', headers: ['Host', 'wiki.example.com'] }, handler)
  })
  t.strictSame(heard.calls, ['error ERR_TLS_CERT_ALTNAME_INVALID'])
})

t.test('a request that is aborted is not sent again, though its client connects anew', async (t) => {
  const upstream = await recordingUpstream({ answer: () => null })
  const pool = new Pool(`http://127.0.0.1:${upstream.port}`)
  t.teardown(async () => {
    await pool.destroy()
    await upstream.close()
  })
  let abort: (() => void) | undefined
  const handler = listen(() => {})
  handler.onConnect = (stop) => {
    abort = stop
  }
  pool.dispatch({ method: 'GET', path: '/', headers: ['Host', 'h'] }, handler)
  await upstream.until(() => upstream.requests() === 1)
  abort?.()
  await upstream.until(() => upstream.connections[0]?.closed === true && upstream.connections.length === 2)
  t.strictSame(handler.calls, ['error UND_ERR_ABORTED'])
  t.equal(upstream.connections[1]?.received, '')
})

t.test('a GET that was written to a used connection is not written again when that closes', async (t) => {
  for (const end of ['end', 'resetAndDestroy'] as const) {
    const upstream = await recordingUpstream()
    const client = new Client(`http://127.0.0.1:${upstream.port}`)
    t.teardown(async () => {
      await client.destroy()
      await upstream.close()
    })
    const ask = () =>
      new Promise<readonly string[]>((resolve) => {
        const handler = listen(() => resolve(handler.calls))
        client.dispatch({ method: 'GET', path: '/', headers: ['Host', 'h'] }, handler)
      })
    t.strictSame(await ask(), ['connect', 'headers 200', 'data ok', 'complete '])
    upstream.answerWith(({ socket }) => {
      socket[end]()
      return null
    })
    const [first, error] = await ask()
    t.equal(first, 'connect', 'said when it is written')
    t.match(error, end === 'end' ? 'error UND_ERR_SOCKET' : /error (ECONNRESET|UND_ERR_SOCKET)/)
    t.equal(upstream.requests(), 2)
  }
})

t.test('a used connection that closes before a request is written to it: a new one, once', async (t) => {
  const upstream = await recordingUpstream()
  const client = new Client(`http://127.0.0.1:${upstream.port}`)
  t.teardown(async () => {
    await client.destroy()
    await upstream.close()
  })
  const ask = () =>
    new Promise<readonly string[]>((resolve) => {
      const handler = listen(() => resolve(handler.calls))
      client.dispatch({ method: 'GET', path: '/', headers: ['Host', 'h'] }, handler)
    })
  await ask()
  const closed = new Promise((resolve) => client.once('disconnect', resolve))
  upstream.connections[0]?.socket.end()
  await closed
  t.strictSame(await ask(), ['connect', 'headers 200', 'data ok', 'complete '])
  t.equal(upstream.connections.length, 2)
  t.equal(upstream.requests(), 2)
})

t.test(
  'the bytes that a TLS socket has read are those of HTTP, no handshake and no ticket, also when it is closed',
  async (t) => {
    const authority = createAuthority()
    const upstream = await recordingUpstream({ tls: authority.issue({ names: ['DNS:localhost'] }) })
    t.teardown(() => upstream.close())
    const socket = connect({ port: upstream.port, host: 'localhost', ca: authority.certificate })
    await new Promise((resolve) => socket.once('secureConnect', resolve))
    t.equal(socket.bytesRead, 0)
    socket.write('GET / HTTP/1.1\r\n\r\n')
    const answer = await new Promise<Buffer>((resolve) => socket.once('data', resolve))
    t.equal(socket.bytesRead, answer.length)
    const closed = new Promise((resolve) => socket.once('close', resolve))
    upstream.connections[0]?.socket.end()
    socket.on('end', () => socket.destroy())
    await closed
    t.equal(socket.bytesRead, answer.length)
  },
)
