// gunicorn closes idle connections after two seconds and announces nothing. `node bench/stale.ts` is the same in full.
import t from 'tap'
import { meetIdleEnds } from '../support/stale-keep-alive.ts'

t.test('no GET fails at gunicorn’s end of idle connections', async (t) => {
  const run = { method: 'GET', seed: 7 } as const
  const [kept, usual, sync] = await Promise.all([
    meetIdleEnds({ ...run, worker: 'gthread', keepAlive: '30s', clients: 40, rounds: 3 }),
    meetIdleEnds({ ...run, worker: 'gthread', keepAlive: null, clients: 40, rounds: 3 }),
    meetIdleEnds({ ...run, worker: 'sync', keepAlive: null, clients: 20, rounds: 2 }),
  ])
  t.same(kept, { 200: 120 }, 'gthread, whose connections the gateway keeps too long')
  t.same(usual, { 200: 120 }, 'gthread, as configured by default')
  t.same(sync, { 200: 40 }, 'sync')
})
