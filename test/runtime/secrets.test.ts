import { randomBytes } from 'node:crypto'
import { chmodSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { readSessionSecrets } from '../../src/runtime/secrets.ts'
import { current, old } from '../support/sessions.ts'

t.test('the session secret is configured, or made once and kept for this user alone', async (t) => {
  const folder = t.testdir()
  const settings = { secrets: [], store: 'sqlite', cookieName: 'claimgate', sameSite: 'lax' } as const
  const read = (dataFolder: string, more: object = {}): readonly string[] =>
    readSessionSecrets({ session: { ...settings, ...more }, dataFolder }, randomBytes).map((one) =>
      one.reveal(),
    )
  t.same(read('/nowhere', { secrets: [current, old] }), ['c'.repeat(32), 'o'.repeat(32)])
  const [made] = read(folder)
  const path = join(folder, 'session.secret')
  t.match(made, /^[\w-]{43}$/)
  t.same(read(folder), [made], 'the next start reads it')
  t.same(readdirSync(folder), ['session.secret'], 'no draft is left')
  t.equal(statSync(path).mode & 0o777, 0o600)
  chmodSync(path, 0o644)
  t.same(read(folder), [made])
  t.equal(statSync(path).mode & 0o777, 0o600)
  t.not(read(folder, { store: 'memory' })[0], made)
  for (const text of ['', 'short', `${made}${made}`]) {
    writeFileSync(path, text)
    t.throws(() => read(folder), { code: 'STORE_INVALID', message: /session.secret is damaged; remove it/ })
    t.equal(readFileSync(path, 'utf8'), text, 'and it is not replaced')
  }
  t.throws(() => read(join(folder, 'missing')), {
    code: 'STORE_UNAVAILABLE',
    message: /session.secret can be neither/,
  })
})

t.test('of two instances that make the secret at once, both use the same one', async (t) => {
  const folder = t.testdir()
  const gateway = {
    session: { secrets: [], store: 'sqlite', cookieName: 'claimgate', sameSite: 'lax' },
    dataFolder: folder,
  } as const
  // The other instance gets in between: it makes its secret while this one draws its random bytes.
  let theirs = ''
  const interrupted = (bytes: number): Buffer => {
    if (theirs === '') {
      theirs = 'theirs, under way'
      theirs = readSessionSecrets(gateway, randomBytes)[0]?.reveal() ?? ''
    }
    return randomBytes(bytes)
  }
  t.equal(readSessionSecrets(gateway, interrupted)[0]?.reveal(), theirs)
  t.same(readdirSync(folder), ['session.secret'])
  t.ok(existsSync(join(folder, 'session.secret')))
})
