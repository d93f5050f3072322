// What a sign-in leaves to be asked again with: the tokens beside the ID token, their time, and what was granted.
import t from 'tap'
import type { Fields } from '../support/hostile-op.ts'
import { faultOf, type Rig, someday, startRig } from './fixtures.ts'

/** A sign-in whose token answer is this. */
async function signedIn(rig: Rig, change: Fields) {
  rig.op.bends = { token: (answer) => ({ ...answer, ...change }) }
  return rig.signIn()
}

t.test('the access token is kept with its end by our clock, and the refresh token as it came', async (t) => {
  const rig = await startRig(t)
  rig.op.refreshTokens.issues = true
  t.same((await rig.signIn()).tokens, {
    access: { value: 'access-token-of-alice', endsAt: someday + 300 },
    refresh: 'refresh-token-of-alice-1-0',
  })
  rig.op.refreshTokens.issues = false
  t.equal((await rig.signIn()).tokens.refresh, null)
})

t.test('a life that cannot be understood is none that was said', async (t) => {
  const rig = await startRig(t)
  const rows: readonly [unknown, number | null][] = [
    [undefined, null],
    [0, someday],
    [59.9, someday + 59],
    ['3600', someday + 3600],
    ['3600 seconds', null],
    ['36e2', null],
    [1e300, null],
    ['99999999999', null],
  ]
  for (const [said, endsAt] of rows)
    t.equal((await signedIn(rig, { expires_in: said })).tokens.access?.endsAt, endsAt, String(said))
})

t.test('a token that no request could carry is not kept', async (t) => {
  const rig = await startRig(t, { settings: () => ({ claimsFrom: ['id_token'] }) })
  for (const odd of ['with\r\na line', 'ümlaut', 'x'.repeat(64 * 1024 + 1), '\u0000']) {
    const { tokens } = await signedIn(rig, { access_token: odd, refresh_token: odd })
    t.same(tokens, { access: null, refresh: null }, odd.slice(0, 20))
  }
})

t.test(
  'what was granted is what the answer says, and where it says nothing, nobody knows of any',
  async (t) => {
    const rig = await startRig(t)
    const scopesOf = async (scope: unknown) => (await signedIn(rig, { scope })).scopes
    t.same(await scopesOf('openid payments  openid'), ['openid', 'payments'])
    t.same(await scopesOf(undefined), [], 'whoever signs in can edit scopes out of the address')
    t.same(await scopesOf(''), [])
    for (const scope of [null, 7, ['openid']])
      t.equal((await faultOf(signedIn(rig, { scope }))).code, 'PROVIDER_RESPONSE_INVALID', String(scope))
  },
)

t.test('tokens are read the same where the ID token may be for others too', async (t) => {
  const rig = await startRig(t, { settings: () => ({ extraAudiences: ['other'] }) })
  rig.op.refreshTokens.issues = true
  const identity = await signedIn(rig, { scope: 'openid' })
  t.match(identity, {
    scopes: ['openid'],
    tokens: { refresh: /^refresh-token/, access: { endsAt: someday + 300 } },
  })
})
