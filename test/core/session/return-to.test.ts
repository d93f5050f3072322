import t from 'tap'
import { limits } from '../../../src/core/limits/table.ts'
import { readTarget } from '../../../src/core/request/target.ts'
import { readReturnTo } from '../../../src/core/session/return-to.ts'
import { corpus, shown } from '../../corpus/lines.ts'
import { generateTargets } from '../../corpus/targets.ts'

const origin = 'https://gw.example'
const read = (raw: string | null | undefined): string => readReturnTo(raw, '/.auth')

t.test('a path of the origin is kept, in the form that a browser sends', async (t) => {
  const cases: readonly (readonly [string, string])[] = [
    ['/', '/'],
    ['/deep/link?a=b&c=%2F..', '/deep/link?a=b&c=%2F..'],
    ['/x?next=//evil.test', '/x?next=//evil.test'],
    ['/x?', '/x?'],
    ['/a%2fb', '/a%2Fb'],
    ['/a;b//c', '/a;b//c'],
    ['/What%3f/x%252e', '/What%3F/x%252e'],
    ['/.authority', '/.authority'],
    ['/.well-known/x', '/.well-known/x'],
    ['/x?a=\\b{}|^`', '/x?a=\\b{}|^`'],
  ]
  for (const [raw, address] of cases) t.equal(read(raw), address, shown(raw))
})

t.test('S-097: what a header cannot carry is percent-encoded', async (t) => {
  const cases: readonly (readonly [string, string])[] = [
    ['/é?ü=ö', '/%C3%A9?%C3%BC=%C3%B6'],
    ['/😀', '/%F0%9F%98%80'],
    ['/\u2028x', '/%E2%80%A8x'],
    ['/a b?c d', '/a%20b?c%20d'],
    ['/a"<b>', '/a%22%3Cb%3E'],
    ["/x?a='b'", '/x?a=%27b%27'],
  ]
  for (const [raw, address] of cases) t.equal(read(raw), address, shown(raw))
})

t.test('a fragment is dropped: the request that comes back has none', async (t) => {
  t.equal(read('/page#part'), '/page')
  t.equal(read('/page?x#/../y'), '/page?x')
})

t.test('S-092 … S-095, S-098, S-099: whatever is not plainly a page of this origin becomes /', async (t) => {
  for (const raw of corpus('return-to.txt')) t.equal(read(raw), '/', shown(raw))
})

t.test('nothing, lone surrogates and long addresses become /', async (t) => {
  for (const raw of [undefined, null, '', '/\ud800', '/x?\udc00']) t.equal(read(raw), '/')
  t.equal(read(`/${'a'.repeat(limits.returnToBytes - 1)}`).length, limits.returnToBytes)
  t.equal(read(`/${'a'.repeat(limits.returnToBytes)}`), '/')
  t.equal(read(`/${'é'.repeat(limits.returnToBytes / 4)}`), '/', 'too long once encoded')
})

t.test('never below the auth prefix, whatever it is called', async (t) => {
  for (const raw of [
    '/.auth%2Flogout',
    '/.auth;x/logout',
    '/%252Eauth/logout',
    '/.auth%3F/x',
    '/.auth//logout',
  ])
    t.equal(read(raw), '/', raw)
  t.equal(readReturnTo('/gate/keeper/logout', '/gate/keeper'), '/')
  t.equal(readReturnTo('/gate%2Fkeeper/logout', '/gate/keeper'), '/')
  t.equal(readReturnTo('/gate/k%65eper', '/gate/keeper'), '/')
  t.equal(readReturnTo('/gate/x', '/gate/keeper'), '/gate/x')
})

t.test('a page whose first segment differs from the auth prefix by case is a page of the app', async (t) => {
  for (const raw of ['/Auth/settings', '/AUTH', '/%EF%BD%81uth/x']) t.equal(readReturnTo(raw, '/auth'), raw)
})

t.test('S-102: a browser that follows any of them stays on the origin and sends just that', async (t) => {
  const raws = [...corpus('return-to.txt'), ...generateTargets(3000, 7)]
  const decoded = raws.flatMap((raw) => (URL.canParse(`x:${raw}`) ? [raw, unescape(raw)] : [raw]))
  for (const raw of decoded) {
    const address = read(raw)
    const url = new URL(address, origin)
    if (url.href !== origin + address) t.fail(`${JSON.stringify(raw)} became ${address}, read as ${url.href}`)
    if (!/^[\x21-\x7e]+$/.test(address)) t.fail(`${JSON.stringify(raw)} became ${JSON.stringify(address)}`)
    const reading = readTarget(address)
    if (!reading.ok) t.fail(`${address} would be refused when the browser asks for it: ${reading.reason}`)
    if (read(address) !== address) t.fail(`${address} does not stay as it is`)
  }
  t.ok(decoded.length > 3000, `${decoded.length} addresses were followed`)
})
