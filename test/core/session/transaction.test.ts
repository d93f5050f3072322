import { randomBytes } from 'node:crypto'
import t, { type Test } from 'tap'
import type { CookieNames } from '../../../src/core/gateway.ts'
import { limits } from '../../../src/core/limits/table.ts'
import { Secret } from '../../../src/core/secret.ts'
import {
  type AuthorizationWish,
  decodeWish,
  plainWish,
} from '../../../src/core/session/authorization-wish.ts'
import type { ReturnTo } from '../../../src/core/session/return-to.ts'
import { buildKeyRing, seal } from '../../../src/core/session/seal.ts'
import {
  beginTransaction,
  isInStorage,
  isKeptAttempt,
  isLong,
  isSecondAttempt,
  readTransaction,
  sealTransaction,
  type Transaction,
} from '../../../src/core/session/transaction.ts'
import {
  type CookiePair,
  stateHash,
  transactionsToEvict,
} from '../../../src/core/session/transaction-cookie.ts'

const ring = buildKeyRing([new Secret('k'.repeat(32))])
const names: CookieNames = {
  session: '__Host-claimgate',
  transactionPrefix: '__Host-claimgate-tx-',
  secure: true,
  sameSite: 'Lax',
}
const origin = 'https://wiki.example.com'
const now = 1_790_000_000

function begin(returnTo = '/page?x=1', at = now, asked: AuthorizationWish = plainWish): Transaction {
  const wish = {
    provider: { issuer: 'https://acme.example.com', clientId: 'id' },
    origin,
    returnTo: returnTo as ReturnTo,
    replaces: 'a1b2',
    isSecond: false,
    wish: asked,
  }
  return beginTransaction(wish, randomBytes, at)
}

const cookieOf = (transaction: Transaction): CookiePair =>
  sealTransaction(ring, transaction, names, randomBytes)

function read(state: string, cookies: readonly CookiePair[], at = now, from = origin) {
  return readTransaction(ring, { state, cookies, origin: from }, names, at600(at))
}

const at600 = (at: number) => ({ now: at, timeoutSeconds: 600 })

t.test('a sign-in that was begun is read back by its state', async (t) => {
  const transaction = begin()
  t.match(transaction, { state: /^[\w-]{32}$/, nonce: /^[\w-]{32}$/, codeVerifier: /^[\w-]{43}$/ })
  const cookie = cookieOf(transaction)
  t.match(cookie.name, /^__Host-claimgate-tx-[0-9a-z]{6}-[\w-]{16}$/)
  t.notMatch(cookie.name, transaction.state, 'the name does not tell the state')
  const noise = [{ name: 'a', value: '1' }, { name: names.session, value: 'x' }, cookieOf(begin())]
  t.same(read(transaction.state, [...noise, cookie]), { ok: true, transaction, cookie: cookie.name })
})

t.test('S-106: no state, another state, a state with a bit flipped: no transaction', async (t) => {
  const transaction = begin()
  const cookie = cookieOf(transaction)
  for (const state of ['', 'x'.repeat(129)])
    t.match(read(state, [cookie]), { ok: false, reason: 'state-invalid' })
  t.match(read('x'.repeat(128), [cookie]), { ok: false, reason: 'cookie-missing' })
  const { state } = transaction
  const flipped = String.fromCharCode(state.charCodeAt(0) ^ 1) + state.slice(1)
  for (const wrong of [flipped, `${state}A`, state.slice(1), begin().state, '__proto__']) {
    t.match(read(wrong, [cookie]), { ok: false, reason: 'cookie-missing', cookie: null }, wrong)
  }
})

t.test('a cookie of another name is no attempt, however its end looks', async (t) => {
  const transaction = begin()
  const { name, value } = cookieOf(transaction)
  const foreign = { name: `__Host-some-app-now-${name.slice(names.transactionPrefix.length)}`, value }
  t.equal(foreign.name.length, name.length)
  t.match(read(transaction.state, [foreign]), { ok: false, reason: 'cookie-missing' })
  t.match(read(transaction.state, [foreign, { name, value }]), { ok: true }, 'and makes ours no less one')
  const old = { name: `__Host-some-app-now-1-${'A'.repeat(16)}`, value: 'x' }
  t.same(transactionsToEvict([old], cookieOf(begin()), names, at600(now)), [])
})

