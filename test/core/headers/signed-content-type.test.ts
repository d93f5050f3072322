// Of a client's own headers a signature holds for Content-Type alone: what signers read in different ways is refused, so that
// no client makes AWS refuse the gateway.
import t from 'tap'
import { isUnsignableType } from '../../../src/core/headers/signed-content-type.ts'

const read = (...types: readonly string[]) => {
  const headers = ['Accept', 'a\tb', ...types.flatMap((type) => ['Content-Type', type])]
  return isUnsignableType([...headers, 'X-Own', 'ours'], headers.length)
}

t.test('what people and programs send goes', async (t) => {
  t.equal(read(), false)
  for (const type of [
    '',
    'text/plain',
    'application/json; charset=utf-8',
    'text/plain;  charset=utf-8',
    'multipart/form-data; boundary=----WebKitFormBoundary7MA4YWxkTrZu0gW',
    `multipart/form-data; boundary="gc0p4Jq0M2Yt08j34c0p'()+_,-./:=?"`,
    'multipart/form-data; boundary="a b"',
    'a,,b',
    '~',
  ])
    t.equal(read(type), false, type)
})

t.test('what signers read in different ways does not', async (t) => {
  for (const type of [
    'text/plain;\tcharset=utf-8',
    'text/plain; name="\u00e9"',
    '\u00a0text/plain',
    'text/plain\u0085',
    'text/plain;\u007f',
    'multipart/form-data; boundary="a  b"',
    'multipart/form-data; boundary="a b"; x="c  d"',
  ])
    t.equal(read(type), true, JSON.stringify(type))
  t.equal(read('text/plain', 'text/plain'), true, 'twice')
  t.equal(isUnsignableType(['content-type', 'a', 'CONTENT-TYPE', 'b'], 4), true)
})

t.test('only lines of the client are looked at, and names alone are names', async (t) => {
  t.equal(isUnsignableType(['Content-Type', 'a', 'Content-Type', 'b\t'], 2), false)
  t.equal(isUnsignableType(['X-A', 'content-type', 'X-B', 'content-type'], 4), false)
})
