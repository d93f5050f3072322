// The life of one set of credentials, by a clock that the test moves: fetched once for all, renewed ahead of their end,
// served until it, and asked for in growing pauses when they cannot be had.
import t from 'tap'
import type { AwsCredentialEvent } from '../../../src/core/aws-credential-event.ts'
import { isFault } from '../../../src/core/fault.ts'
import { limits } from '../../../src/core/limits/table.ts'
import { createRenewedSource } from '../../../src/upstream/aws/renewed-credentials.ts'
import type { AwsCredentials } from '../../../src/upstream/aws/signature.ts'
import { CredentialFailure } from '../../../src/upstream/aws/words.ts'
import { heldTiming } from '../../support/timing.ts'

const hourMs = 3_600_000
const minuteMs = 60_000

interface Asked {
  give(credentials: AwsCredentials): Promise<void>
  refuse(reason: Error): Promise<void>
}

/** A source whose every fetch waits for the test to answer it. */
function rig(random = 0) {
  const timing = heldTiming()
  const asked: Asked[] = []
  const events: AwsCredentialEvent[] = []
  const source = createRenewedSource({
    ...{ timing, random: () => random, whose: 'role r' },
    note: (event) => void events.push(event),
    fetch: () =>
      new Promise((resolve, reject) =>
        asked.push({
          give: async (credentials) => {
            resolve(credentials)
            await settle()
          },
          refuse: async (reason) => {
            reject(reason)
            await settle()
          },
        }),
      ),
  })
  const last = (): Asked => {
    const one = asked.at(-1)
    if (one === undefined) throw new Error('nobody asked')
    return one
  }
  return { timing, asked, events, source, last }
}

/** What hangs on a promise runs before this comes back. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

const ending = (name: string, endsAtMs: number | null): AwsCredentials => ({
  accessKeyId: name,
  secretAccessKey: `secret of ${name}`,
  sessionToken: `token of ${name}`,
  endsAtMs,
})

/** What is told of such credentials. */
const fetched = { kind: 'fetched', whose: 'role r', isTemporary: true } as const

async function failureOf(asking: Promise<unknown>): Promise<string> {
  try {
    await asking
  } catch (thrown) {
    if (isFault(thrown)) return `${thrown.code}: ${thrown.message}`
    throw thrown
  }
  throw new Error('it did not fail')
}

t.test('nothing is fetched before somebody asks, and all who ask at once wait for one answer', async (t) => {
  const { asked, source, last, timing } = rig()
  t.equal(source.current(), null)
  timing.pass(hourMs)
  t.equal(asked.length, 0)
  const [one, two] = [source.load(), source.load()]
  t.equal(asked.length, 1)
  const credentials = ending('A', timing.nowMs() + hourMs)
  await last().give(credentials)
  t.equal(await one, credentials)
  t.equal(await two, credentials)
  t.equal(source.current(), credentials)
  t.equal(await source.load(), credentials)
  t.equal(asked.length, 1)
})

t.test(
  'they are renewed ahead of their end, and the earlier ones sign until the next ones are there',
  async (t) => {
    const { asked, source, last, timing, events } = rig()
    void source.load()
    const first = ending('A', hourMs)
    await last().give(first)
    timing.pass(hourMs - limits.awsRenewAheadMs - 1_000)
    t.equal(asked.length, 1)
    timing.pass(1_000)
    t.equal(asked.length, 2, 'though nobody asked for them')
    t.equal(source.current(), first)
    const second = ending('B', 2 * hourMs)
    await last().give(second)
    t.equal(source.current(), second)
    t.same(events, [
      { ...fetched, accessKeyId: 'A', endsAtMs: hourMs, failures: 0 },
      { ...fetched, accessKeyId: 'B', endsAtMs: 2 * hourMs, failures: 0 },
    ])
  },
)

t.test('many processes renew at different times', async (t) => {
  const { asked, source, last, timing } = rig(0.999)
  void source.load()
  await last().give(ending('A', hourMs))
  timing.pass(hourMs - limits.awsRenewAheadMs * 1.5)
  t.equal(asked.length, 1)
  timing.pass(1_000)
  t.equal(asked.length, 2)
})

t.test('short ones are renewed after half their life', async (t) => {
  const { asked, source, last, timing } = rig()
  void source.load()
  await last().give(ending('A', 2 * minuteMs))
  timing.pass(minuteMs - 1)
  t.equal(asked.length, 1)
  timing.pass(1)
  t.equal(asked.length, 2)
})

t.test('the machine that gives the same ones again is asked again, and not at once', async (t) => {
  const { asked, source, last, timing } = rig()
  void source.load()
  const same = ending('A', 20_000)
  await last().give(same)
  timing.pass(10_000)
  t.equal(asked.length, 2)
  await last().give(same)
  t.equal(source.current(), same)
  timing.pass(limits.awsRenewPauseMs - 6_000)
  t.equal(asked.length, 2)
})

