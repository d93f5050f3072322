// Keys that operators make, for themselves and for people who are signed in.
import t from 'tap'
import type { Json } from '../../../src/core/json.ts'
import { parseKey } from '../../../src/core/keys/key-form.ts'
import { hashKeySecret } from '../../../src/core/keys/key-secret.ts'
import { limits } from '../../../src/core/limits/table.ts'
import { findKey, listKeys } from '../../../src/runtime/keys/found-keys.ts'
import { type KeyPlace, type MadeKey, makeKey, rotateKey } from '../../../src/runtime/keys/made-key.ts'
import { readWantedKey } from '../../../src/runtime/keys/wanted-key.ts'
import { apiKey } from '../../support/accepting.ts'
import { openKeyPlace, selfService, start } from '../../support/key-place.ts'

const shop = { name: 'shop', user: 'shop', expires: '365d' }

async function make(place: KeyPlace, said: Readonly<Record<string, Json>>): Promise<MadeKey | string> {
  const read = readWantedKey(said, place.gateway, place.now)
  if (!read.ok) throw new Error(read.faults.map(({ field, message }) => `${field}: ${message}`).join('\n'))
  const made = await makeKey(place, read.wanted)
  return 'field' in made ? `${made.field}: ${made.message}` : made
}

async function made(place: KeyPlace, said: Readonly<Record<string, Json>> = shop): Promise<MadeKey> {
  const found = await make(place, said)
  if (typeof found === 'string') throw new Error(found)
  return found
}

t.test('a key is kept by its hash alone, and its text is of the form that is ours', async (t) => {
  const { place, keys } = openKeyPlace(t)
  const { key, secret, whole } = await made(place, { ...shop, claims: { plan: 'paid' } })
  t.same(parseKey(whole, ['cg']), { prefix: 'cg', id: key.id, secret })
  const stored = await keys.load(key.id)
  t.same(stored, key)
  t.same(stored?.secrets, [{ hash: hashKeySecret(secret), until: null }])
  t.match(stored, {
    claims: { plan: 'paid' },
    createdAt: start,
    expiresAt: start + 365 * 86_400,
    asleep: false,
  })
  t.notMatch(JSON.stringify(stored), secret)
  const other = await made(place)
  t.not(other.key.id, key.id)
  t.not(other.secret, secret)
})

t.test('the first prefix makes keys', async (t) => {
  const { place } = openKeyPlace(t, { prefixes: ['shop', 'cg'] })
  t.match((await made(place)).whole, /^shop_[0-9A-Za-z]{16}_[0-9A-Za-z]{43}_[0-9A-Za-z]{6}$/)
})

t.test('a key with too many claims is not made', async (t) => {
  const { place, keys } = openKeyPlace(t)
  const claims = { long: 'x'.repeat(limits.keyRecordBytes) }
  t.match(await make(place, { ...shop, claims }), /^claims: take more than 32 KiB/)
  t.same((await keys.list({ after: null, most: 10 })).keys, [])
})

t.test('a person’s key has the claims of the session for which the provider answered last', async (t) => {
  const { place, signIn } = openKeyPlace(t, { selfService })
  await signIn('alice', { plan: 'paid', groups: ['a'] }, { checkedAt: start - 500 })
  await signIn('alice', { plan: 'paid', groups: ['b'] }, { checkedAt: start - 10 })
  await signIn('bob', { plan: 'free' })
  const { key } = await made(place, { name: 'phone', person: 'alice' })
  t.match(key, {
    owner: { kind: 'person', issuer: 'https://op.example.com', clientId: 'c', user: 'alice' },
    claimsAt: start - 10,
    expiresAt: start + 90 * 86_400,
  })
  t.same(key.claims, { plan: 'paid', sub: 'alice' }, 'of its claims what self_service lists, and the user id')
  t.equal(await make(place, { name: 'phone', person: 'bob' }), 'person: does not meet `self_service.require`')
})

t.test('of somebody who is not signed in there are no claims', async (t) => {
  const { place, sessions, signIn } = openKeyPlace(t, { selfService })
  const none = /^person: alice is not signed in/
  const phone = { name: 'phone', person: 'alice' }
  t.match(await make(place, phone), none)
  await signIn('alice', { plan: 'paid' }, { signedInAt: start - 30 * 86_400 })
  t.match(await make(place, phone), none, 'a session that is over')
  await signIn('alice', { plan: 'paid' }, { issuer: 'https://other.example.com' })
  t.match(await make(place, phone), none, 'a session of another provider')
  await signIn('alice', { plan: 'paid' }, { origin: 'https://gone.example.com' })
  t.match(await make(place, phone), none, 'a session of an origin that is gone')
  await signIn('alice', { plan: 'paid', sub: 'somebody else' })
  t.match(await make(place, phone), none, 'a session whose user id would be read otherwise')
  const revokedBefore = {
    ...place,
    gateway: { ...place.gateway, session: { ...place.gateway.session, revokedBefore: start } },
  }
  await signIn('alice', { plan: 'paid' })
  t.match(await make(revokedBefore, phone), none, 'a session that was revoked')
  t.match(await make({ ...place, sessions: null }, phone), /^person: cannot be looked up/)
  t.match(await make(place, phone), { key: { name: 'phone' } })
  await sessions.revoke({ by: 'all' })
  t.match(await make(place, phone), none)
})

