// Links of ours that begin a sign-in, and how long they become.
import t from 'tap'
import { limits } from '../../../src/core/limits/table.ts'
import { plainWish } from '../../../src/core/session/authorization-wish.ts'
import { readReturnTo } from '../../../src/core/session/return-to.ts'
import { keyOfAttempt, keyOfPage, wantedPage } from '../../../src/core/session/storage-key.ts'
import { stateHash } from '../../../src/core/session/transaction-cookie.ts'
import { keptLink, loginLink } from '../../../src/http/pages/login-link.ts'

const page = (path: string) => readReturnTo(path, '/.auth')
const wish = {
  ...plainWish,
  otherAccount: true,
  passed: new Map([
    ['login_hint', 'ann@a&b'],
    ['x y', '#'],
  ]),
}

t.test('a link says what is asked for, each parameter once, escaped', async (t) => {
  t.same(loginLink('/.auth', { page: wantedPage(page('/a?b=1&c=2')) }), {
    href: '/.auth/login?return_to=%2Fa%3Fb%3D1%26c%3D2',
    keep: null,
  })
  const whole = { page: wantedPage(page('/a')), wish, provider: 'o p', isSecond: true }
  t.equal(
    loginLink('/.auth', whole).href,
    '/.auth/login?provider=o%20p&return_to=%2Fa&attempt=second&account=other&login_hint=ann%40a%26b&x%20y=%23',
  )
  const key = keyOfAttempt(stateHash('x'))
  t.same(loginLink('/.auth', { page: { returnTo: page('/a'), keptAs: key } }), {
    href: `/.auth/login?return_to=%2Fa&kept=${key}`,
    keep: null,
  })
})

t.test('a page that would make it too long stays behind, and the link names its key', async (t) => {
  const most = limits.requestTargetBytes - 1024
  const fixed = '/.auth/login?return_to='.length
  const longest = page(`/${'x'.repeat(most - fixed - 3)}`)
  const fits = loginLink('/.auth', { page: wantedPage(longest) })
  t.equal(fits.href.length, most)
  t.equal(fits.keep, null)
  t.not(loginLink('/.auth', { page: wantedPage(page(`${longest}x`)) }).keep, null)
  t.not(loginLink('/.auth', { page: wantedPage(longest), wish }).keep, null, 'as it counts whole')

  const long = page(`/deep/est?${'(a)'.repeat(2400)}`)
  t.same(loginLink('/.auth', { page: wantedPage(long), wish, provider: 'op' }), {
    href: `/.auth/login?provider=op&return_to=%2Fdeep%2Fest&kept=${keyOfPage(long)}&account=other&login_hint=ann%40a%26b&x%20y=%23`,
    keep: { key: keyOfPage(long), page: long, takesFragment: false },
  })
  const deep = page(`/${'é'.repeat(400)}`)
  t.same(
    keptLink('/.auth', { page: deep }),
    {
      href: `/.auth/login?return_to=%2F&kept=${keyOfPage(deep)}`,
      keep: { key: keyOfPage(deep), page: deep, takesFragment: false },
    },
    'a path that is long itself stays behind too',
  )
})