t.test('S-107: a state without the cookie of the browser that began it', async (t) => {
  t.same(read(begin().state, [cookieOf(begin())]), { ok: false, reason: 'cookie-missing', cookie: null })
  t.same(read(begin().state, []), { ok: false, reason: 'cookie-missing', cookie: null })
})

t.test('S-106: another cookie, renamed to fit the state, does not open the sign-in', async (t) => {
  const [mine, theirs] = [begin(), begin()]
  const renamed = { name: cookieOf(mine).name, value: cookieOf(theirs).value }
  t.match(read(mine.state, [renamed]), { ok: false, reason: 'cookie-unreadable', cookie: renamed.name })
  const younger = { ...mine, startedAt: now + 30 }
  const redated = { name: cookieOf(younger).name, value: cookieOf(mine).value }
  t.match(read(mine.state, [redated]), { ok: false, reason: 'cookie-unreadable' })
})

t.test('S-156: a damaged cookie, one of another origin, another prefix or another purpose', async (t) => {
  const transaction = begin()
  const { name, value } = cookieOf(transaction)
  const unreadable = { ok: false, reason: 'cookie-unreadable', cookie: name }
  for (const wrong of ['', 'x', value.slice(0, -1), `${value.slice(0, -2)}AA`]) {
    t.same(read(transaction.state, [{ name, value: wrong }]), unreadable, wrong.slice(0, 20))
  }
  t.same(read(transaction.state, [{ name, value }], now, 'https://other.example.com'), unreadable)
  const elsewhere = { ...transaction, origin: 'https://other.example.com' }
  t.same(read(transaction.state, [{ name, value: cookieOf(elsewhere).value }]), unreadable)
  for (const purpose of ['session', 'transaction'] as const) {
    const scope = { purpose, context: [origin, names.transactionPrefix] }
    const { issuer, clientId, state, nonce, codeVerifier, returnTo, startedAt, replaces } = transaction
    // As it was before an attempt named issuer and client.
    const byLabel = [1, 'acme', origin, state, nonce, codeVerifier, returnTo, startedAt, replaces]
    const ofOldNumber = [1, issuer, clientId, ...byLabel.slice(2)]
    const older = [byLabel, ofOldNumber].map((parts) => JSON.stringify(parts))
    for (const text of ['', 'null', '[]', '{}', '[1]', JSON.stringify(transaction), ...older]) {
      t.same(
        read(transaction.state, [{ name, value: seal(ring, scope, text, randomBytes) }]),
        unreadable,
        text,
      )
    }
  }
})

t.test(
  'S-156: what was sealed counts as an attempt only when each of its parts is what it must be',
  async (t) => {
    const transaction = { ...begin(), replaces: null }
    const { name } = cookieOf(transaction)
    const { version, issuer, clientId, state, nonce, codeVerifier, returnTo, startedAt, replaces } =
      transaction
    const parts = [
      version,
      issuer,
      clientId,
      origin,
      state,
      nonce,
      codeVerifier,
      returnTo,
      startedAt,
      replaces,
    ]
    const scope = { purpose: 'transaction', context: [origin, names.transactionPrefix] } as const
    const readSealed = (value: unknown) =>
      read(state, [{ name, value: seal(ring, scope, JSON.stringify(value), randomBytes) }])
    t.same(readSealed(parts), { ok: true, transaction, cookie: name }, 'as it is made')
    t.match(readSealed(parts.with(9, 'a1b2')), { ok: true, transaction: { replaces: 'a1b2' } })
    for (const [index, part] of parts.entries()) {
      const wrong = [7, true, {}, [part], undefined, ...(index === 9 ? [] : [null])]
      for (const other of wrong)
        t.match(
          readSealed(parts.with(index, other as never)),
          { ok: index === 9 && other === undefined },
          `${index}: ${other}`,
        )
    }
    for (const other of [startedAt + 0.5, 2 ** 60, String(startedAt)])
      t.match(readSealed(parts.with(8, other)), { ok: false, reason: 'cookie-unreadable' }, String(other))
    t.match(readSealed(parts.with(3, 'https://other.example.com')), { ok: false }, 'of another origin')
    t.match(readSealed(parts.with(4, begin().state)), { ok: false }, 'of another state')
    t.match(readSealed(parts.slice(0, -1)), { ok: false })
    for (const wish of [null, {}, [], [1], ['true'], [true, 'a'], [true, 'a', 1], [true, 1, 'a'], true])
      t.match(readSealed([...parts, wish]), { ok: false, reason: 'cookie-unreadable' }, JSON.stringify(wish))
    t.match(readSealed([...parts, [true], 1]), { ok: false })
    t.match(readSealed([...parts, [false, 'a', 'b']]), {
      transaction: { wish: { ...plainWish, otherAccount: false, passed: new Map([['a', 'b']]) } },
    })
    t.match(readSealed(Object.assign({ length: 10 }, parts)), { ok: false })
  },
)

