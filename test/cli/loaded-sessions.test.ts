import t from 'tap'
import { seeEach } from '../../src/cli/loaded-sessions.ts'
import { limits } from '../../src/core/limits/table.ts'
import { sessionOf } from '../store/contract.ts'

t.test('sessions are loaded some at a time, and seen in their order', async (t) => {
  const most = limits.removedSessions
  const sessions = Array.from({ length: 2 * most + 1 }, (_, i) => ({ ...sessionOf(`k${i}`), expiresAt: 1 }))
  let [under, widest] = [0, 0]
  const load = async (key: string) => {
    under += 1
    widest = Math.max(widest, under)
    await new Promise((resolve) => setImmediate(resolve))
    under -= 1
    return key === 'k7' ? null : sessionOf(key)
  }
  const seen = await seeEach({ load }, sessions, ({ key }, session) => `${key} ${session?.key}`)
  t.same(
    seen,
    sessions.map(({ key }) => (key === 'k7' ? 'k7 undefined' : `${key} ${key}`)),
  )
  t.equal(widest, most)
  t.same(await seeEach({ load }, [], () => 1), [])
})
