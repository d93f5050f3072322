// What several processes have counted, as one.
import t from 'tap'
import { lastingSamples } from '../../../src/http/operations/added-metrics.ts'
import { addSamples, readMetricSamples } from '../../../src/http/operations/metric-samples.ts'
import { createMetrics } from '../../../src/http/operations/metrics.ts'

const nobody = new Map()
const log = { droppedLines: () => 2 }
const ready = new Map([['op', { status: () => ({ kind: 'ready' as const }) }]])

function counting(failures: number, webSockets: number) {
  const metrics = createMetrics()
  for (let i = 0; i < failures; i += 1) metrics.login('op', 'failed')
  for (let i = 0; i < webSockets; i += 1) metrics.websocket(1)
  return metrics
}

/** The value of one line of the text. */
const shown = (text: string, line: string) =>
  text
    .split('\n')
    .find((one) => one.startsWith(`${line} `))
    ?.split(' ')
    .at(-1)

t.test('counts and open WebSockets are added over processes', async (t) => {
  const [first, second] = [counting(2, 1), counting(3, 4)]
  const others = [await first.samples(ready as never, log), await second.samples(ready as never, log)]
  const primary = createMetrics()
  primary.workers(2)
  const text = await primary.text(nobody, log, others)
  t.equal(shown(text, 'claimgate_logins_total{provider="op",outcome="failed"}'), '5')
  t.equal(shown(text, 'claimgate_websockets'), '5')
  t.equal(shown(text, 'claimgate_log_lines_dropped_total'), '6')
  t.equal(shown(text, 'claimgate_workers'), '2')
  t.match(text, /^# HELP claimgate_websockets WebSockets open now\.$/m)
  t.match(text, /^# TYPE claimgate_request_duration_seconds histogram$/m)
})

t.test('a provider is ready when it is in each of them', async (t) => {
  const failed = new Map([['op', { status: () => ({ kind: 'failed' }) }]])
  const others = [
    await counting(0, 0).samples(ready as never, log),
    await counting(0, 0).samples(failed as never, log),
  ]
  const both = await createMetrics().text(nobody, log, others)
  t.equal(shown(both, 'claimgate_provider_ready{provider="op"}'), '0')
  const one = await createMetrics().text(nobody, log, others.slice(0, 1))
  t.equal(shown(one, 'claimgate_provider_ready{provider="op"}'), '1')
})

t.test('what a worker believes of the whole is not counted', async (t) => {
  const worker = createMetrics()
  worker.reload('rejected', 7)
  const primary = createMetrics()
  primary.reload('loaded', 3)
  const text = await primary.text(nobody, log, [await worker.samples(nobody, log)])
  t.equal(shown(text, 'claimgate_config_edition'), '3')
  t.equal(shown(text, 'claimgate_config_current'), '1')
  t.equal(shown(text, 'claimgate_config_reloads_total{outcome="rejected"}'), undefined)
})

t.test('what lasts of a worker that ended are its counts alone', async (t) => {
  const metrics = counting(2, 3)
  metrics.showHeldBodies(() => ({ bytes: 5, mostBytes: 100, refusals: { network: 2, all: 1 } }))
  const lasting = lastingSamples(await metrics.samples(ready as never, log))
  const text = await createMetrics().text(nobody, log, [lasting])
  t.equal(shown(text, 'claimgate_logins_total{provider="op",outcome="failed"}'), '2')
  t.equal(shown(text, 'claimgate_websockets'), '0')
  t.equal(shown(text, 'claimgate_held_body_bytes'), '0', 'whoever held them is no more')
  t.equal(shown(text, 'claimgate_held_body_limit_bytes'), '0')
  t.equal(shown(text, 'claimgate_held_body_refusals_total{bound="network"}'), '2')
  t.equal(shown(text, 'claimgate_held_body_refusals_total{bound="all"}'), '1')
  t.equal(shown(text, 'claimgate_provider_ready{provider="op"}'), undefined)
})

t.test('a histogram keeps its buckets apart, however its labels are ordered', async (t) => {
  const bucket = (labels: Record<string, string | number>, value: number) => ({
    name: 'd',
    samples: [{ metricName: 'd_bucket', labels, value }],
  })
  const added = addSamples(
    [
      [bucket({ app: 'wiki', le: 1 }, 1)],
      [bucket({ le: 1, app: 'wiki' }, 2)],
      [bucket({ app: 'wiki', le: 2 }, 5)],
    ],
    () => 'sum',
  )
  t.match(added, [{ name: 'd', samples: [{ value: 3 }, { value: 5 }] }])
})

t.test('what is no list of samples is nothing', async (t) => {
  const sample = { labels: { app: 'wiki' }, value: 1 }
  t.ok(readMetricSamples([{ name: 'a', samples: [sample] }]))
  for (const wrong of [
    null,
    'text',
    [null],
    [{ name: 1, samples: [] }],
    [{ name: 'a' }],
    [{ name: 'a', samples: [{ ...sample, value: '1' }] }],
    [{ name: 'a', samples: [{ ...sample, labels: { app: {} } }] }],
    [{ name: 'a', samples: [{ ...sample, labels: null }] }],
    [{ name: 'a', samples: [{ ...sample, metricName: 3 }] }],
  ])
    t.equal(readMetricSamples(wrong), null, JSON.stringify(wrong))
})
