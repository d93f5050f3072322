// Whether a gateway can do its work.
import t from 'tap'
import { StoreFault } from '../../../src/core/fault.ts'
import { readReadiness } from '../../../src/http/operations/readiness.ts'
import type { Runtime } from '../../../src/runtime/runtime.ts'
import { openTestContext } from '../../support/request-context.ts'

const away = () => {
  throw new StoreFault('STORE_UNAVAILABLE', 'nobody answers')
}

t.test('a gateway whose keys cannot be found is not ready', async (t) => {
  const { runtime } = openTestContext(
    t,
    `
data: ${JSON.stringify(t.testdir())}
api_keys: { store: sqlite }
session: { store: memory, secret: a-session-secret-of-more-than-thirty-two-bytes }
apps: { api: { url: https://api.example, upstream: http://10.9.9.9, credentials: [api_key], require: signed_in } }
`,
  )
  const { keys } = runtime
  if (keys === null) throw new Error('there are keys')
  const good = { ready: true, store: 'ok', keys: 'ok', draining: false, providers: {} }
  t.same(await readReadiness(runtime, false), good)
  const without = { ...runtime, keys: { ...keys, store: { ...keys.store, check: away } } } satisfies Runtime
  t.same(await readReadiness(without, false), { ...good, ready: false, keys: 'unavailable' })
  const noSessions = { ...runtime, store: { ...runtime.store, check: away } } satisfies Runtime
  t.same(await readReadiness(noSessions, false), { ...good, ready: false, store: 'unavailable' })
})

t.test('where there are no keys nothing is said of them', async (t) => {
  const { runtime } = openTestContext(
    t,
    `
providers: { op: { issuer: "https://op.example", client_id: c, client_secret: s } }
session: { store: memory, secret: a-session-secret-of-more-than-thirty-two-bytes }
apps: { wiki: { url: https://wiki.example, upstream: http://10.9.9.9, require: signed_in } }
`,
  )
  t.notOk('keys' in (await readReadiness(runtime, false)))
})
