import { randomBytes } from 'node:crypto'
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { StoreFault } from '../../src/core/fault.ts'
import type { Random } from '../../src/core/session/seal.ts'
import { readSessionSecrets } from '../../src/runtime/secrets.ts'
import { onFileCall, refused } from '../support/file-calls.ts'
import { current, old } from '../support/sessions.ts'

t.test('the session secret is configured, or made once and kept for this user alone', async (t) => {
  const folder = t.testdir()
  const settings = {
    secrets: [],
    store: { kind: 'sqlite' },
    cookieName: 'claimgate',
    sameSite: 'lax',
    signInTimeoutSeconds: 3600,
    allowInsecureRedis: false,
    duringOutageSeconds: 300,
    revokedBefore: null,
  } as const
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
  t.not(read(folder, { store: { kind: 'memory' } })[0], made)
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
    session: {
      secrets: [],
      store: { kind: 'sqlite' },
      cookieName: 'claimgate',
      sameSite: 'lax',
      signInTimeoutSeconds: 3600,
      allowInsecureRedis: false,
      duringOutageSeconds: 300,
      revokedBefore: null,
    },
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

/** A data folder, and what reading or making its secret comes to: the secret, or the fault in words. */
function folderOf(t: Test) {
  const folder = t.testdir()
  const session = {
    secrets: [],
    store: { kind: 'sqlite' },
    cookieName: 'claimgate',
    sameSite: 'lax',
    signInTimeoutSeconds: 3600,
    allowInsecureRedis: false,
    duringOutageSeconds: 300,
    revokedBefore: null,
  } as const
  const attempt = (random: Random = randomBytes): string => {
    try {
      const [secret, ...more] = readSessionSecrets({ session, dataFolder: folder }, random)
      return more.length > 0 || secret === undefined ? 'not one secret' : secret.reveal()
    } catch (thrown) {
      return thrown instanceof StoreFault ? `${thrown.code}: ${thrown.message}` : `no StoreFault: ${thrown}`
    }
  }
  const openFiles = () => readdirSync('/proc/self/fd').length
  return { folder, path: join(folder, 'session.secret'), attempt, openFiles }
}

const drawn = (bytes: number): Buffer => Buffer.alloc(bytes, 7)
const ofDrawn = drawn(32).toString('base64url')

t.test('a secret is of 256 bits, and the one with the memory store too', async (t) => {
  const { folder, attempt, path } = folderOf(t)
  t.equal(attempt(drawn), ofDrawn)
  t.equal(readFileSync(path, 'utf8'), `${ofDrawn}\n`)
  const memory = {
    secrets: [],
    store: { kind: 'memory' },
    cookieName: 'claimgate',
    sameSite: 'lax',
    signInTimeoutSeconds: 3600,
    allowInsecureRedis: false,
    duringOutageSeconds: 300,
    revokedBefore: null,
  } as const
  const made = readSessionSecrets({ session: memory, dataFolder: folder }, drawn)
  t.same(
    made.map((one) => one.reveal()),
    [ofDrawn],
  )
})

t.test('a secret that is made is on the disk before it has its name; no file is left open', async (t) => {
  const { attempt, openFiles, folder } = folderOf(t)
  attempt()
  rmSync(join(folder, 'session.secret'))
  const calls: string[] = []
  for (const name of ['writeSync', 'fsyncSync', 'linkSync', 'copyFileSync', 'chmodSync'] as const)
    onFileCall(t, name, () => void calls.push(name))
  const before = openFiles()
  t.match(attempt(), /^[\w-]{43}$/, 'made')
  t.match(attempt(), /^[\w-]{43}$/, 'read')
  t.equal(openFiles(), before)
  t.same(
    calls,
    ['writeSync', 'fsyncSync', 'linkSync'],
    'and a file that is closed to others is left as it is',
  )
})

t.test('a disk that is full is told as that, and whatever else as a folder to be given', async (t) => {
  const { attempt, folder, openFiles } = folderOf(t)
  const table = [
    ['ENOSPC', 'the disk is full; make room'],
    ['EDQUOT', 'the disk is full; make room'],
    ['EACCES', "give the folder to the gateway's user"],
  ] as const
  for (const name of ['openSync', 'writeSync'] as const) {
    for (const [code, advice] of table) {
      const before = openFiles()
      const undo = onFileCall(t, name, (first) => {
        // What is read first is not there, and is no fault.
        if (name === 'writeSync' || !String(first).endsWith('.secret')) throw refused(code)
      })
      t.equal(
        attempt(),
        `STORE_UNAVAILABLE: the session secret ${join(folder, 'session.secret')} can be neither read nor made: ${advice}, or set "session.secret"`,
        `${name} says ${code}`,
      )
      undo()
      t.equal(openFiles(), before)
      t.same(readdirSync(folder), [], 'nothing is left')
    }
  }
})

t.test('a secret that is there and cannot be read is not made anew', async (t) => {
  const { attempt, path } = folderOf(t)
  const made = attempt()
  const undo = onFileCall(t, 'openSync', (first) => {
    if (first === path) throw refused('EACCES')
  })
  t.match(attempt(), /^STORE_UNAVAILABLE: .* can be neither read nor made: give the folder to/)
  undo()
  t.equal(attempt(), made)
})

t.test('a file system without links keeps the secret too, and the first of two wins', async (t) => {
  const { attempt, path, folder } = folderOf(t)
  onFileCall(t, 'linkSync', () => {
    throw refused('EPERM')
  })
  const made = attempt()
  t.match(made, /^[\w-]{43}$/)
  t.equal(readFileSync(path, 'utf8'), `${made}\n`)
  t.same(readdirSync(folder), ['session.secret'])
  rmSync(path)
  const theirs = 't'.repeat(43)
  const another = onFileCall(t, 'copyFileSync', () => writeFileSync(path, theirs))
  t.equal(attempt(), theirs, 'another instance was there first')
  another()
  rmSync(path)
  onFileCall(t, 'copyFileSync', () => {
    throw refused('ENOSPC')
  })
  t.match(attempt(), /^STORE_UNAVAILABLE: .*the disk is full/)
  t.same(readdirSync(folder), [])
})

t.test('a secret that is removed as soon as it is made is no secret', async (t) => {
  const { attempt, path } = folderOf(t)
  onFileCall(t, 'linkSync', () => true)
  t.equal(attempt(), `STORE_UNAVAILABLE: ${path} was removed as soon as it was made`)
})
