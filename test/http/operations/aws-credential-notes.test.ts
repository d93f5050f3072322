// What an operator hears of the credentials that sign for AWS: each failure, with what still signs; that they came again;
// and by a metric how long they last.
import t from 'tap'
import { lastingSamples } from '../../../src/http/operations/added-metrics.ts'
import { createAwsCredentialNotes } from '../../../src/http/operations/aws-credential-notes.ts'
import { createLog } from '../../../src/http/operations/log.ts'
import { createMetrics } from '../../../src/http/operations/metrics.ts'
import { createTestClock } from '../../support/clock.ts'

const role = 'role arn:aws:iam::123456789012:role/gateway'
const came = { kind: 'fetched', accessKeyId: 'ASIAEXAMPLE', isTemporary: true } as const

function rig() {
  const lines: Record<string, unknown>[] = []
  const write = (line: string) => void lines.push(JSON.parse(line))
  const log = createLog({ level: 'info', format: 'json', subject: 'hash' }, 'key', { write })
  const clock = createTestClock(1_000)
  const notes = createAwsCredentialNotes(log, clock)
  const metrics = createMetrics()
  metrics.showAwsCredentials(notes.left)
  const shown = async () =>
    (await metrics.text(new Map(), { droppedLines: () => 0 }))
      .split('\n')
      .filter((line) => line.startsWith('claimgate_aws'))
  return { lines, clock, notes, metrics, shown }
}

t.test('each time that they come: by which key AWS’s own logs know who signs, and until when', async (t) => {
  const { lines, notes } = rig()
  notes.note({ ...came, whose: role, endsAtMs: 4_600_000, failures: 0 })
  notes.note({ ...came, whose: 'this process', endsAtMs: null, failures: 0 })
  notes.note({ kind: 'dropped', whose: role })
  const common = { event: 'aws.credentials-fetched', level: 30, access_key: 'ASIAEXAMPLE' }
  t.match(lines[0], { ...common, whose: role, ends_at: 4_600 })
  t.match(lines[1], { ...common, whose: 'this process' })
  t.notOk('ends_at' in (lines[1] ?? {}))
  t.equal(lines.length, 2)
})

t.test('a failure says why, when they are asked for again, and until when earlier ones sign', async (t) => {
  const { lines, notes } = rig()
  const failed = { kind: 'failed', whose: role, words: 'AccessDenied: no', pauseMs: 4_001 } as const
  notes.note({ ...failed, living: true, endsAtMs: 1_600_500 })
  notes.note({ ...failed, living: false, endsAtMs: null })
  const common = { event: 'aws.credentials-failed', whose: role, error: 'AccessDenied: no', retry_at: 1_005 }
  t.match(lines[0], { ...common, level: 40, ends_at: 1_600 })
  t.match(lines[1], { ...common, level: 50 })
  t.notOk('ends_at' in (lines[1] ?? {}))
  notes.note({ ...came, whose: role, endsAtMs: 4_600_000, failures: 2 })
  t.match(lines[2], {
    event: 'aws.credentials-renewed',
    level: 30,
    whose: role,
    access_key: 'ASIAEXAMPLE',
    count: 2,
    ends_at: 4_600,
  })
  t.equal(lines.length, 3)
})

t.test(
  'the metric counts down to their end, is 0 where there are none, and shows none that do not end',
  async (t) => {
    const { clock, notes, metrics, shown } = rig()
    t.same(await shown(), [])
    notes.note({ ...came, whose: role, endsAtMs: 4_600_000, failures: 0 })
    notes.note({ ...came, whose: 'this process', endsAtMs: null, failures: 0 })
    t.same(await shown(), [`claimgate_aws_credentials_expire_seconds{whose="${role}"} 3600`])
    clock.time += 3_599
    t.same(await shown(), [`claimgate_aws_credentials_expire_seconds{whose="${role}"} 1`])
    clock.time += 100
    t.same(await shown(), [`claimgate_aws_credentials_expire_seconds{whose="${role}"} 0`])
    notes.note({
      kind: 'failed',
      whose: 'this process',
      words: 'no',
      pauseMs: 1,
      living: false,
      endsAtMs: null,
    })
    t.match(await shown(), [/gateway"\} 0$/, /whose="this process"\} 0$/])
    notes.note({ kind: 'dropped', whose: role })
    t.match(await shown(), [/whose="this process"\} 0$/])
    notes.note({ ...came, whose: role, endsAtMs: 9_600_000, failures: 0 })
    const samples = await metrics.samples(new Map(), { droppedLines: () => 0 })
    const names = lastingSamples(samples).map(({ name }) => name)
    t.notOk(names.includes('claimgate_aws_credentials_expire_seconds'), 'those of a worker end with it')
  },
)

t.test('of several processes the credentials count that end first', async (t) => {
  const [one, other] = [rig(), rig()]
  one.notes.note({ ...came, whose: role, endsAtMs: 4_600_000, failures: 0 })
  other.notes.note({ ...came, whose: role, endsAtMs: 1_900_000, failures: 0 })
  const log = { droppedLines: () => 0 }
  const text = await one.metrics.text(new Map(), log, [await other.metrics.samples(new Map(), log)])
  t.match(text, `claimgate_aws_credentials_expire_seconds{whose="${role}"} 900`)
})
