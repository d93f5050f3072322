import { randomBytes } from 'node:crypto'
import t from 'tap'
import type { CookieNames } from '../../../src/core/gateway.ts'
import { limits } from '../../../src/core/limits/table.ts'
import { Secret } from '../../../src/core/secret.ts'
import { plainWish } from '../../../src/core/session/authorization-wish.ts'
import {
  findPastAttempt,
  isReplaced,
  type KnownAttempt,
  rememberAttempts,
} from '../../../src/core/session/past-attempts.ts'
import { buildKeyRing, open, seal } from '../../../src/core/session/seal.ts'

const ring = buildKeyRing([new Secret('k'.repeat(32))])
const names: CookieNames = {
  session: '__Host-claimgate',
  transactionPrefix: '__Host-claimgate-tx-',
  secure: true,
  sameSite: 'Lax',
}
const origin = 'https://wiki.example.com'
const name = '__Host-claimgate-tx-past'
const scope = { purpose: 'past-attempts', context: [origin, names.transactionPrefix] } as const

function attempt(state: string, changes: Partial<KnownAttempt> = {}): KnownAttempt {
  return {
    issuer: 'https://acme.example.com',
    clientId: 'id',
    state,
    returnTo: `/${state}`,
    wish: null,
    ...changes,
  }
}

const of = (...values: readonly string[]) => ({
  origin,
  names,
  cookies: values.map((value) => ({ name, value })),
})
const remember = (before: readonly string[], ...attempts: readonly KnownAttempt[]) =>
  rememberAttempts(ring, of(...before), attempts, randomBytes)

t.test(
  'an attempt is known by its state, with provider, page and wishes, and nothing that could end it',
  async (t) => {
    const wish = { ...plainWish, otherAccount: true, passed: new Map([['login_hint', 'ann']]) }
    const kept = [
      attempt('a', { wish }),
      attempt('b', { issuer: 'https://b.example.com', clientId: 'other' }),
    ]
    const cookie = remember([], ...kept)
    t.equal(cookie.name, name)
    for (const one of kept) t.same(findPastAttempt(ring, of(cookie.value), one.state), one)
    t.equal(findPastAttempt(ring, of(cookie.value), 'c'), null)
    t.equal(findPastAttempt(ring, of(), 'a'), null)
    const opened = open(ring, scope, cookie.value)
    t.notMatch(opened.ok && opened.text, /nonce|verifier|"a"|"b"/, 'a state is there by its hash alone')
    t.match(opened.ok && opened.text, /\["[\w-]{16}",0,/, 'as short as in the name of its cookie')
    t.equal(findPastAttempt(ring, of(remember([], attempt('s', { returnTo: '' })).value), 's')?.returnTo, '')
  },
)

t.test(
  'later ones come first, each once; of more than there is room for, the oldest are forgotten',
  async (t) => {
    let { value } = remember([], attempt('first'))
    const states = Array.from({ length: 40 }, (_, at) => `state-${at}`)
    for (const state of states) {
      value = remember([value], attempt(state, { returnTo: `/page/${state}` })).value
      t.ok(value.length < 1000, `${value.length} bytes`)
    }
    const known = states.filter((state) => findPastAttempt(ring, of(value), state) !== null)
    t.same(known, states.slice(-known.length))
    t.ok(known.length >= 8, `${known.length} are known`)
    const twice = remember([value], attempt('state-39', { returnTo: '/other' })).value
    t.equal(findPastAttempt(ring, of(twice), 'state-39')?.returnTo, '/other')
    const large = attempt('large', { returnTo: `/${'x'.repeat(limits.pastAttemptBytes)}` })
    const beside = remember([value], large).value
    t.equal(findPastAttempt(ring, of(beside), 'large'), null, 'one that is too large is not')
    t.not(findPastAttempt(ring, of(beside), 'state-39'), null, 'and pushes out no other')
  },
)

t.test('S-152, S-156: of two cookies, of another origin or purpose, damaged: nothing is known', async (t) => {
  const { value } = remember([], attempt('a'))
  t.equal(findPastAttempt(ring, of(value, value), 'a'), null)
  t.equal(findPastAttempt(ring, { ...of(value), origin: 'https://other.example.com' }, 'a'), null)
  const elsewhere = { ...names, transactionPrefix: '__Host-claimgate-8443-tx-' }
  const moved = { origin, names: elsewhere, cookies: [{ name: '__Host-claimgate-8443-tx-past', value }] }
  t.equal(findPastAttempt(ring, moved, 'a'), null)
  const opened = open(ring, scope, value)
  const text = opened.ok ? opened.text : ''
  t.not(findPastAttempt(ring, of(seal(ring, scope, text, randomBytes)), 'a'), null)
  const transaction = { ...scope, purpose: 'transaction' } as const
  t.equal(findPastAttempt(ring, of(seal(ring, transaction, text, randomBytes)), 'a'), null)
  const [, providers, row] = JSON.parse(text)
  for (const wrong of [
    null,
    {},
    [],
    [2, providers, row],
    [1, {}, row],
    [1, [], row],
    [1, [['x']], row],
    [1, [[1, 'id']], row],
    [1, providers, {}],
    [1, providers, [row[0], 1, row[2]]],
    [1, providers, [row[0], '0', row[2]]],
    [1, providers, [row[0], 0, 7]],
    [1, providers, [7, 0, row[2]]],
    [1, providers, [row[0], 0]],
  ]) {
    const sealed = seal(ring, scope, JSON.stringify(wrong), randomBytes)
    t.equal(findPastAttempt(ring, of(sealed), 'a'), null, JSON.stringify(wrong))
  }
  for (const damaged of ['', 'x', `${value}A`, value.slice(1)])
    t.equal(findPastAttempt(ring, of(damaged), 'a'), null)
  t.not(
    findPastAttempt(ring, of(remember(['forged'], attempt('b')).value), 'b'),
    null,
    'and a new one begins',
  )
})

t.test('that another attempt began in its place is known as long as the attempt is', async (t) => {
  const wish = { ...plainWish, otherAccount: true, passed: new Map() }
  for (const one of [attempt('a'), attempt('a', { wish })]) {
    const first = remember([], one, attempt('b')).value
    t.equal(isReplaced(ring, of(first), 'a'), false)
    const marked = rememberAttempts(ring, of(first), [{ ...one, isReplaced: true }], randomBytes).value
    const later = remember([marked], one, attempt('c')).value
    for (const value of [marked, later]) {
      t.equal(isReplaced(ring, of(value), 'a'), true)
      t.same(findPastAttempt(ring, of(value), 'a'), one)
      t.equal(isReplaced(ring, of(value), 'b'), false)
      t.equal(isReplaced(ring, of(value, value), 'a'), false)
    }
  }
})