t.test('S-152: two cookies of one state are none, whichever is good', async (t) => {
  const transaction = begin()
  const good = cookieOf(transaction)
  const bad = { name: good.name, value: 'x' }
  for (const cookies of [
    [good, bad],
    [bad, good],
    [good, good],
  ]) {
    t.match(read(transaction.state, cookies), { ok: false, reason: 'cookie-ambiguous' })
  }
  const otherTime = { ...good, name: cookieOf({ ...transaction, startedAt: now - 1 }).name }
  t.match(read(transaction.state, [good, otherTime]), { ok: false, reason: 'cookie-ambiguous' })
})

t.test('a sign-in may take as long as is said, judged by the sealed time', async (t) => {
  const transaction = begin()
  const cookie = cookieOf(transaction)
  t.equal(read(transaction.state, [cookie], now + 599).ok, true)
  t.same(
    read(transaction.state, [cookie], now + 600),
    { ok: false, reason: 'expired', transaction, cookie: cookie.name },
    'and says then which page was wanted',
  )
  t.equal(read(transaction.state, [cookie], now - 60).ok, true, 'another instance runs a minute ahead')
  t.match(read(transaction.state, [cookie], now - 61), { ok: false, reason: 'expired' })
  const time = { now: now + 7199, timeoutSeconds: 7200 }
  t.equal(
    readTransaction(ring, { state: transaction.state, cookies: [cookie], origin }, names, time).ok,
    true,
  )
})

t.test('S-116: five tabs finish in reverse order, each its own', async (t) => {
  const tabs = ['/a', '/b', '/c', '/d', '/e'].map((path) => begin(path))
  const cookies = tabs.map(cookieOf)
  for (const tab of tabs.toReversed()) {
    const result = read(tab.state, cookies)
    t.equal(result.ok && result.transaction.returnTo, tab.returnTo)
  }
})

t.test('S-117: two hundred sign-ins in one browser keep five cookies and less than 4 kB', async (t) => {
  for (const path of ['/', `/${'p'.repeat(400)}`, `/${'q'.repeat(1500)}`]) {
    let jar: CookiePair[] = []
    for (let visit = 0; visit < 200; visit++) {
      const transaction = begin(path, now + visit)
      const cookie = cookieOf(transaction)
      const evicted = transactionsToEvict(jar, cookie, names, at600(now + visit))
      jar = [...jar.filter(({ name }) => !evicted.includes(name)), cookie]
      t.equal(read(transaction.state, jar, now + visit).ok, true)
      const bytes = jar.reduce((sum, { name, value }) => sum + name.length + value.length + 3, 0)
      if (jar.length > 5 || bytes >= 3100) t.fail(`${jar.length} cookies, ${bytes} bytes`)
    }
    t.ok(jar.length > 0)
    if (path === '/') t.equal(jar.length, 5)
  }
})

t.test('the oldest and the expired go first; names that are not ours are left alone', async (t) => {
  const kept = 600 + 86_400
  const ages = [30, 10, 50, 20, 40, kept - 1, kept, kept + 9999]
  const jar = ages.map((age) => cookieOf(begin('/', now - age)))
  const named = (age: number): string => jar[ages.indexOf(age)]?.name ?? ''
  const future = cookieOf(begin('/', now + 3600))
  const foreign = [
    '',
    '__proto__',
    '0-AAAAAAAAAAAAAAAA',
    'x',
    '1-short',
    '1-AAAAAAAAAAAAAAA;',
    'zzzzzzzzzz-AAAAAAAAAAAAAAAA',
  ].map((rest) => ({ name: names.transactionPrefix + rest, value: 'x' }))
  const newcomer = cookieOf(begin())
  const evicted = transactionsToEvict([...jar, future, ...foreign, newcomer], newcomer, names, at600(now))
  t.same(
    [...evicted].sort(),
    [future.name, named(50), named(kept - 1), named(kept), named(kept + 9999)].sort(),
  )
})

