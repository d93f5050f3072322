import t from 'tap'
import { answerHead } from '../../src/upstream/answer-head.ts'

t.test('a reason phrase is told byte for byte, unless node:http would not write it', async (t) => {
  // As undici has it: the bytes of the status line, read as UTF-8.
  for (const [statusText, told] of [
    ['OK', null], // that of the status: the same bytes
    ['ok', 'ok'],
    ['Not Found', 'Not Found'],
    ['', ''],
    ['Not  Found\there', 'Not  Found\there'],
    ['Größe', 'Gr\u00c3\u00b6\u00c3\u009fe'],
    ['a\u0000b', null],
    ['a\u001b[31m', null],
    ['a\u007fb', null],
    ['a\u0085b', null],
    ['no UTF-8: \ufffd', null],
  ] as const) {
    t.equal(answerHead(200, [], statusText).reasonPhrase, told, JSON.stringify(statusText))
  }
})

t.test('the bytes of headers stay as they are', async (t) => {
  const raw = ['X-A', 'caf\u00e9', 'x-a', ''].map((text) => Buffer.from(text, 'latin1'))
  t.same(answerHead(418, raw, ''), {
    statusCode: 418,
    reasonPhrase: '',
    headers: ['X-A', 'caf\u00e9', 'x-a', ''],
  })
})
