// Whoever can read Redis learns nothing; whoever can write it can end a session, and bring none back.
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import t, { type Test } from 'tap'
import type { SessionStore } from '../../../src/core/ports.ts'
import { Secret } from '../../../src/core/secret.ts'
import { logoutMarkSeconds } from '../../../src/core/session/provider-logout.ts'
import { createRecordSeal } from '../../../src/core/session/record-seal.ts'
import { buildKeyRing } from '../../../src/core/session/seal.ts'
import { startRedis } from '../../support/redis.ts'
import { sessionOf } from '../contract.ts'
import { formOf } from '../contract-forms.ts'
import { openRedis, singleSettings } from './redis-store.ts'

const [one, two] = ['1'.repeat(64), '2'.repeat(64)]
const person = {
  user: 'alice@example.com',
  subject: 'sub-of-alice',
  sid: 'sid-of-alice',
  claims: { email: 'alice@example.com' },
  origin: 'https://wiki.example.com',
}

async function open(t: Test) {
  const { port } = await startRedis(t)
  const settings = singleSettings(port, { keyPrefix: 'p:' })
  const cli = (...args: string[]): string =>
    execFileSync('redis-cli', ['-p', String(port), ...args], { encoding: 'utf8' }).trimEnd()
  return { settings, cli, store: openRedis(t, settings), port }
}

t.test('neither a key nor a value tells a name, an address, a claim or a time', async (t) => {
  const { store, cli } = await open(t)
  const signedInAt = 1_700_000_000
  await store.save(sessionOf(one, { ...person, signedInAt, lastSeenAt: signedInAt }), signedInAt + 1000)
  await store.touch(one, signedInAt + 511, signedInAt + 1511)
  await store.states.spend('hash', { at: 1000, until: 4600 })
  await store.states.keepOutcome('hash', { sealed: 'sealed-by-the-caller', until: 1060 })
  await store.lock(one, { id: 'random', at: 1500, until: 1530 })
  await store.forms.keep(formOf('random', { session: one, at: 1500, until: 2100 }))
  await store.commands.leave(['alice@example.com'])
  await store.replaceServed('sub-of-alice')
  await store.revoke({ by: 'user', user: 'bobadil@example.com', provider: sessionOf(one) })
  await store.revoke({ by: 'user', user: 'bobadil@example.com' })
  const jti = { hash: 'jti-of-alice', until: 2000 }
  await store.logOut({
    issuer: 'https://acme.example.com',
    subject: 'sub-of-bobadil',
    sid: 'sid-of-bobadil',
    issuedBy: 1,
    jti,
    at: 1,
  })
  await store.drop(two)
  const names = cli('KEYS', '*').split('\n')
  t.ok(names.length > 10, names.join(' '))
  const dumped = names.map((name) => cli('DUMP', name)).join('\n')
  const everything = `${names.join('\n')}${dumped}`
  // Each is long enough not to come about by chance in what is random.
  const told = [
    'alice@',
    'bobadil',
    'acme.ex',
    'example',
    'wiki.ex',
    'sid-of-',
    'sub-of-',
    'jti-of-',
    '1700000511',
  ]
  for (const secret of told) t.notMatch(everything, secret)
  for (const name of names) {
    const forEver = ['p:changes', 'p:commands', 'p:served'].includes(name)
    t.equal(Number(cli('PTTL', name)) > 0, !forEver, `${name} is forgotten`)
  }
})

t.test('a record opens at its own key and for its own purpose alone', async (t) => {
  const { store, cli } = await open(t)
  await store.save(sessionOf(one, person), 2000)
  cli('COPY', `p:session:{${one}}`, `p:session:{${two}}`)
  t.equal(await store.load(two), null, 'at another key')
  cli('COPY', `p:seen:{${one}}`, `p:session:{${one}}`, 'REPLACE')
  t.equal(await store.load(one), null, 'for another purpose')
  for (const garbage of ['', '{}', 'a.b.c.d.e', 'null']) {
    cli('SET', `p:session:{${one}}`, garbage)
    t.equal(await store.load(one), null, garbage)
  }
})

t.test('a record that is put back after the end stays ended, whoever ended it', async (t) => {
  const { store, cli } = await open(t)
  const { issuer } = sessionOf(one)
  const save = (key: string) => store.save(sessionOf(key, person), 2000)
  const ways: readonly (readonly [string, () => unknown])[] = [
    ['key', () => store.drop('key')],
    ['revoked', () => store.revoke({ by: 'key', key: 'revoked' })],
    ['user', () => store.revoke({ by: 'user', user: person.user, provider: sessionOf(one) })],
    ['any-user', () => store.revoke({ by: 'user', user: person.user })],
    ['provider', () => store.revoke({ by: 'provider', provider: sessionOf(one) })],
    ['all', () => store.revoke({ by: 'all' })],
    [
      'subject',
      () => store.logOut({ issuer, subject: person.subject, sid: null, issuedBy: 1000, jti: null, at: 1 }),
    ],
    ['sid', () => store.logOut({ issuer, subject: null, sid: person.sid, issuedBy: 1001, jti: null, at: 1 })],
  ]
  for (const [key, end] of ways) {
    await store.save(sessionOf(key, { ...person, idTokenIssuedAt: key === 'sid' ? 1001 : 1000 }), 2000)
    t.not(await store.load(key), null, key)
    const names = [`p:session:{${key}}`, `p:seen:{${key}}`]
    for (const name of names) cli('COPY', name, `copy:${name}`)
    await end()
    t.equal(await store.load(key), null)
    for (const name of names) t.equal(cli('COPY', `copy:${name}`, name), '1')
    t.equal(await store.load(key), null, `${key}: put back`)
    t.same(await store.list({}), [], `${key}: is not listed`)
  }
  await save('afterwards')
  t.equal(await store.load('afterwards'), null, 'the logout of sid still holds for an older ID token')
  await store.save(sessionOf('later', { ...person, idTokenIssuedAt: 1002 }), 2000)
  t.not(await store.load('later'), null, 'and a later sign-in lives')
})

