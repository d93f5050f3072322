import t from 'tap'
import type { Preset } from '../../src/core/preset.ts'
import { readUserId, seenClaims, toPrincipal, visibleClaims } from '../../src/core/principal.ts'
import type { Claims } from '../../src/core/rules/claims.ts'
import type { Session } from '../../src/core/session/session.ts'
import { sessionOfAlice } from '../support/issued.ts'

const id = { issuer: 'https://id.acme.example', clientId: 'gateway' }
const own = { name: 'acme', userId: 'sub', userIdPrefix: '', foreignPrefixes: [], trustEmail: false }
const acme = { ...id, ...own, preset: 'generic' as Preset }

function session(claims: Claims, user = 'alice', provider = id): Session {
  const signIn = { stateHash: 'h', returnTo: '/' }
  const times = { signedInAt: 1, lastSeenAt: 1 }
  return {
    key: 'k',
    origin: 'https://a.example',
    ...provider,
    user,
    claims,
    idToken: 't',
    ...sessionOfAlice,
    ...times,
    signIn,
  }
}

t.test(
  'S-210: an e-mail counts only when the provider says, as a boolean, that it is verified',
  async (t) => {
    const rows: readonly (readonly [Claims, boolean, boolean])[] = [
      // what stands beside the e-mail; seen; seen with trust_email
      [{ email_verified: true }, true, true],
      [{ email_verified: false }, false, false],
      [{ email_verified: 'true' }, false, true],
      [{ email_verified: 'True' }, false, false],
      [{ email_verified: 'true ' }, false, false],
      [{ email_verified: 'false' }, false, false],
      [{ email_verified: 0 }, false, false],
      [{ email_verified: 1 }, false, false],
      [{ email_verified: [true] }, false, false],
      [{ email_verified: null }, false, true],
      [{}, false, true],
    ]
    for (const [beside, seen, trusted] of rows) {
      const claims = { sub: 'alice', email: 'a@b.example', ...beside }
      const seenBy = (trustEmail: boolean): boolean =>
        Object.hasOwn(visibleClaims(claims, { ...acme, trustEmail }), 'email')
      t.equal(seenBy(false), seen, JSON.stringify(beside))
      t.equal(seenBy(true), trusted, `${JSON.stringify(beside)}, trusted`)
      t.equal(claims.email, 'a@b.example', 'the session keeps what was sent')
    }
    const other = { sub: 'alice', name: 'A' }
    t.equal(visibleClaims(other, acme), other)
  },
)

t.test('the text "true" counts from a provider that is known to send texts, and no other text', async (t) => {
  for (const preset of ['cognito', 'generic', 'okta'] as const) {
    for (const said of ['true', 'false', true, false, 1, null]) {
      const claims = { sub: 'alice', email: 'a@b.example', email_verified: said }
      const counts = said === true || (said === 'true' && preset === 'cognito')
      const seen = seenClaims(claims, { trustEmail: false, preset })
      t.equal('email' in seen.claims, counts, `${preset} ${said}`)
      t.equal(seen.emailUnverified === true, !counts, 'it is told that one came')
    }
  }
  t.same(seenClaims({ sub: 'a' }, acme), { claims: { sub: 'a' } }, 'none came')
  const empty = { sub: 'a', email: null }
  t.same(seenClaims(empty, acme), { claims: empty }, 'nor is null one')
  t.same(readUserId(empty, { ...acme, userId: 'email' }), { ok: false, reason: 'the claim is missing' })
})

t.test('S-214: taking the e-mail out pollutes nothing', async (t) => {
  const claims: Claims = JSON.parse('{"email": "a@b.example", "__proto__": {"groups": ["admin"]}}')
  const seen = visibleClaims(claims, acme)
  t.equal(Object.getPrototypeOf(seen), Object.prototype)
  t.notOk('groups' in seen)
  t.notOk('email' in seen)
})

