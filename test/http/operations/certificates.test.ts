// When certificates end: the log says it daily in the last week, the metric counts, and one that a provider or an app
// showed is told of once before. The clock is the test's own.
import t from 'tap'
import { readFromDisk } from '../../../src/config/files.ts'
import { loadGatewayFromText } from '../../../src/config/load.ts'
import { limits } from '../../../src/core/limits/table.ts'
import { watchCertificates } from '../../../src/http/operations/certificates.ts'
import { createLog } from '../../../src/http/operations/log.ts'
import { createMetrics } from '../../../src/http/operations/metrics.ts'
import { createClockNotes } from '../../../src/http/operations/provider-clock.ts'
import { createEditions } from '../../../src/runtime/editions.ts'
import { openRuntime, renewRuntime } from '../../../src/runtime/open.ts'
import { createTestClock } from '../../support/clock.ts'
import { createAuthority } from '../../support/tls.ts'

const ours = createAuthority()
const pair = ours.issue({ names: ['DNS:wiki.example.com'] })
const folder = t.testdir({ 'tls.crt': pair.cert, 'tls.key': pair.key })
const day = 24 * 60 * 60

function gatewayOf(upstream: string, tls = true, second?: string) {
  const text = `
${tls ? 'listen: { address: "127.0.0.1:8443", tls: [{ certificate: tls.crt, key: tls.key }] }' : ''}
session: { store: memory }
providers: { main: { issuer: "https://id.example.com/realm", client_id: gate, client_secret: a-client-secret } }
apps:
  wiki: { url: "https://wiki.example.com", upstream: "${upstream}", require: signed_in }
${second === undefined ? '' : `  docs: { url: "https://docs.example.com", upstream: "${second}", require: signed_in }`}
`
  const loaded = loadGatewayFromText(text, { file: 'x.yaml', folder, env: {}, readFile: readFromDisk })
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.issues))
  return loaded.gateway
}

function rig(start: number, upstream = 'https://app.example.com', tls = true) {
  const clock = createTestClock(start)
  const lines: Record<string, unknown>[] = []
  const deps = { env: {}, clock, onProviderEvent: () => {}, onStoreFault: () => {} }
  const runtime = openRuntime(gatewayOf(upstream, tls), deps)
  const log = createLog(runtime.gateway.log, runtime.logKey, {
    write: (line) => void lines.push(JSON.parse(line)),
  })
  const editions = createEditions(runtime, () => {})
  const watch = watchCertificates(editions, log)
  const ending = () => lines.filter(({ event }) => event === 'certificate.ending')
  const close = async () => {
    watch.stop()
    await editions.close()
  }
  return { clock, log, lines, editions, deps, watch, ending, close }
}

/** The end of the pair's certificate, as the metric counts down to it. */
const probe = rig(1_800_000_000)
const ends = 1_800_000_000 + (probe.watch.left()[0]?.seconds ?? 0)
await probe.close()

t.test(
  'a certificate of the file: nothing before its last week, then a line a day, then an error a day',
  async (t) => {
    const { clock, watch, ending, close } = rig(ends - 29 * day)
    t.teardown(close)
    watch.look()
    t.same(ending(), [], 'which was said when the file was read')
    clock.time = ends - 7 * day + 60
    for (let look = 0; look < 3; look += 1) watch.look()
    t.equal(ending().length, 1, 'once a day, however often it is looked')
    t.match(ending()[0], { level: 40, role: 'listener', host: 'wiki.example.com', ends_at: ends })
    t.match(
      ending()[0]?.warning,
      /^the certificate that is shown for wiki\.example\.com ends on \S+, in 6 days: renew it$/,
    )
    for (let left = 6; left > -2; left -= 1) {
      clock.time = ends - left * day + 60
      watch.look()
    }
    t.same(
      ending().map(({ level }) => level),
      [40, 40, 40, 40, 40, 40, 40, 50, 50],
      'seven days before it, and each day after',
    )
  },
)

t.test(
  'one that an app or a provider showed: once when it ends within 30 days, and then daily as the others',
  async (t) => {
    const { clock, watch, ending, close } = rig(ends, 'https://app.example.com', false)
    t.teardown(close)
    const end = ends + 20 * day
    watch.seen({ role: 'upstream', host: 'app.example.com', endsAt: end })
    watch.seen({ role: 'upstream', host: 'app.example.com', endsAt: end })
    watch.seen({ role: 'provider', host: 'id.example.com', endsAt: ends + 300 * day })
    t.match(ending(), [{ role: 'upstream', host: 'app.example.com' }])
    clock.time = end - 10 * day
    watch.look()
    t.equal(ending().length, 1)
    clock.time = end - 3 * day
    watch.look()
    t.equal(ending().length, 2)
    watch.seen({ role: 'upstream', host: 'app.example.com', endsAt: end + 90 * day })
    clock.time = end - 2 * day
    watch.look()
    t.equal(ending().length, 2, 'it was renewed')
  },
)

