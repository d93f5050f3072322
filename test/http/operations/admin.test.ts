// What the operator's tools are told. Asking is reading: it costs no provider a request.
import t, { type Test } from 'tap'
import { readFromDisk } from '../../../src/config/files.ts'
import { loadGatewayFromText } from '../../../src/config/load.ts'
import { createAdmin } from '../../../src/http/operations/admin.ts'
import { ownAnswers } from '../../../src/http/operations/answers.ts'
import { createLog } from '../../../src/http/operations/log.ts'
import { createMetrics } from '../../../src/http/operations/metrics.ts'
import type { ServerContext } from '../../../src/http/server/context.ts'
import { createLingeringCloses } from '../../../src/http/server/lingering-close.ts'
import { createRequestIds } from '../../../src/http/server/request-ids.ts'
import { createEditions } from '../../../src/runtime/editions.ts'
import { openRuntime } from '../../../src/runtime/open.ts'
import { roundTrip } from '../../oidc/fixtures.ts'
import { createTestClock } from '../../support/clock.ts'
import { startHostileOp } from '../../support/hostile-op.ts'
import { noKeyAddresses } from '../../support/key-place.ts'
import { orThrown } from '../../support/thrown.ts'

async function openAdmin(t: Test) {
  const op = await startHostileOp()
  const text = `
providers: { op: { issuer: "${op.issuer}", client_id: c, client_secret: a-client-secret } }
session: { store: memory }
apps: { wiki: { url: https://wiki.example, upstream: http://10.9.9.9, shared_secret: a-secret-of-thirty-two-bytes-and-more, require: signed_in } }
`
  const around = { file: 'admin.yaml', folder: '/', env: {}, readFile: readFromDisk }
  const loaded = loadGatewayFromText(text, around)
  if (!loaded.ok) throw new Error(loaded.issues.map(({ message }) => message).join('\n'))
  const clock = createTestClock(1_900_000_000)
  const runtime = openRuntime(loaded.gateway, {
    env: {},
    clock,
    onProviderEvent: () => {},
    onStoreFault: () => {},
  })
  const editions = createEditions(runtime, (thrown) => t.fail(String(thrown)))
  let draining = false
  const log = createLog(loaded.gateway.log, 'key', { write: () => {} })
  const serverContext = {
    editions,
    metrics: createMetrics(),
    log,
    lingering: createLingeringCloses(),
    requestIds: createRequestIds(runtime.random),
  }
  const admin = createAdmin(
    ownAnswers(serverContext, () => draining),
    null,
    noKeyAddresses,
  )
  t.teardown(async () => {
    await admin.close()
    await editions.close()
    await op.close()
  })
  const ask = async (url: string) => {
    const { statusCode, body, headers } = await admin.inject({ method: 'GET', url })
    return { statusCode, body, type: headers['content-type'] }
  }
  return {
    op,
    clock,
    runtime,
    ask,
    admin,
    drain: () => {
      draining = true
    },
  }
}

t.test('it writes no lines of its own, and each address is one that can be routed to', async (t) => {
  const admin = orThrown(() =>
    createAdmin(
      ownAnswers({} as ServerContext, () => false),
      null,
      noKeyAddresses,
    ),
  )
  t.match(admin, { log: Object, inject: Function }, String(admin))
  t.equal((admin as ReturnType<typeof createAdmin>).log.level, undefined)
})

t.test('S-242: readiness and metrics ask no provider, not even when an attempt is due', async (t) => {
  const { op, clock, runtime, ask } = await openAdmin(t)
  const read = async () => {
    for (const address of ['/livez', '/readyz', '/metrics']) await ask(address)
    await roundTrip(op)
  }
  await read()
  t.equal(op.counts.metadata, 0, 'never asked yet')
  op.bends = { metadata: () => '<html>' }
  await runtime.providers.get('op')?.discover()
  t.equal(op.counts.metadata, 1)
  t.match(JSON.parse((await ask('/readyz')).body), { ready: true, providers: { op: 'failed' } })
  clock.time += 60
  await read()
  t.equal(op.counts.metadata, 1, 'the pause is over')
  op.bends = {}
  await runtime.providers.get('op')?.discover()
  clock.time += 3600
  await read()
  t.equal(op.counts.metadata, 2, 'it is old')
  t.match((await ask('/metrics')).body, /^claimgate_provider_ready\{provider="op"\} 1$/m)
})

t.test('a stop under way makes it unready, and alive all the same', async (t) => {
  const { ask, drain } = await openAdmin(t)
  t.match(await ask('/readyz'), { statusCode: 200, body: /"draining":false/ })
  drain()
  t.match(await ask('/readyz'), { statusCode: 503, body: /"ready":false,"store":"ok","draining":true/ })
  t.match(await ask('/livez'), { statusCode: 200, body: 'ok\n', type: /^text\/plain/ })
})

t.test('a store that does not answer makes it unready, and says no more than that', async (t) => {
  const { ask, runtime } = await openAdmin(t)
  Object.assign(runtime.store, {
    check: () => {
      throw new Error('/data/secret-place: disk full')
    },
  })
  const { statusCode, body } = await ask('/readyz')
  t.equal(statusCode, 503)
  t.same(JSON.parse(body), {
    ready: false,
    store: 'unavailable',
    draining: false,
    providers: { op: 'pending' },
  })
})

t.test('each address says what it is, to GET and HEAD, and there is no other', async (t) => {
  const { admin } = await openAdmin(t)
  const types = {
    '/livez': /^text\/plain/,
    '/readyz': /^application\/json/,
    '/metrics': 'text/plain; version=0.0.4; charset=utf-8',
  }
  for (const [url, type] of Object.entries(types)) {
    for (const method of ['GET', 'HEAD'] as const) {
      const { statusCode, headers } = await admin.inject({ method, url })
      t.match([statusCode, headers['content-type']], [200, type], `${method} ${url}`)
    }
  }
  t.equal((await admin.inject({ method: 'POST', url: '/livez' })).statusCode, 404)
  t.equal((await admin.inject({ method: 'GET', url: '/' })).statusCode, 404)
})
