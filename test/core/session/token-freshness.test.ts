import t from 'tap'
import type { TokenHeader } from '../../../src/core/headers/form.ts'
import type { SessionTokens } from '../../../src/core/session/session.ts'
import { lacksTokens, tokensEndSoon } from '../../../src/core/session/token-freshness.ts'

const accessHeader: readonly TokenHeader[] = [{ name: 'X-Access', token: 'access_token' }]
const idHeader: readonly TokenHeader[] = [{ name: 'X-Id', token: 'id_token' }]

interface Kept {
  readonly endsAt?: number | null
  readonly access?: null
  readonly checkedAt?: number
  readonly idToken?: string
}

function session({ endsAt = null, access, checkedAt = 1000, idToken = '' }: Kept) {
  const tokens: SessionTokens = { access: access === null ? null : { value: 'a', endsAt }, refresh: 'r' }
  return { tokens, checkedAt, idToken }
}

t.test('an access token ends soon thirty seconds before its end, by our clock', async (t) => {
  const kept = session({ endsAt: 1000 + 3600 })
  t.equal(tokensEndSoon(kept, 4569), false)
  t.equal(tokensEndSoon(kept, 4570), true)
  t.equal(tokensEndSoon(kept, 9999), true)
  t.equal(lacksTokens(accessHeader, kept, 4599), false)
  t.equal(lacksTokens(accessHeader, kept, 4600), true, 'at its end it is over')
})

t.test('one whose end nobody knows never does, and is never over', async (t) => {
  t.equal(tokensEndSoon(session({ endsAt: null }), 10 ** 9), false)
  t.equal(lacksTokens(accessHeader, session({ endsAt: null }), 10 ** 9), false)
})

t.test('one that lives for less than a minute does at half of that, not on each request', async (t) => {
  const kept = session({ endsAt: 1020 })
  t.equal(tokensEndSoon(kept, 1000), false)
  t.equal(tokensEndSoon(kept, 1009), false)
  t.equal(tokensEndSoon(kept, 1010), true)
  t.equal(tokensEndSoon(session({ endsAt: 1000 }), 1000), true, 'it was over as it came')
})

t.test('one that was never kept is lacking', async (t) => {
  const none = session({ access: null })
  t.equal(tokensEndSoon(none, 1000), false)
  t.equal(lacksTokens(accessHeader, none, 1000), true)
  t.equal(
    lacksTokens(idHeader, session({ access: null, idToken: 'x' }), 1000),
    false,
    'of its own header alone',
  )
})

t.test('an ID token is lacking where it was not kept, and never over', async (t) => {
  t.equal(lacksTokens(idHeader, session({}), 1000), true)
  t.equal(lacksTokens(idHeader, session({ endsAt: 1, idToken: 'x' }), 10 ** 9), false)
  t.equal(lacksTokens([], session({ access: null }), 1000), false, 'where none is sent nothing is')
})
