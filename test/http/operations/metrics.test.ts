import t from 'tap'
import { metricLabels, metricTexts } from '../../../src/http/operations/metric-names.ts'
import { createMetrics, type Metrics } from '../../../src/http/operations/metrics.ts'
import { createSums } from '../../../src/http/operations/sums.ts'
import { orRejected, orThrown } from '../../support/thrown.ts'

const log = { droppedLines: () => 0 }

t.test('each metric has its name, labels and sentence', async (t) => {
  const metrics = orThrown(createMetrics)
  t.notOk(metrics instanceof Error, String(metrics))
  const admission = { app: null, decision: { kind: 'allow', reason: 'rule-met' }, shadow: null, startedAt: 0 }
  t.equal(
    orThrown(() => (metrics as Metrics).request(admission as never, 200)),
    undefined,
  )
})

t.test('labels are the names of the edition in force: others are forgotten, the rest goes on', async (t) => {
  const metrics = createMetrics()
  const request = (app: string | null) =>
    metrics.request(
      {
        app: app === null ? null : { name: app },
        decision: { kind: 'allow', reason: 'rule-met' },
        shadow: { enforced: { kind: 'allow' }, decision: { kind: 'deny' } },
        startedAt: performance.now(),
      } as never,
      200,
    )
  for (const app of ['wiki', 'gone', null, 'wiki']) request(app)
  metrics.login('op', 'completed')
  metrics.login('former', 'failed')
  metrics.login(null, 'failed')
  metrics.providerLogout('op', 'back-channel', 'ended')
  metrics.providerLogout('former', 'front-channel', 'nothing')
  metrics.providerLogout(null, 'back-channel', 'refused')
  metrics.renewal('op', 'renewed', 250)
  metrics.renewal('op', 'unanswered')
  metrics.renewal('former', 'renewed', 1)
  for (const app of ['wiki', 'gone', null]) metrics.fault('UPSTREAM_BUSY', app)
  t.match(await metrics.text(new Map(), log), /app="gone"/)
  metrics.renew({ apps: ['wiki'], providers: ['op'] })
  const text = await metrics.text(new Map(), log)
  t.notMatch(text, /app="gone"|provider="former"/)
  t.match(text, /^claimgate_requests_total\{app="wiki",decision="allow",reason="rule-met",status="2xx"\} 2$/m)
  t.match(text, /^claimgate_requests_total\{app="",decision="allow",reason="rule-met",status="2xx"\} 1$/m)
  t.match(text, /^claimgate_shadow_decisions_total\{app="wiki",decision="allow",shadow="deny"\} 2$/m)
  t.match(text, /^claimgate_request_duration_seconds_count\{app="wiki"\} 2$/m)
  t.match(text, /^claimgate_request_duration_seconds_count\{app=""\} 1$/m)
  t.match(text, /^claimgate_logins_total\{provider="op",outcome="completed"\} 1$/m)
  t.match(text, /^claimgate_logins_total\{provider="",outcome="failed"\} 1$/m)
  const logouts = text.split('\n').filter((line) => line.startsWith('claimgate_provider_logouts_total{'))
  t.same(logouts, [
    'claimgate_provider_logouts_total{provider="op",channel="back-channel",outcome="ended"} 1',
    'claimgate_provider_logouts_total{provider="",channel="back-channel",outcome="refused"} 1',
  ])
  t.match(text, /^claimgate_renewals_total\{provider="op",outcome="renewed"\} 1$/m)
  t.match(text, /^claimgate_renewals_total\{provider="op",outcome="unanswered"\} 1$/m)
  t.match(text, /^claimgate_renewal_duration_seconds_sum\{provider="op"\} 0.25$/m)
  t.match(text, /^claimgate_renewal_duration_seconds_count\{provider="op"\} 1$/m)
  t.match(text, /^claimgate_faults_total\{app="wiki",code="UPSTREAM_BUSY"\} 1$/m)
  t.match(text, /^claimgate_faults_total\{app="",code="UPSTREAM_BUSY"\} 1$/m)
  request('gone')
  t.match(
    await metrics.text(new Map(), log),
    /duration_seconds_count\{app="gone"\} 1$/m,
    'it counts from one again',
  )
})

