// Claims in identity headers: what is sent, how, and what is not.
import t from 'tap'
import { upstreamHeaders } from '../../../src/core/headers/request.ts'
import type { Json } from '../../../src/core/json.ts'
import { limits } from '../../../src/core/limits/table.ts'
import type { Principal } from '../../../src/core/principal.ts'
import { shown } from '../../corpus/lines.ts'
import { forwarding, lines, valuesOf } from './apps.ts'
import { alice, plan, sent } from './request-rig.ts'

/** What becomes of one claim, sent in a header of its own. */
function headerOf(claim: Json | undefined): string | null | { readonly why: string } {
  const one = { ...forwarding, identityHeaders: [{ name: 'X-Claim', from: 'claim' }] }
  const principal: Principal = { user: 'u', provider: 'p', claims: claim === undefined ? {} : { claim } }
  const result = upstreamHeaders(plan, {
    rawHeaders: [],
    forwarding: one,
    principal,
    tokens: null,
    clientAddress: null,
    destination: null,
  })
  if (result.ok) return valuesOf(result.headers, 'X-Claim')[0] ?? null
  return result.reason === 'identity-unsendable' ? { why: result.unsendable.why } : { why: result.reason }
}

t.test('S-040, S-041: a claim that is missing leaves no room for the client to fill', async (t) => {
  const nobody: Principal = { user: 'u', provider: 'p', claims: {} }
  const raw = ['X-Forwarded-Email', 'ceo@example.com', 'x-forwarded-groups', 'admin']
  t.same(valuesOf(sent(raw, nobody), 'x-forwarded-email'), [])
  t.same(valuesOf(sent(raw, nobody), 'x-forwarded-groups'), [])
  t.same(lines(sent(raw)), lines(sent([])), 'nor at an open location')
})

t.test('S-057: names of object members are ordinary names, and odd ones harm nobody', async (t) => {
  for (const name of ['constructor', 'toString', 'hasOwnProperty'])
    t.same(valuesOf(sent([name, '1']), name), ['1'])
  t.same(lines(sent(['__proto__', '1'])), lines(sent([])))
  for (let i = 0; i < 2000; i++) sent([`X-Random-${i}`, '1', `X_Random_${i}`, '2', 'x'.repeat(70 + i), '3'])
  t.same(
    valuesOf(sent(['Accept', '*/*', 'X_User', '1']), 'accept'),
    ['*/*'],
    'whatever was remembered before',
  )
})

t.test('S-059 … S-061, S-063: a claim is sent as it is under a reversible encoding', async (t) => {
  const cases: readonly (readonly [Json | undefined, string | null])[] = [
    ['alice', 'alice'],
    ['Alice B. Smith, Jr.', 'Alice B. Smith%2C Jr.'],
    ['a,b', 'a%2Cb'],
    ['', ''],
    ['100%', '100%25'],
    ['%2C', '%252C'],
    [' a  b ', '%20a  b%20'],
    ['   ', '%20%20%20'],
    ['a\r\nX-Forwarded-Groups: admin', 'a%0D%0AX-Forwarded-Groups: admin'],
    ['a\u0000\t\u007f', 'a%00%09%7F'],
    ['Zoë', 'Zo%C3%AB'],
    ['李😀', '%E6%9D%8E%F0%9F%98%80'],
    ['a\u0085b\u2028c', 'a%C2%85b%E2%80%A8c'],
    ['\u010a\u560a', '%C4%8A%E5%98%8A'],
    [true, 'true'],
    [false, 'false'],
    [0, '0'],
    [-1.5, '-1.5'],
    [9007199254740991, '9007199254740991'],
    [['a', 'b'], 'a,b'],
    [['a,admin', 'b%2C'], 'a%2Cadmin,b%252C'],
    [[' a', 'b '], '%20a,b%20'],
    [['x', 1, true], 'x,1,true'],
    [['a', null, 'b'], 'a,b'],
    [[''], ''],
    [[], null],
    [[null], null],
    [null, null],
    [undefined, null],
  ]
  for (const [claim, value] of cases) t.equal(headerOf(claim), value, shown(claim))
  for (const [claim] of cases) {
    const value = headerOf(claim)
    if (typeof claim === 'string' && typeof value === 'string')
      t.equal(decodeURIComponent(value), claim, 'and back')
  }
})

t.test('S-062, S-063: what cannot be sent whole is not sent at all', async (t) => {
  t.same(headerOf({}), { why: 'object' })
  t.same(headerOf({ a: 'b' }), { why: 'object' })
  t.same(headerOf(['a', { a: 'b' }]), { why: 'object' })
  t.same(headerOf([[1]]), { why: 'nested-list' })
  t.same(headerOf(2 ** 53), { why: 'number' })
  t.same(headerOf(Number.POSITIVE_INFINITY), { why: 'number' })
  t.same(headerOf('a\ud800'), { why: 'text' })
  const room = limits.identityHeaderBytes - 'X-Claim'.length
  t.equal(headerOf('a'.repeat(room)), 'a'.repeat(room))
  t.same(headerOf('a'.repeat(room + 1)), { why: 'too-large' })
  t.same(headerOf(Array(5000).fill('a-group')), { why: 'too-large' })
  t.match(
    upstreamHeaders(plan, {
      rawHeaders: [],
      forwarding,
      principal: { ...alice, claims: { email: 'a'.repeat(5000), groups: ['b'.repeat(5000)] } },
      tokens: null,
      clientAddress: null,
      destination: null,
    }),
    {
      ok: false,
      reason: 'identity-unsendable',
      unsendable: { header: 'X-Forwarded-Groups', why: 'too-large', bytes: 5018 },
    },
    'all of them together',
  )
})

t.test('what is too long is refused before it is encoded', async (t) => {
  // Encoded it would be longer than a text can be.
  t.same(headerOf('\u00e9'.repeat(2 ** 27)), { why: 'too-large' })
  let looked = 0
  const groups = Object.assign(Array<string>(1_000_000).fill('a-group'), {
    *[Symbol.iterator]() {
      for (let i = 0; i < 1_000_000; i++) {
        looked += 1
        yield 'a-group'
      }
    },
  })
  t.same(headerOf(groups), { why: 'too-large' })
  t.ok(looked <= limits.identityHeaderBytes / 'a-group,'.length + 2, `${looked} elements were looked at`)
})

t.test('blanks at the edges are escaped, those within are not, however many', async (t) => {
  const inner = `a${' '.repeat(4000)}b`
  t.equal(headerOf(inner), inner)
  t.equal(headerOf(`  ${inner} `), `%20%20${inner}%20`)
  t.equal(headerOf('   '), '%20%20%20')
  t.equal(headerOf(' \u00e9 '), '%20%C3%A9%20')
})