t.test('those that do not end are asked for once', async (t) => {
  const { asked, source, last, timing } = rig()
  void source.load()
  const lasting = ending('A', null)
  await last().give(lasting)
  timing.pass(1_000 * hourMs)
  t.equal(source.current(), lasting)
  t.equal(asked.length, 1)
  t.equal(timing.waiting(), 0)
})

t.test('ended ones sign nothing: whoever asks waits for the next ones', async (t) => {
  const { asked, source, last, timing } = rig()
  void source.load()
  await last().give(ending('A', hourMs))
  timing.pass(hourMs - limits.awsRenewAheadMs)
  t.equal(asked.length, 2, 'this one hangs')
  timing.pass(limits.awsRenewAheadMs - limits.awsEndedMs - 1_000)
  await settle()
  t.ok(source.current())
  timing.pass(1_000)
  t.equal(source.current(), null)
})

t.test(
  'a wall clock that was set forward, or a machine that slept, renews at the next request',
  async (t) => {
    const timing = heldTiming()
    let wallErrorSeconds = 0
    let count = 0
    const source = createRenewedSource({
      timing: { ...timing, now: () => timing.now() + wallErrorSeconds },
      ...{ random: () => 0, whose: 'w', note: () => {} },
      fetch: () => Promise.resolve(ending(`A${++count}`, (timing.now() + wallErrorSeconds) * 1000 + hourMs)),
    })
    t.equal((await source.load()).accessKeyId, 'A1')
    wallErrorSeconds = 55 * 60
    t.equal(source.current()?.accessKeyId, 'A1', 'they have not ended yet')
    await settle()
    t.equal(source.current()?.accessKeyId, 'A2')
    wallErrorSeconds += 2 * 3600
    t.equal(source.current(), null)
    t.equal((await source.load()).accessKeyId, 'A3')
    // And back: they would be renewed in three hours, and the timer of this one hour looks at the clock first.
    wallErrorSeconds -= 2 * 3600
    timing.pass(hourMs)
    await settle()
    t.equal(count, 3)
  },
)

t.test('after failures the pauses grow, and who asks within one is refused at once', async (t) => {
  const { asked, source, last, timing, events } = rig()
  const pauses: number[] = []
  void source.load().catch(() => {})
  for (let at = 0; at < 9; at++) {
    t.equal(asked.length, at + 1)
    await last().refuse(new CredentialFailure(`why ${at}`))
    t.equal(await failureOf(source.load()), `AWS_CREDENTIALS_UNAVAILABLE: credentials of role r: why ${at}`)
    t.equal(asked.length, at + 1, 'nobody was asked for that')
    const event = events.at(-1)
    const pauseMs = event?.kind === 'failed' ? event.pauseMs : 0
    pauses.push(pauseMs)
    timing.pass(pauseMs)
  }
  t.same(pauses, [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000])
  const waiting = source.load()
  const credentials = ending('A', timing.nowMs() + hourMs)
  await last().give(credentials)
  t.equal(await waiting, credentials)
  t.same(events.at(-1), { ...fetched, accessKeyId: 'A', endsAtMs: credentials.endsAtMs, failures: 9 })
})

t.test('a failed renewal fails nobody while the earlier ones live', async (t) => {
  const { source, last, timing, events } = rig()
  void source.load()
  const first = ending('A', hourMs)
  await last().give(first)
  timing.pass(hourMs - limits.awsRenewAheadMs)
  await last().refuse(new CredentialFailure('no'))
  t.equal(source.current(), first)
  t.equal(await source.load(), first)
  t.match(events.at(-1), { kind: 'failed', living: true, endsAtMs: hourMs, words: 'no', pauseMs: 1_000 })
  timing.pass(limits.awsRenewAheadMs)
  await last().refuse(new CredentialFailure('still no'))
  t.match(events.at(-1), { kind: 'failed', living: false, endsAtMs: null })
  t.match(await failureOf(source.load()), /still no$/)
})

t.test('one that hangs is given up, and what comes too late is not taken', async (t) => {
  const { asked, source, timing, last } = rig()
  const message = failureOf(source.load())
  timing.pass(limits.awsFetchMs)
  t.match(await message, /nothing came within 10000 ms$/)
  await asked[0]?.give(ending('late', null))
  t.equal(source.current(), null)
  timing.pass(limits.awsPauseMs)
  t.equal(asked.length, 2)
  await last().give(ending('A', null))
  t.equal(source.current()?.accessKeyId, 'A')
})

t.test('those that have ended when they come are none', async (t) => {
  const { source, last, timing } = rig()
  timing.pass(hourMs)
  const asking = failureOf(source.load())
  await last().give(ending('A', hourMs))
  t.match(await asking, /those that came ended at 1970-01-01T01:00:00.000Z already$/)
  t.equal(source.current(), null)
})