t.test('no metric goes on naming an app or a provider that an edition has no more', async (t) => {
  const metrics = createMetrics()
  const decision = { kind: 'reject', reason: 'limit-exceeded', status: 429, limit: 'many' }
  const shadow = { enforced: { kind: 'allow' }, decision: { kind: 'deny' } }
  metrics.request({ app: { name: 'gone' }, decision, shadow, startedAt: performance.now() } as never, 429)
  metrics.login('former', 'failed')
  metrics.providerLogout('former', 'front-channel', 'nothing')
  metrics.form('gone', 'kept')
  metrics.renewal('former', 'renewed', 1)
  metrics.exchange('former', 'granted')
  metrics.fault('UPSTREAM_BUSY', 'gone')
  const naming = async () => {
    const lines = (await metrics.text(new Map(), log)).split('\n')
    const named = lines.filter((line) => /(?:app="gone"|provider="former")/.test(line))
    return new Set(named.map((line) => line.replace(/(?:_bucket|_sum|_count)?\{.*/, '')))
  }
  const labelled = Object.entries<readonly string[]>(metricLabels)
    .filter(([, labels]) => labels.includes('app') || labels.includes('provider'))
    // Asked of the providers that there are, whenever somebody reads.
    .filter(([name]) => name !== 'claimgate_provider_ready')
  t.same([...(await naming())].toSorted(), labelled.map(([name]) => name).toSorted(), 'each was counted')
  metrics.renew({ apps: ['wiki'], providers: ['op'] })
  t.same([...(await naming())], [])
})

t.test('outcomes of reloads are counted, and tell whether the file that was read last serves', async (t) => {
  const metrics = createMetrics()
  const lines = async () =>
    (await metrics.text(new Map(), log)).split('\n').filter((line) => /^claimgate_config/.test(line))
  t.same(await lines(), ['claimgate_config_current 1', 'claimgate_config_edition 1'])
  metrics.reload('rejected', 1)
  t.ok((await lines()).includes('claimgate_config_current 0'))
  metrics.reload('unchanged', 1)
  t.ok((await lines()).includes('claimgate_config_current 1'))
  metrics.reload('rejected', 1)
  metrics.reload('loaded', 2)
  t.same(await lines(), [
    'claimgate_config_reloads_total{outcome="rejected"} 2',
    'claimgate_config_reloads_total{outcome="unchanged"} 1',
    'claimgate_config_reloads_total{outcome="loaded"} 1',
    'claimgate_config_current 1',
    'claimgate_config_edition 2',
  ])
})

t.test('sums are handed over whole each time', async (t) => {
  const sums = createSums()
  const counter = {
    seen: new Map<string, number>(),
    reset: () => counter.seen.clear(),
    labels: (...values: string[]) => ({
      inc: (count: number) =>
        void counter.seen.set(values.join(), (counter.seen.get(values.join()) ?? 0) + count),
    }),
  }
  for (const label of ['a', 'b', 'a']) sums.add(label, 'x')
  sums.writeTo(counter)
  sums.writeTo(counter)
  t.same(
    [...counter.seen],
    [
      ['a,x', 2],
      ['b,x', 1],
    ],
  )
})

t.test('S-206: the whole text, with labels that are names of the file or of closed lists', async (t) => {
  const metrics = orThrown(createMetrics) as Metrics
  const decision = { kind: 'deny', reason: 'no-location' }
  const admission = { app: { name: 'wiki' }, decision, shadow: null, startedAt: performance.now() }
  const happens: readonly (() => void)[] = [
    () => metrics.request(admission as never, 403),
    () => metrics.login('op', 'started'),
    () => metrics.websocket(1),
    () => metrics.websocket(1),
    () => metrics.websocket(-1),
    () => metrics.fault('LOGIN_LOOP', 'wiki'),
    () => metrics.connectionRefused(),
    () => metrics.reload('loaded', 2),
  ]
  for (const one of happens) t.notOk(orThrown(one) instanceof Error, String(one))
  const providers = new Map(
    (['ready', 'pending', 'failed'] as const).map((kind) => [kind, { status: () => ({ kind }) as never }]),
  )
  const read = async (dropped: number) =>
    String(await orRejected(() => metrics.text(providers, { droppedLines: () => dropped })))
      .split('\n')
      .filter((line) => line !== '')
  await read(3)
  const lines = await read(5)
  const told = lines.filter((line) => !line.startsWith('#') && !/duration_seconds_(?:bucket|sum)/.test(line))
  t.same(told, [
    'claimgate_requests_total{app="wiki",decision="deny",reason="no-location",status="4xx"} 1',
    'claimgate_logins_total{provider="op",outcome="started"} 1',
    'claimgate_faults_total{app="wiki",code="LOGIN_LOOP"} 1',
    'claimgate_connections_refused_total 1',
    'claimgate_provider_ready{provider="ready"} 1',
    'claimgate_provider_ready{provider="pending"} 0',
    'claimgate_provider_ready{provider="failed"} 0',
    'claimgate_websockets 1',
    'claimgate_log_lines_dropped_total 5',
    'claimgate_config_reloads_total{outcome="loaded"} 1',
    'claimgate_config_current 1',
    'claimgate_config_edition 2',
    'claimgate_held_body_bytes 0',
    'claimgate_held_body_limit_bytes 0',
    'claimgate_workers 1',
    'claimgate_worker_ends_total 0',
    'claimgate_request_duration_seconds_count{app="wiki"} 1',
  ])
  const bounds = lines.flatMap((line) => /_bucket\{le="([^"]+)",app="wiki"\}/.exec(line)?.[1] ?? [])
  t.same(bounds, [
    '0.005',
    '0.01',
    '0.025',
    '0.05',
    '0.1',
    '0.25',
    '0.5',
    '1',
    '2.5',
    '5',
    '10',
    '30',
    '+Inf',
  ])
  for (const [name, help] of Object.entries(metricTexts)) t.ok(lines.includes(`# HELP ${name} ${help}`), name)
  providers.delete('failed')
  t.notMatch((await read(5)).join(), 'provider="failed"')
})

t.test('the time of a request is counted in seconds', async (t) => {
  const metrics = createMetrics()
  const decision = { kind: 'allow', reason: 'rule-met' }
  const startedAt = performance.now() - 4_000
  metrics.request({ app: { name: 'wiki' }, decision, shadow: null, startedAt } as never, 200)
  const text = await metrics.text(new Map(), log)
  t.match(text, /_bucket\{le="2\.5",app="wiki"\} 0$/m)
  const sum = Number(/duration_seconds_sum\{app="wiki"\} (\S+)$/m.exec(text)?.[1])
  t.ok(sum >= 4 && sum < 1_000, `${sum}`)
})

t.test('bodies that are held are asked for whenever somebody reads', async (t) => {
  const metrics = createMetrics()
  const held = { bytes: 7, mostBytes: 100, refusals: { network: 2, all: 0 } }
  metrics.showHeldBodies(() => held)
  const told = async () =>
    (await metrics.text(new Map(), log)).split('\n').filter((line) => line.startsWith('claimgate_held'))
  const lines = (bytes: number) => [
    `claimgate_held_body_bytes ${bytes}`,
    'claimgate_held_body_limit_bytes 100',
    'claimgate_held_body_refusals_total{bound="network"} 2',
    'claimgate_held_body_refusals_total{bound="all"} 0',
  ]
  t.same(await told(), lines(7))
  held.bytes = 0
  t.same(await told(), lines(0), 'and counted once')
})
