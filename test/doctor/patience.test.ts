// How long `claimgate doctor` waits: for one answer, for one app, for all of them; and how many it asks at once.

import { setImmediate as turn } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { type Patience, startInTurn, timeoutsWithin, usualPatience } from '../../src/doctor/patience.ts'
import { freePort } from '../support/ports.ts'
import { type Answerer, recordingUpstream } from '../support/upstream.ts'
import { look } from './rig.ts'

const secret = 'a-shared-secret-of-thirty-two-bytes-and-more'
const file = (apps: string) => `
providers:
  main: { issuer: "http://127.0.0.1:9", client_id: gateway, client_secret: a-client-secret }
apps:
${apps}
`
const app = (name: string, port: number, more = '') => `
  ${name}:
    url: http://localhost:8080/${name}
    upstream: http://127.0.0.1:${port}
    shared_secret: ${secret}
    require: signed_in
    timeouts: { response: 10m, connect: 10m }
    ${more}`
const locations = 'locations: [{ path: /a/b, require: signed_in }, { path: /a/c, require: signed_in }]'

async function upstream(t: Test, answer: Answerer): Promise<number> {
  const app = await recordingUpstream({ answer })
  t.teardown(() => app.close())
  return app.port
}

const short: Patience = { ...usualPatience, answerSeconds: 1, refusalSeconds: 1 }
const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'
const whole: Answerer = ({ received }) => (received.endsWith('\r\n\r\n') ? ok : null)

t.test(
  'an app that hangs: the bound of doctor, and that it is doctor’s own, stand in the line',
  async (t) => {
    const port = await upstream(t, () => null)
    const { lines } = await look(file(app('a', port, locations)), 0, '', short)
    t.match(lines('apps.a', 'with the secret'), [
      /^failed .* nothing for 1 s after the request was sent; that is as long as doctor waits, and `timeouts\.response` is 600 s\. See whether the app hangs/,
    ])
    t.match(lines('apps.a', 'without the secret'), [/no answer within 1 s/])
  },
)

t.test('an app that is slow by its own file is told by that alone', async (t) => {
  const port = await upstream(t, () => null)
  const text = file(app('a', port)).replace('response: 10m', 'response: 1s')
  const { lines } = await look(text, 0, '', { ...short, answerSeconds: 5 })
  t.notMatch(lines('apps.a', 'with the secret')[0], /as long as doctor waits/)
})

t.test('an app whose paths take too long together: the rest is told', async (t) => {
  const port = await upstream(t, whole)
  const { lines, findings } = await look(file(app('a', port, locations)), 0, '', { ...short, appMs: 0 })
  t.match(lines('apps.a', 'paths'), [/^warning .*3 of 3 were not asked: the others took 0 s/])
  t.equal(findings.filter(({ about }) => about === 'apps.a').length, 1)
})

t.test('a run that took too long: an app is told as not asked, which is a failure', async (t) => {
  const { lines } = await look(file(app('a', await freePort())), 0, '', { ...short, runMs: 0 })
  t.match(lines('apps.a', 'reachable'), [/^failed .* was not asked, as the others took 0 s\. /])
})

t.test('the times of the file, and never longer', async (t) => {
  const times = {
    connectSeconds: 5,
    responseSeconds: 60,
    idleSeconds: 300,
    keepAliveSeconds: null,
    body: null,
  }
  t.match(timeoutsWithin(times, 20), { connectSeconds: 5, responseSeconds: 20, idleSeconds: 300 })
  t.match(timeoutsWithin({ ...times, connectSeconds: 90 }, 20), { connectSeconds: 20 })
  t.match(usualPatience, { answerSeconds: 20, refusalSeconds: 10, appMs: 60_000, runMs: 300_000 })
})

t.test('so many at once, in their order, whatever one ends in', async (t) => {
  const begun: number[] = []
  const ends: (() => void)[] = []
  const jobs = Array.from({ length: 6 }, (_, index) => () => {
    begun.push(index)
    return new Promise<number>((resolve, reject) => {
      ends[index] = () => (index === 1 ? reject(new Error('a bug')) : resolve(index))
    })
  })
  const results = startInTurn(jobs, 2)
  t.same(begun, [0, 1])
  ends[1]?.()
  while (begun.length < 3) await turn()
  ends[2]?.()
  while (begun.length < 4) await turn()
  t.same(begun, [0, 1, 2, 3], 'the first holds nobody up')
  for (const index of [0, 3]) ends[index]?.()
  while (begun.length < 6) await turn()
  for (const index of [4, 5]) ends[index]?.()
  const settled = await Promise.allSettled(results)
  t.same(
    settled.map((one) => (one.status === 'fulfilled' ? one.value : 'failed')),
    [0, 'failed', 2, 3, 4, 5],
  )
})