t.test('what AWS calls over is fetched anew, once a minute at the most', async (t) => {
  const { asked, source, last, timing } = rig()
  void source.load()
  const first = ending('A', hourMs)
  await last().give(first)
  source.refused(ending('another', hourMs))
  t.equal(asked.length, 1, 'others are not meant')
  source.refused(first)
  t.equal(source.current(), null)
  const waiting = source.load()
  t.equal(asked.length, 2)
  const second = ending('B', hourMs)
  await last().give(second)
  t.equal(await waiting, second)
  source.refused(first)
  source.refused(second)
  t.equal(
    source.current(),
    second,
    'a service that calls everything over makes nobody fetch for every request',
  )
  t.equal(asked.length, 2)
  timing.pass(limits.awsRefusedPauseMs)
  source.refused(second)
  t.equal(asked.length, 3)
})

t.test('what one app calls over goes on for all others where no next ones can be had', async (t) => {
  const { asked, source, last, timing, events } = rig()
  void source.load()
  const first = ending('A', hourMs)
  await last().give(first)
  source.refused(first)
  const waiting = source.load()
  t.equal(asked.length, 2, 'the next ones are asked for, and waited for')
  const failure = failureOf(waiting)
  await last().refuse(new CredentialFailure('the token service is away'))
  t.match(await failure, /AWS_CREDENTIALS_UNAVAILABLE: credentials of role r: the token service is away/)
  t.match(events.at(-1), { kind: 'failed', living: true, endsAtMs: hourMs })
  t.equal(source.current(), first)
  t.equal(await source.load(), first)
  timing.pass(limits.awsPauseMs)
  t.equal(asked.length, 3)
  t.equal(source.current(), first, 'nobody waits for the attempts that follow')
  const second = ending('B', 2 * hourMs)
  await last().give(second)
  t.equal(source.current(), second)
  timing.pass(limits.awsRefusedPauseMs)
  source.refused(second)
  t.equal(source.current(), null)
  timing.pass(2 * hourMs)
  await last().refuse(new CredentialFailure('away'))
  t.equal(source.current(), null, 'what has ended signs nothing')
})

t.test('called over in a pause after a failed renewal: nothing is under way, so these go on', async (t) => {
  const { asked, source, last, timing } = rig()
  void source.load()
  const first = ending('A', hourMs)
  await last().give(first)
  timing.pass(50 * minuteMs)
  t.equal(asked.length, 2)
  await last().refuse(new CredentialFailure('away'))
  source.refused(first)
  t.equal(source.current(), first)
  t.equal(await source.load(), first)
  t.equal(asked.length, 2)
})

t.test('a timer that comes a little early, as those of Node do, is no lost attempt', async (t) => {
  const timing = heldTiming()
  let count = 0
  const source = createRenewedSource({
    timing: { ...timing, after: (ms, call) => timing.after(ms - 1, call) },
    ...{ random: () => 0, whose: 'w', note: () => {} },
    fetch: () => Promise.reject(new CredentialFailure(`${++count}`)),
  })
  await source.load().catch(() => {})
  timing.pass(limits.awsPauseMs - 1)
  await settle()
  t.equal(count, 2)
})

t.test('an end far away: no timer is longer than Node can hold one', async (t) => {
  const timing = heldTiming()
  const asked: number[] = []
  let count = 0
  const yearMs = 365 * 24 * hourMs
  const source = createRenewedSource({
    timing: {
      ...timing,
      after(ms, call) {
        asked.push(ms)
        return timing.after(ms, call)
      },
    },
    ...{ random: () => 0, whose: 'w', note: () => {} },
    fetch: () => Promise.resolve(ending(`A${++count}`, timing.nowMs() + yearMs)),
  })
  await source.load()
  for (let day = 0; day < 364; day++) timing.pass(24 * hourMs)
  await settle()
  t.equal(count, 1)
  timing.pass(24 * hourMs)
  await settle()
  t.equal(count, 2)
  t.ok(Math.max(...asked) < 2 ** 31, `${Math.max(...asked)}`)
})

t.test('closed, it fetches nothing more and forgets what it has', async (t) => {
  const { asked, source, last, timing, events } = rig()
  void source.load()
  await last().give(ending('A', hourMs))
  timing.pass(hourMs - limits.awsRenewAheadMs)
  t.equal(asked.length, 2)
  source.close()
  await last().give(ending('B', 2 * hourMs))
  t.equal(source.current(), null)
  t.equal(events.length, 1)
  timing.pass(10 * hourMs)
  t.equal(asked.length, 2)
  t.equal(timing.waiting(), 0)
  t.match(await failureOf(source.load()), /the gateway stops$/)
})