t.test('S-117: of attempts of one second the youngest stay, as browsers send the oldest first', async (t) => {
  const jar = Array.from({ length: 9 }, () => cookieOf(begin('/', now)))
  const evicted = transactionsToEvict(jar, cookieOf(begin('/', now)), names, at600(now))
  t.same(
    evicted.toSorted(),
    jar
      .slice(0, 5)
      .map(({ name }) => name)
      .toSorted(),
  )
})

t.test(
  'an attempt that is too old is kept for a day, as it knows the page, and goes before others',
  async (t) => {
    const [old, gone] = [cookieOf(begin('/', now - 600)), cookieOf(begin('/', now - 600 - 86_400))]
    t.same(transactionsToEvict([old, gone], cookieOf(begin()), names, at600(now)), [gone.name])
    const young = [1, 2, 3, 4].map((age) => cookieOf(begin('/', now - age)))
    t.same(transactionsToEvict([old, ...young], cookieOf(begin()), names, at600(now)), [old.name])
  },
)

t.test('S-154: three hundred planted cookies are cleared a few at a time', async (t) => {
  const planted = Array.from({ length: 300 }, (_, at) => cookieOf(begin('/', now - at)))
  t.equal(transactionsToEvict(planted, cookieOf(begin()), names, at600(now)).length, 20)
  const twice = planted.slice(0, 1).flatMap((cookie) => Array.from({ length: 50 }, () => cookie))
  t.equal(
    transactionsToEvict(twice, cookieOf(begin()), names, at600(now)).length,
    1,
    'one name is cleared once',
  )
})

t.test('a return address that no cookie could hold is left to the browser’s storage', async (t) => {
  const longest = `/${'x'.repeat(1536 - 3)}`
  for (const path of ['/', '/page?x=1&y=%20', longest]) t.equal(begin(path).returnTo, path)
  t.equal(begin(`${longest}x`).returnTo, '')
  for (const path of [`/${'x'.repeat(9000)}`, `/${'é'.repeat(1000)}`, `/${'"'.repeat(1000)}`]) {
    const transaction = begin(path)
    t.equal(isInStorage(transaction.returnTo), true)
    t.equal(read(transaction.state, [cookieOf(transaction)]).ok, true)
  }
})

t.test('a state is remembered by its hash', async (t) => {
  t.match(stateHash('x'), /^[\w-]{43}$/)
  t.not(stateHash('x'), stateHash('y'))
})

t.test('a second attempt is known by its state, which is sealed with it', async (t) => {
  const wish = {
    provider: { issuer: 'https://a.example', clientId: 'id' },
    origin,
    replaces: null,
    wish: plainWish,
  }
  const returnTo = '/x' as ReturnTo
  const second = beginTransaction({ ...wish, returnTo, isSecond: true }, randomBytes, now)
  t.match(second.state, /^[\w-]{32}\.2$/)
  t.equal(isSecondAttempt(second), true)
  t.equal(isSecondAttempt(begin()), false)
  const cookie = cookieOf(second)
  t.match(read(second.state, [cookie]), { ok: true, transaction: { state: second.state } })
  t.match(read(second.state.slice(0, -2), [cookie]), { reason: 'cookie-missing' }, 'the mark is part of it')
})

t.test('a state says whether the storage has the page, and whether it is a second one', async (t) => {
  const wish = {
    provider: { issuer: 'https://a.example', clientId: 'id' },
    origin,
    replaces: null,
    wish: plainWish,
  }
  const long = `/${'x'.repeat(2000)}` as ReturnTo
  for (const [returnTo, isSecond, mark] of [
    ['/x' as ReturnTo, false, /^[\w-]{32}$/],
    ['/x' as ReturnTo, true, /^[\w-]{32}\.2$/],
    [long, false, /^[\w-]{32}\.s$/],
    [null, false, /^[\w-]{32}\.s$/],
    [long, true, /^[\w-]{32}\.s2$/],
    [null, true, /^[\w-]{32}\.s2$/],
  ] as const) {
    const transaction = beginTransaction({ ...wish, returnTo, isSecond }, randomBytes, now)
    t.match(transaction.state, mark)
    t.equal(isSecondAttempt(transaction), isSecond)
    t.equal(isKeptAttempt(transaction), returnTo !== '/x')
    t.equal(isInStorage(transaction.returnTo), returnTo !== '/x')
    t.equal(read(transaction.state, [cookieOf(transaction)]).ok, true)
  }
  t.equal(isLong(long), true)
  t.equal(isLong('/x' as ReturnTo), false)
})

