// A handshake that is answered in plain HTTP: the bytes, and the end of the connection.
import { duplexPair } from 'node:stream'
import t from 'tap'
import type { AnswerHead } from '../../../src/core/ports.ts'
import { endWith, headText } from '../../../src/http/websocket/plain-answer.ts'
import { settled } from '../../support/held-connection.ts'

const head = (statusCode: number, more: Partial<AnswerHead> = {}): AnswerHead => ({
  statusCode,
  reasonPhrase: null,
  headers: [],
  ...more,
})

t.test('a status line has the phrase that is given, or the usual one, or one at all', async (t) => {
  for (const [statusCode, reasonPhrase, line] of [
    [403, 'Not so', '403 Not so'],
    [403, '', '403 '],
    [403, null, '403 Forbidden'],
    [499, null, '499 Answer'],
  ] as const) {
    t.equal(headText(head(statusCode, { reasonPhrase })), `HTTP/1.1 ${line}\r\n\r\n`)
  }
})

t.test(
  'its length is that of the body that is given, but for a 304, and the connection is over',
  async (t) => {
    const headers = ['X-A', '1', 'Content-Length', '99', 'content-length', '7', 'X-B', 'Content-Length']
    for (const [statusCode, length] of [
      [403, 'Content-Length: 3\r\n'],
      [304, ''],
    ] as const) {
      const [side, client] = duplexPair()
      let text = ''
      client.on('data', (piece: Buffer) => {
        text += piece.toString('latin1')
      })
      endWith(side, head(statusCode, { reasonPhrase: 'P', headers }), Buffer.from('\xe9no', 'latin1'))
      await settled()
      t.equal(
        text,
        `HTTP/1.1 ${statusCode} P\r\nX-A: 1\r\nX-B: Content-Length\r\n${length}Connection: close\r\n\r\n\xe9no`,
      )
      t.ok(side.destroyed)
    }
  },
)