t.test('S-183: what ends nobody, which anybody may send, is forgotten soon', async (t) => {
  const { store, cli } = await open(t)
  const { issuer } = sessionOf(one)
  const soonMs = logoutMarkSeconds * 1000
  const logout = { issuer, subject: null, issuedBy: 1000, at: 1 }
  const frame = (sid: string) => store.logOut({ ...logout, sid, jti: null })
  const marksMs = () => {
    const names = cli('KEYS', 'p:logout:*').split('\n').filter(Boolean)
    return names.map((name) => Number(cli('PTTL', name))).sort((a, b) => a - b)
  }
  await frame('guessed')
  const [guessed = 0, ...others] = marksMs()
  t.same(others, [])
  t.ok(guessed > soonMs - 60_000 && guessed <= soonMs, `${guessed} ms`)
  await store.save(sessionOf(one, person), 2000)
  t.same(await frame(person.sid), { kind: 'ended', keys: [one] })
  t.ok((marksMs()[1] ?? 0) > soonMs, 'one that ended somebody stays, should a failover bring that back')
  await frame(person.sid)
  t.ok((marksMs()[1] ?? 0) > soonMs, 'though it comes again, and finds nobody')
  await store.logOut({ ...logout, sid: 'of-a-token', jti: { hash: 'j', until: 2000 } })
  t.ok((marksMs()[1] ?? 0) > soonMs, 'as do those that a provider signed')
})

t.test('a session that is saved after its logout is never there, though the mark be forgotten', async (t) => {
  const { store, cli } = await open(t)
  const { issuer } = sessionOf(one)
  await store.logOut({ issuer, subject: null, sid: person.sid, issuedBy: 1000, jti: null, at: 1 })
  t.same(await store.save(sessionOf(one, { ...person, idTokenIssuedAt: 1000 }), 2000), [])
  cli('DEL', ...cli('KEYS', 'p:logout:*').split('\n'))
  t.equal(await store.load(one), null)
  t.equal(cli('KEYS', 'p:s*'), '')
  t.same(await store.list({ user: person.user, provider: sessionOf(one) }), [])
})

t.test('a mark or tombstone of another kind ends, and never opens', async (t) => {
  const { store, cli } = await open(t)
  await store.save(sessionOf(one, person), 2000)
  cli('SET', 'p:mark:all', '')
  t.equal(await store.load(one), null)
  cli('DEL', 'p:mark:all')
  cli('RPUSH', 'p:mark:all', 'x')
  await t.rejects(async () => store.load(one), { code: 'STORE_INVALID' })
  cli('DEL', 'p:mark:all')
  t.not(await store.load(one), null)
  cli('SET', `p:ended:{${one}}`, '')
  t.equal(await store.load(one), null)
})

t.test('a session that was put down before the secret changed is found by every end', async (t) => {
  const { port } = await open(t)
  const secrets = [new Secret('n'.repeat(32)), new Secret('r'.repeat(32))]
  const seal = createRecordSeal(() => buildKeyRing(secrets), randomBytes)
  const provider = sessionOf(one)
  const logout = { issuer: provider.issuer, issuedBy: 1000, jti: null, at: 1 }
  const ways: readonly ((renewed: SessionStore) => unknown)[] = [
    (renewed) => renewed.revoke({ by: 'user', user: person.user, provider }),
    (renewed) => renewed.logOut({ ...logout, subject: person.subject, sid: null }),
    (renewed) => renewed.logOut({ ...logout, subject: null, sid: person.sid }),
  ]
  for (const [at, end] of ways.entries()) {
    const settings = singleSettings(port)
    await openRedis(t, settings).save(sessionOf(one, person), 2000)
    const renewed = openRedis(t, settings, { seal })
    t.equal((await renewed.list({ user: person.user, provider })).length, 1)
    await end(renewed)
    t.equal(await openRedis(t, settings).load(one), null, `${at}: the record is gone`)
    t.same(await renewed.list({}), [])
  }
})

t.test(
  'a record sealed with an older secret is sealed anew as it is loaded, and stays findable',
  async (t) => {
    const { settings, store } = await open(t)
    const [fresh, older] = [new Secret('n'.repeat(32)), new Secret('r'.repeat(32))]
    const both = openRedis(t, settings, {
      seal: createRecordSeal(() => buildKeyRing([fresh, older]), randomBytes),
    })
    const fewer = openRedis(t, settings, {
      seal: createRecordSeal(() => buildKeyRing([fresh]), randomBytes),
    })
    await store.save(sessionOf(one, person), 2000)
    await store.save(sessionOf(two, person), 2000)
    t.equal(await fewer.load(one), null)
    t.not(await both.load(one), null)
    for (let tries = 0; (await fewer.load(one)) === null && tries < 500; tries++)
      await new Promise((resolve) => setTimeout(resolve, 10))
    t.not(await fewer.load(one), null, 'without the older one')
    t.equal(await fewer.load(two), null, 'one that nobody loaded is lost with its secret')
    t.equal(await fewer.revoke({ by: 'user', user: person.user, provider: sessionOf(one) }), 1)
  },
)
