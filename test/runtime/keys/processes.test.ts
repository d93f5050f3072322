// Two processes beside this one serve keys. What this one does to a key, both know soon: who asks, and who holds a connection.
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import type { ApiKeySettings } from '../../../src/core/keys/api-key-settings.ts'
import type { KeyStore } from '../../../src/core/keys/key-store.ts'
import { Secret } from '../../../src/core/secret.ts'
import { buildKeyRing } from '../../../src/core/session/seal.ts'
import { openKeyStore } from '../../../src/store/keys/open.ts'
import { keyOf } from '../../core/keys/keys.ts'
import { singleSettings } from '../../store/redis/redis-store.ts'
import { faultOf } from '../../store/sqlite-store.ts'
import { startChild } from '../../support/child.ts'
import { startRedis } from '../../support/redis.ts'
import { storeContext } from '../../support/store-context.ts'
import { poll } from '../../support/waiting.ts'

const program = fileURLToPath(new URL('../../support/key-process.ts', import.meta.url))
const free = { ofPerson: null, now: 1000 }

/** What it said so far. */
function serveElsewhere(t: Test, folder: string, store: ApiKeySettings['store'], id: string): () => string {
  const child = startChild(process.execPath, [program, folder, JSON.stringify(store), id])
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      said += text
    })
  t.teardown(() => void child.kill('SIGKILL'))
  return () => said
}

async function revokedElsewhere(t: Test, store: ApiKeySettings['store']): Promise<void> {
  const folder = t.testdir()
  const ring = buildKeyRing([new Secret('k'.repeat(32))])
  const keys: KeyStore = openKeyStore({ store }, folder, storeContext({ ring }))
  t.teardown(() => keys.close())
  /** Until the store has taken it: of a Redis that a busy machine makes slow nobody waits longer than a second. */
  const done = (what: string, work: () => unknown) =>
    poll(
      what,
      () => faultOf(work),
      (fault) => fault === 'nothing',
    )
  await done('the key', () => keys.create(keyOf('a'), free))
  const others = [1, 2].map(() => serveElsewhere(t, folder, store, keyOf('a').id))
  const everywhere = (text: string) =>
    poll(
      text,
      () => others.map((said) => said()),
      (all) => all.every((said) => said.includes(text)),
    )
  await everywhere('identified')
  await done('its revocation', () => keys.change(keyOf('a').id, { kind: 'revoke', at: 1500 }))
  const beganMs = performance.now()
  await everywhere('key-revoked')
  t.comment(`known after ${Math.round(performance.now() - beganMs)} ms`)
  // Whoever holds a connection is told; nobody has to ask first.
  for (const said of others) t.match(said(), /(told|asked) key-revoked/)
}

t.test('a key that is revoked is dead in both processes: a file', (t) =>
  revokedElsewhere(t, { kind: 'sqlite' }),
)

t.test('a key that is revoked is dead in both processes: Redis', async (t) => {
  const { port } = await startRedis(t)
  await revokedElsewhere(t, singleSettings(port))
})