t.test('servers that take turns with two certificates: each is told of as one would be', async (t) => {
  const { clock, watch, ending, close } = rig(ends, 'https://app.example.com', false)
  t.teardown(close)
  const [sooner, later] = [ends + 3 * day + 60, ends + 20 * day + 60]
  const takeTurns = () => {
    for (const endsAt of [sooner, later, sooner, later, sooner, later])
      watch.seen({ role: 'upstream', host: 'app.example.com', endsAt })
  }
  takeTurns()
  t.equal(ending().length, 2, 'however many connections are made')
  clock.time += day
  watch.look()
  takeTurns()
  t.equal(ending().length, 3, 'in the last week daily, before it once')
})

t.test('an app that shows a new certificate each time fills no log', async (t) => {
  const { clock, watch, ending, close } = rig(ends, 'https://app.example.com', false)
  t.teardown(close)
  const showMany = () => {
    for (let i = 0; i < 100; i += 1)
      watch.seen({ role: 'upstream', host: 'app.example.com', endsAt: clock.time + 2 * day + i })
  }
  showMany()
  t.equal(ending().length, limits.shownCertificates)
  clock.time += day
  showMany()
  t.equal(ending().length, 2 * limits.shownCertificates, 'as many the next day')
})

t.test('the metric counts down, by role and host; what is not reached any more is not counted', async (t) => {
  const { clock, watch, editions, deps, close } = rig(ends - 100)
  t.teardown(close)
  const metrics = createMetrics()
  metrics.showCertificates(watch.left)
  watch.seen({ role: 'upstream', host: 'app.example.com', endsAt: ends + 500 })
  const text = async () =>
    (await metrics.text(new Map(), { droppedLines: () => 0 }))
      .split('\n')
      .filter((line) => line.startsWith('claimgate_certificate'))
  t.same(await text(), [
    'claimgate_certificate_expires_seconds{role="listener",host="wiki.example.com"} 100',
    'claimgate_certificate_expires_seconds{role="upstream",host="app.example.com"} 600',
  ])
  clock.time = ends + 50
  editions.swap(renewRuntime(editions.current(), gatewayOf('https://elsewhere.example.com'), deps))
  t.same(await text(), ['claimgate_certificate_expires_seconds{role="listener",host="wiki.example.com"} -50'])
})

t.test('apps at several ports of one host: the first end counts, whichever was seen last', async (t) => {
  const { watch, ending, editions, deps, close } = rig(ends, 'https://app.example.com:8443', false)
  t.teardown(close)
  const two = gatewayOf('https://app.example.com:8443', false, 'https://app.example.com:9443')
  editions.swap(renewRuntime(editions.current(), two, deps))
  const at = (port: number, endsAt: number) =>
    watch.seen({
      role: 'upstream',
      host: 'app.example.com',
      place: `https://app.example.com:${port}`,
      endsAt,
    })
  at(8443, ends + 20 * day)
  at(9443, ends + 400 * day)
  const left = [{ role: 'upstream', host: 'app.example.com', seconds: 20 * day }]
  t.match(ending(), [{ host: 'app.example.com', ends_at: ends + 20 * day }])
  t.same(watch.left(), left, 'and that one is still there')
  const one = gatewayOf('https://app.example.com:9443', false)
  editions.swap(renewRuntime(editions.current(), one, deps))
  t.same(watch.left(), [{ ...left[0], seconds: 400 * day }], 'nobody is reached at the other port any more')
})

t.test('a clock that differs by more than a minute is said once a provider', async (t) => {
  const { log, lines, close } = rig(ends)
  t.teardown(close)
  const note = createClockNotes(log)
  for (const ahead of [0, 60, -60, 300, 299, -400]) note('main', ahead)
  note('other', -90)
  t.match(lines, [
    { event: 'provider.clock-differs', level: 40, provider: 'main', seconds: 300 },
    { event: 'provider.clock-differs', provider: 'other', seconds: 90 },
  ])
  t.match(lines[0]?.warning, /^providers\.main: its clock is 300 s ahead of this machine's, .*NTP/)
  t.match(lines[1]?.warning, /90 s behind/)
})
