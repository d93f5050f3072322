// A store with sessions, and the command run on it.
import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import type { Io } from '../../src/cli/command.ts'
import { command } from '../../src/commands/sessions.ts'
import { sessionNames } from '../../src/core/log-names.ts'
import type { SessionStore } from '../../src/core/ports.ts'
import { openStore } from '../../src/store/open.ts'
import { sessionOf } from '../store/contract.ts'
import { storeContext } from '../support/store-context.ts'

export const now = Math.floor(Date.now() / 1000)

export const key = (begin: string): string => begin.padEnd(64, '0')

export const secret = randomBytes(24).toString('hex')

/** What the log calls a session; and enough of that for a command. */
export const logKey = randomBytes(32).toString('hex')

export const named = sessionNames(logKey)

export const name = (begin: string): string => named(key(begin))

export const file = (store: string): string => `
data: ./data
session: { store: ${store}, secret: "${secret}" }
providers:
  acme: { issuer: https://acme.example.com, client_id: id, client_secret: "${randomBytes(24).toString('hex')}" }
apps:
  wiki: { url: https://wiki.example.com, upstream: http://127.0.0.1:5000, require: signed_in, shared_secret: "${randomBytes(24).toString('hex')}" }
`

export interface Ran {
  readonly exit: number
  readonly out: string
  readonly err: string
}

/** A folder with a configuration, a store that a gateway holds open, and the command run against it. */
export async function setUp(
  t: Test,
): Promise<{ store: SessionStore; run(...args: string[]): Promise<Ran>; folder: string }> {
  const folder = t.testdir({
    'claimgate.yaml': file('sqlite'),
    'memory.yaml': file('memory'),
    'cookie.yaml': file('cookie'),
  })
  const store = openStore({ store: { kind: 'sqlite' } }, join(folder, 'data'), storeContext())
  writeFileSync(join(folder, 'data', 'log.subject_key'), `${logKey}\n`, { mode: 0o600 })
  t.teardown(() => store.close())
  return { store, folder, run: (...args) => run(folder, args) }
}

export async function run(folder: string, args: readonly string[]): Promise<Ran> {
  let [out, err] = ['', '']
  const io: Io = {
    stdout: (text) => {
      out += text
    },
    stderr: (text) => {
      err += text
    },
    stdin: async () => '',
    env: {},
    cwd: folder,
  }
  const exit = await command.run(args, io)
  return { exit, out, err }
}

export async function fill(store: SessionStore): Promise<void> {
  const alice = { signedInAt: now - 100, lastSeenAt: now - 50 }
  await store.save(sessionOf(key('aaaa1111'), alice), now + 3600)
  await store.save(sessionOf(key('aaaa2222'), { ...alice, signedInAt: now - 200 }), now + 3600)
  await store.save(sessionOf(key('bbbb'), { ...alice, user: 'partner:bob' }), now + 3600)
  await store.save(sessionOf(key('cccc'), { ...alice, user: 'carol' }), now - 1)
}
