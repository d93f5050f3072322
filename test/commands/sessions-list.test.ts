import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { sessionOf } from '../store/contract.ts'
import { file, fill, key, name, now, setUp } from './sessions-rig.ts'

t.test('list shows who is signed in, while the gateway runs; no token, no whole key', async (t) => {
  const { store, run } = await setUp(t)
  t.same(await run('list'), { exit: 0, out: 'No sessions.\n', err: '' })
  await fill(store)
  const { exit, out } = await run('list')
  t.equal(exit, 0)
  const lines = out.trimEnd().split('\n')
  t.equal(lines.length, 4, 'a heading and three sessions; the expired one is none')
  t.match(lines[0], /^ID +USER +NAME +PROVIDER +ORIGIN +SIGNED IN +LAST SEEN +ENDS IF UNUSED$/)
  t.match(
    out.split('\n').find((line) => line.startsWith(name('aaaa1111'))),
    /^[0-9a-f]{12} {2}alice +- +acme +https:\/\/wiki.example.com +\d{4}-\d\d-\d\dT[\d:]{8}Z /,
  )
  t.notMatch(out, /a\.b\.c|[0-9a-f]{13}|aaaa1111/, 'no token, and nothing of what the store knows it by')
  t.match((await run('list', '--user', 'partner:bob')).out, `\n${name('bbbb')}  partner:bob`)
  t.match(await run('list', '--user', 'bob'), { exit: 0, out: 'No sessions.\n' })
})

t.test('whom revoked_before has signed out is signed in no more', async (t) => {
  const { store, run, folder } = await setUp(t)
  await fill(store)
  const time = new Date((now - 150) * 1000).toISOString()
  writeFileSync(
    join(folder, 'claimgate.yaml'),
    file('sqlite').replace('session: {', `session: { revoked_before: "${time}",`),
  )
  const { out } = await run('list', '--user', 'alice')
  t.match(out, name('aaaa1111'))
  t.notMatch(out, name('aaaa2222'))
})

t.test('list --json is for programs', async (t) => {
  const { store, run } = await setUp(t)
  t.same(JSON.parse((await run('list', '--json')).out), [])
  await fill(store)
  t.same(JSON.parse((await run('list', '--user', 'partner:bob', '--json')).out), [
    {
      id: name('bbbb'),
      user: 'partner:bob',
      name: null,
      provider: 'acme',
      issuer: 'https://acme.example.com',
      client_id: 'id',
      origin: 'https://wiki.example.com',
      signed_in_at: now - 100,
      last_seen_at: now - 50,
      ends_at: now + 3600,
    },
  ])
})

t.test('the memory store cannot be reached from outside: 2 and a sentence', async (t) => {
  const { run } = await setUp(t)
  for (const args of [['list'], ['revoke', '--all']]) {
    t.match(await run(...args, '-c', 'memory.yaml'), { exit: 2, err: /in the running gateway alone/ })
  }
})

t.test('sessions in browsers cannot be listed or ended: 2, and what ends all older ones', async (t) => {
  const { run } = await setUp(t)
  for (const args of [['list'], ['revoke', 'abcd'], ['revoke', '--user', 'alice'], ['revoke', '--all']])
    t.match(await run(...args, '-c', 'cookie.yaml'), {
      exit: 2,
      err: /people's browsers alone; `session\.revoked_before`/,
    })
})

t.test('people are called by their names, beside the user id', async (t) => {
  const { store, run } = await setUp(t)
  const url = 'https://login.example.com/id/00D5e000000HEcPEAW/0055e00000A1b2CAAR'
  const ada = { user: url, claims: { sub: url, name: 'Ada Lovelace', preferred_username: 'ada' } }
  await store.save(sessionOf(key('aaaa'), ada), now + 3600)
  const wide = { user: 'w', claims: { name: '李小龍', email: 'w@example.com' } }
  await store.save(sessionOf(key('bbbb'), wide), now + 3600)
  const gone = { ...ada, user: 'g', issuer: 'https://gone.example.com' }
  await store.save(sessionOf(key('cccc'), gone), now + 3600)
  const { out } = await run('list')
  t.match(out, `${name('aaaa')}  ${url}  Ada Lovelace  acme`, 'the whole id, however long')
  t.match(out, /[0-9a-f]{12} {2}w +李小龍 {8}acme /, 'wide characters take two columns')
  t.match(out, /[0-9a-f]{12} {2}g +- +\(no longer\)/, 'nobody knows which claims its provider had for names')
  const names = JSON.parse((await run('list', '--json')).out).map(({ name }: { name: unknown }) => name)
  t.strictSame(names.toSorted(), ['Ada Lovelace', '李小龍', null].toSorted())
})

t.test('nothing in a name speaks to the terminal', async (t) => {
  const { store, run } = await setUp(t)
  const name = 'e\u001b[2Jv\u202Ee\u2028 \u2066x\u{e0041} \u0645\u06cc\u200c\u062e'
  await store.save(sessionOf(key('eeee'), { user: 'eve', claims: { name } }), now + 3600)
  const { out } = await run('list')
  t.match(out, 'e[2Jve x \u0645\u06cc\\u{200c}\u062e')
  t.notMatch(out.replaceAll('\n', ''), /[\p{C}\p{Zl}\p{Zp}]/u)
})

t.test('nothing in a user id speaks to the terminal', async (t) => {
  const { store, run } = await setUp(t)
  await store.save(sessionOf(key('eeee'), { user: 'eve\u001b[2J\u202E\u2028x' }), now + 3600)
  const { out } = await run('list')
  t.match(out, /eve\\u\{1b\}\[2J\\u\{202e\}\\u\{2028\}x/)
  t.notMatch(out.replaceAll('\n', ''), /\p{C}/u)
})