t.test('a user id is one text of at most 255 characters without controls', async (t) => {
  const rows: readonly (readonly [Claims, string])[] = [
    [{ sub: 'alice' }, 'alice'],
    [{ sub: ' alice ' }, ' alice '],
    [{ sub: 'a'.repeat(255) }, 'a'.repeat(255)],
    [{ sub: 'Ünïcode 😀' }, 'Ünïcode 😀'],
    [{}, 'the claim is missing'],
    [{ sub: null }, 'the claim is missing'],
    [{ sub: '' }, 'the claim is empty'],
    [{ sub: 'a'.repeat(256) }, 'the claim has more than 255 characters'],
    [{ sub: 5 }, 'the claim is no single text'],
    [{ sub: true }, 'the claim is no single text'],
    [{ sub: ['alice'] }, 'the claim is no single text'],
    [{ sub: { a: 1 } }, 'the claim is no single text'],
    [{ sub: 'a\nb' }, 'the claim holds a control character'],
    [{ sub: 'a\u0000' }, 'the claim holds a control character'],
    [{ sub: 'a\u0085' }, 'the claim holds a control character'],
    [{ sub: 'a\ud800' }, 'the claim holds a control character'],
  ]
  for (const [claims, expected] of rows) {
    const id = readUserId(claims, acme)
    t.equal(id.ok ? id.user : id.reason, expected)
  }
})

t.test('a user id may come from any claim path, and from an e-mail only when it is verified', async (t) => {
  const byEmail = { ...acme, userId: 'email' }
  const read = (claims: Claims, settings: typeof acme): string => {
    const id = readUserId(claims, settings)
    return id.ok ? id.user : id.reason
  }
  t.equal(read({ email: 'a@b.example', email_verified: true }, byEmail), 'a@b.example')
  t.equal(read({}, byEmail), 'the claim is missing')
  t.equal(read({ email: 'a@b.example' }, byEmail), 'the address is not verified: see trust_email')
  t.equal(read({ email: 'a@b.example' }, { ...byEmail, trustEmail: true }), 'a@b.example')
  t.equal(read({ user: { id: 'x' } }, { ...acme, userId: 'user.id' }), 'x')
})

t.test('S-220: the same sub at two providers makes two users', async (t) => {
  const partner = { ...acme, name: 'partner', userIdPrefix: 'partner:' }
  const plain = { ...acme, foreignPrefixes: ['partner:'] }
  t.strictSame(readUserId({ sub: 'alice' }, plain), { ok: true, user: 'alice' })
  t.strictSame(readUserId({ sub: 'alice' }, partner), { ok: true, user: 'partner:alice' })
  const collision = readUserId({ sub: 'partner:alice' }, plain)
  t.strictSame(collision, { ok: false, reason: 'the id begins with the prefix of another provider' })
})

t.test('a session is somebody only as long as the configuration reads the same user from it', async (t) => {
  const claims = { sub: 'alice', email: 'a@b.example' }
  t.strictSame(toPrincipal(session(claims), acme), {
    user: 'alice',
    provider: 'acme',
    claims: { sub: 'alice' },
    emailUnverified: true,
  })
  t.equal(toPrincipal(session(claims), { ...acme, userIdPrefix: 'x:' }), null, 'another prefix')
  t.equal(toPrincipal(session(claims), { ...acme, userId: 'email' }), null, 'another claim')
  t.equal(
    toPrincipal(session(claims), { ...acme, foreignPrefixes: ['al'] }),
    null,
    'a prefix that it now collides with',
  )
  for (const other of [
    { ...id, issuer: 'https://id.partner.example' },
    { ...id, issuer: `${id.issuer}/` },
    { ...id, clientId: 'other' },
  ]) {
    t.equal(
      toPrincipal(session(claims, 'alice', other), acme),
      null,
      'of another provider under the same name',
    )
  }
  t.match(toPrincipal(session(claims), { ...acme, name: 'renamed' }), { user: 'alice', provider: 'renamed' })
  t.strictSame(toPrincipal(session(claims, 'x:alice'), { ...acme, userIdPrefix: 'x:' })?.user, 'x:alice')
})
