import t from 'tap'
import type { CookieNames } from '../../../src/core/gateway.ts'
import { deleteCookie, setSessionCookie, setTransactionCookie } from '../../../src/http/sign-in/cookie.ts'

const https: CookieNames = {
  session: '__Host-claimgate',
  transactionPrefix: '__Host-claimgate-tx-',
  secure: true,
  sameSite: 'Lax',
}
const http: CookieNames = { ...https, session: 'claimgate-8080', secure: false }

t.test('S-147: every cookie is for this host alone, for no script, and on https for https', async (t) => {
  for (const names of [https, http]) {
    for (const { options } of [
      setSessionCookie(names, 'v'),
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
  t.same(setSessionCookie(https, 'v'), {
    name: '__Host-claimgate',
    value: 'v',
    options: { path: '/', httpOnly: true, secure: true, sameSite: 'lax' },
  })
  t.equal(setSessionCookie({ ...https, sameSite: 'Strict' }, 'v').options.sameSite, 'strict')
})

t.test('S-177: a deletion is empty and of the past, by both ways to say so', async (t) => {
  const { name, value, options } = deleteCookie(https, 'n')
  t.same([name, value, options.maxAge, options.expires?.getTime()], ['n', '', 0, 0])
})
