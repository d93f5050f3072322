import t from 'tap'
import type { CookieNames } from '../../../src/core/gateway.ts'
import {
  callbackMode,
  deleteCookie,
  setSessionCookies,
  setSignOutMark,
  setTransactionCookie,
} from '../../../src/http/sign-in/cookie.ts'
import { originOf, provider } from '../../support/sessions.ts'

const https: CookieNames = {
  session: '__Host-claimgate',
  transactionPrefix: '__Host-claimgate-tx-',
  secure: true,
  sameSite: 'Lax',
}
const gateway = {
  providers: new Map([
    ['acme', provider('acme')],
    ['posts', provider('posts', { responseMode: 'form_post' })],
  ]),
}
const origin = originOf('wiki.example.com')
const http: CookieNames = { ...https, session: 'claimgate-8080', secure: false }

t.test('S-147: every cookie is for this host alone, for no script, and on https for https', async (t) => {
  for (const names of [https, http]) {
    for (const { options } of [
      ...setSessionCookies(names, 'v', undefined),
      ...setSessionCookies(names, 'v'.repeat(5000), undefined),
      setSignOutMark(gateway, { ...origin, cookies: names }, 'v'),
      setTransactionCookie(names, 'n', 'v', 'query', 600),
      setTransactionCookie(names, 'n', 'v', 'form_post', 600),
      deleteCookie(names, 'n'),
    ]) {
      t.match(options, { path: '/', httpOnly: true, secure: names.secure })
      t.equal(options.domain, undefined)
    }
  }
})

t.test(
  'S-114: an attempt’s cookie crosses sites only where the answer comes by a POST, over https',
  async (t) => {
    const sameSite = (names: CookieNames, mode: 'query' | 'form_post') =>
      setTransactionCookie(names, 'n', 'v', mode, 600).options.sameSite
    t.equal(sameSite(https, 'query'), 'lax')
    t.equal(sameSite(https, 'form_post'), 'none')
    t.equal(sameSite(http, 'query'), 'lax')
    t.equal(sameSite(http, 'form_post'), 'lax', 'without Secure browsers refuse None')
  },
)

t.test('a session’s cookie has the SameSite of the configuration and ends with the browser', async (t) => {
  t.same(setSessionCookies(https, 'v', undefined)[0], {
    name: '__Host-claimgate',
    value: 'v',
    options: { path: '/', httpOnly: true, secure: true, sameSite: 'lax' },
  })
  t.equal(setSessionCookies({ ...https, sameSite: 'Strict' }, 'v', undefined)[0]?.options.sameSite, 'strict')
})

t.test('S-177: a deletion is empty and of the past, by both ways to say so', async (t) => {
  const { name, value, options } = deleteCookie(https, 'n')
  t.same([name, value, options.maxAge, options.expires?.getTime()], ['n', '', 0, 0])
})

t.test(
  'a session that one cookie has no room for takes two, and a second one that is needed no more goes',
  async (t) => {
    const set = (length: number, sent?: string) =>
      setSessionCookies(https, 'v'.repeat(length), sent).map(({ name, value, options }) => [
        name,
        value.length,
        options.maxAge,
      ])
    const [first, second] = ['__Host-claimgate', '__Host-claimgate-p2']
    t.same(set(10), [[first, 10, undefined]])
    t.same(set(10, `a=1; ${first}=x`), [[first, 10, undefined]])
    const both = [
      [first, 3567, undefined],
      [second, 33, undefined],
    ]
    t.same(set(3600), both)
    t.same(set(3600, `${second}=x`), both)
    t.same(set(10, `${first}=x; ${second}=y`), [
      [first, 10, undefined],
      [second, 0, 0],
    ])
    for (const { name, value } of setSessionCookies(https, 'v'.repeat(7131), undefined))
      t.ok(name.length + value.length + 1 <= 3584, 'browsers take 4096, attributes and all')
    t.throws(() => set(7200))
  },
)

t.test('the mark of a sign-out comes with every callback, until sessions would be over anyway', async (t) => {
  t.equal(callbackMode(gateway, { providers: ['acme'] }), 'query')
  t.equal(callbackMode(gateway, { providers: ['acme', 'posts', 'gone'] }), 'form_post')
  const mark = (providers: readonly string[]) => setSignOutMark(gateway, { ...origin, providers }, 'sealed')
  t.match(mark(['acme']), { name: '__Host-claimgate-ended', value: 'sealed' })
  t.match(mark(['acme']).options, { sameSite: 'lax', maxAge: 28_800 })
  t.match(mark(['posts']).options, { sameSite: 'none', secure: true })
})