t.test('a person has no more keys, and none for longer, than they may make themselves', async (t) => {
  const { place, keys, signIn } = openKeyPlace(t, { selfService })
  await signIn('alice', { plan: 'paid' })
  const phone = { name: 'phone', person: 'alice' }
  t.match(
    await make(place, { ...phone, expires: 'never' }),
    /^expires: is later than `self_service.lifetime` allows/,
  )
  t.match(await make(place, { ...phone, expires: '91d' }), /^expires: is later/)
  const first = await made(place, { ...phone, expires: '90d' })
  await made(place, phone)
  t.match(await make(place, phone), /^person: has 2 keys already \(`self_service.max_keys`\)/)
  await keys.change(first.key.id, { kind: 'revoke', at: start })
  await made(place, phone)
  const endless = {
    ...place.gateway,
    apiKeys: { ...place.gateway.apiKeys, selfService: { ...selfService, lifetimeSeconds: null, maxKeys: 9 } },
  }
  t.match(await make({ ...place, gateway: endless }, { ...phone, expires: 'never' }), {
    key: { expiresAt: null },
  })
})

t.test('an address that is not verified is no claim that a person’s key is made for', async (t) => {
  const byAddress = {
    ...selfService,
    claims: ['email'],
    require: {
      ...selfService.require,
      path: 'email',
      matcher: { tests: [], not: null, exists: true, text: 'exists' },
    },
  }
  const { place, signIn } = openKeyPlace(t, { selfService: byAddress as typeof selfService })
  await signIn('alice', { email: 'alice@example.com' })
  t.equal(
    await make(place, { name: 'phone', person: 'alice' }),
    'person: does not meet `self_service.require`',
  )
  await signIn('bob', { email: 'bob@example.com', email_verified: true })
  t.match(await make(place, { name: 'phone', person: 'bob' }), {
    key: { claims: { email: 'bob@example.com' } },
  })
})

t.test('a rotation: both secrets until the overlap is over, or the new one at once', async (t) => {
  const { place, keys } = openKeyPlace(t)
  const { key, secret } = await made(place)
  const next = await rotateKey(place, key.id, 7 * 86_400)
  if (next === null || 'field' in next) throw new Error('not rotated')
  t.same((await keys.load(key.id))?.secrets, [
    { hash: hashKeySecret(next.secret), until: null },
    { hash: hashKeySecret(secret), until: start + 7 * 86_400 },
  ])
  t.same(parseKey(next.whole, ['cg']), { prefix: 'cg', id: key.id, secret: next.secret })
  const last = await rotateKey(place, key.id, 0)
  if (last === null || 'field' in last) throw new Error('not rotated')
  t.same((await keys.load(key.id))?.secrets, [{ hash: hashKeySecret(last.secret), until: null }])
  t.equal(last.key.expiresAt, key.expiresAt, 'it lives no longer for it')
})

t.test('what opens nothing gets no new secret', async (t) => {
  const { place, keys } = openKeyPlace(t)
  const { key } = await made(place)
  t.match(await rotateKey({ ...place, now: start + 365 * 86_400 }, key.id, 0), {
    message: /^is of a key that is over/,
  })
  await keys.change(key.id, { kind: 'revoke', at: start })
  t.match(await rotateKey(place, key.id, 0), { message: /^is of a key that was revoked/ })
  t.same((await keys.load(key.id))?.secrets, key.secrets)
  t.equal(await rotateKey(place, 'x'.repeat(16), 0), null)
})

t.test('a key is found by its id, with the prefix or without, in the file too', async (t) => {
  const { place } = openKeyPlace(t, { keys: [apiKey] })
  const { key, whole } = await made(place)
  for (const id of [key.id, `cg_${key.id}`])
    t.match(await findKey(place, id), { key: { id: key.id }, source: 'store' }, id)
  for (const id of [apiKey.id, `cg_${apiKey.id}`]) t.match(await findKey(place, id), { source: 'file' }, id)
  for (const id of [
    '',
    '_',
    'cg_',
    `xx_${key.id}`,
    `cg_${key.id}x`,
    whole,
    'x'.repeat(16),
    `_${key.id}`,
    `a_b_${key.id}`,
  ])
    t.equal(await findKey(place, id), null, id)
})

t.test('keys are listed page by page, those of the file first, and of one user alone', async (t) => {
  const { place, signIn } = openKeyPlace(t, { keys: [apiKey], selfService })
  await signIn('shop', { plan: 'paid' })
  for (const name of ['one', 'two']) await made(place, { ...shop, name })
  await made(place, { ...shop, name: 'other', user: 'other' })
  await made(place, { name: 'person', person: 'shop' })
  const names = async (user: string | null, after: string | null = null, most = 100) => {
    const { keys, next } = await listKeys(place, { user, after, most })
    return { names: keys.map(({ name }) => name), next }
  }
  t.same(await names(null), { names: ['billing', 'person', 'other', 'two', 'one'], next: null })
  t.same(
    (await names('shop')).names,
    ['person', 'two', 'one'],
    'as it was written, and a person of the same id',
  )
  t.same((await names('key:shop')).names, ['two', 'one'], 'as apps see it')
  t.same((await names('key:nobody')).names, [])
  t.same((await names('billing')).names, ['billing'])
  const first = await names(null, null, 2)
  t.same(first.names, ['billing', 'person', 'other'], 'those of the file beside the first page')
  t.same(await names(null, first.next, 2), { names: ['two', 'one'], next: null })
})