/** A wish as the attempt knows it, once its cookie came back. */
function wishKept(t: Test, wish: AuthorizationWish): AuthorizationWish | null {
  const transaction = begin('/x', now, wish)
  const cookie = cookieOf(transaction)
  t.same(read(transaction.state, [cookie]), { ok: true, transaction, cookie: cookie.name })
  return transaction.wish
}

t.test('what was asked for beyond signing in is sealed with it, as far as there is room', async (t) => {
  const wishOf = (wish: AuthorizationWish) => wishKept(t, wish)
  const hint = new Map([
    ['login_hint', 'ann@example.com'],
    ['ui_locales', 'de-AT de'],
  ])
  t.equal(wishOf(plainWish), null, 'the cookie of most is no longer for it')
  for (const wish of [
    { ...plainWish, otherAccount: true, passed: new Map() },
    { ...plainWish, otherAccount: true, passed: hint },
    { ...plainWish, otherAccount: false, passed: hint },
  ])
    t.same(wishOf(wish), wish)
  const fitting = new Map([['login_hint', 'x'.repeat(limits.transactionPassedBytes - 19)]])
  t.same(wishOf({ ...plainWish, otherAccount: false, passed: fitting }), {
    ...plainWish,
    otherAccount: false,
    passed: fitting,
  })
  const large = new Map([['login_hint', 'x'.repeat(limits.transactionPassedBytes - 18)]])
  t.same(wishOf({ ...plainWish, otherAccount: true, passed: large }), {
    ...plainWish,
    otherAccount: true,
    passed: new Map(),
  })
  t.equal(wishOf({ ...plainWish, otherAccount: false, passed: large }), null)
  const page = `/${'x'.repeat(1536 - 3)}`
  t.equal(
    begin(page, now, { ...plainWish, otherAccount: true, passed: hint }).returnTo,
    '',
    'beside it less room is left',
  )
  const both = cookieOf(
    begin(page.slice(0, 1000), now, { ...plainWish, otherAccount: true, passed: fitting }),
  )
  t.ok(both.name.length + both.value.length < 3072, 'a cookie of it stays within what all may take')
})

t.test(
  'an attempt knows for whose account, strength and form it is, over a second attempt too',
  async (t) => {
    const stepUp = {
      acrValues: ['phr'],
      authContext: null,
      maxAgeSeconds: 300,
      lastsSeconds: 300,
      scopes: [],
      prompt: null,
      authorizationParameters: new Map([['ui_locales', 'de']]),
    }
    for (const wish of [
      { ...plainWish, stepUp },
      { ...plainWish, account: 'a'.repeat(43) },
      { ...plainWish, form: 'f'.repeat(43) },
      { ...plainWish, stepUp, account: 'a', keyForm: '["make","laptop","30d",""]' },
      { ...plainWish, stepUp, keyForm: '' },
      { ...plainWish, otherAccount: true, passed: new Map([['login_hint', 'ann']]), stepUp, form: 'f' },
    ])
      t.same(wishKept(t, wish), wish)
  },
)

t.test('what an attempt is bound to is a list of three, or the attempt is none', async (t) => {
  t.same(decodeWish([false]), plainWish, 'an attempt of an earlier version')
  t.same(decodeWish([true, 'login_hint', 'ann']), {
    ...{ ...plainWish, otherAccount: true, passed: new Map([['login_hint', 'ann']]) },
  })
  for (const none of [
    [],
    [null],
    ['x'],
    [true, []],
    [true, [null, null]],
    [true, [null, 1, null]],
    [true, 'x'],
  ])
    t.equal(decodeWish(none), null, JSON.stringify(none))
  t.equal(decodeWish([true, [['phr'], null, null]]), null, 'a step-up that is none')
  t.equal(decodeWish([true, [null, null, null], ['a']]), null)
})
