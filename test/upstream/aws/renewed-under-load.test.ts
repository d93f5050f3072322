// A role's credentials live for an hour, and requests go on for a third of a day: through real sockets, each verified by
// botocore under the credentials that live at that moment. The time is the test's, so that a day passes in seconds; all that
// reads a clock reads that one: the gateway, AWS's package and the stand-ins.
import { mock } from 'node:test'
import t from 'tap'
import type { AwsCredentialEvent } from '../../../src/core/aws-credential-event.ts'
import { limits } from '../../../src/core/limits/table.ts'
import { Secret } from '../../../src/core/secret.ts'
import { createUpstreams } from '../../../src/upstream/agents.ts'
import type { Timing } from '../../../src/upstream/timing.ts'
import { type AwsKey, startAws } from '../../support/aws/stand-in.ts'
import { heldTiming } from '../../support/timing.ts'
import { createWaits } from '../../support/waiting.ts'
import { type Outcome, request, send, settings } from '../rig.ts'

const hourSeconds = 3_600
const stepSeconds = 240
const callers = 8
const region = 'eu-west-1'
const user: AwsKey = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  sessionToken: null,
  arn: 'arn:aws:iam::123456789012:user/gateway',
}
const role = { arn: 'arn:aws:iam::123456789012:role/gateway', externalId: null, sessionName: 'claimgate' }
const beginning = Date.UTC(2026, 10, 29, 10)

const aws = await startAws(t, {
  keys: [user],
  sts: { roles: [{ arn: role.arn }], seconds: hourSeconds },
  handler: 'own.handler',
  files: {
    'own.py': 'def handler(event, context):\n    return {"statusCode": 200, "headers": {}, "body": "ok"}\n',
  },
})
process.env.AWS_ENDPOINT_URL_STS = aws.sts.origin
mock.timers.enable({ apis: ['Date'], now: beginning })
t.teardown(() => mock.timers.reset())
await aws.setClock(beginning / 1000)

/** Also how many fetches are under way: each waits for its time to be over. */
function ownTiming() {
  const held = heldTiming()
  let fetches = 0
  const timing: Timing = {
    nowMs: held.nowMs,
    now: () => Math.floor(Date.now() / 1000),
    after(ms, call) {
      const isFetch = ms === limits.awsFetchMs
      if (isFetch) fetches++
      const stop = held.after(ms, call)
      return () => {
        if (isFetch) fetches--
        stop()
      }
    },
  }
  return { timing, pass: held.pass, fetches: () => fetches }
}

function rig() {
  const { timing, pass, fetches } = ownTiming()
  const events: AwsCredentialEvent[] = []
  const upstreams = createUpstreams(timing, undefined, 1, (event) => void events.push(event))
  const given = {
    accessKeyId: user.accessKeyId,
    secretAccessKey: new Secret(user.secretAccessKey),
    sessionToken: null,
  }
  const upstream = settings(Number(new URL(aws.rest.origin).port), {
    ...{ host: aws.rest.host, basePath: '/prod' },
    aws: { service: 'execute-api', region, credentials: { given, role, region } },
  })
  // Time passes in leaps, in which no answer is late.
  const timeouts = {
    connectSeconds: 1e6,
    responseSeconds: 1e6,
    idleSeconds: 1e6,
    keepAliveSeconds: null,
    body: null,
  }
  const headers = ['Host', upstream.host, 'Accept', '*/*']
  const once = (): Promise<Outcome> =>
    send(upstreams, request(upstream, { headers, timeouts, path: '/prod/a?b=c' }))
  /** The stand-ins first: what is signed within the leap is some minutes old then, as AWS allows. */
  const leap = async (seconds: number): Promise<void> => {
    const now = Date.now() + seconds * 1000
    await aws.setClock(now / 1000)
    mock.timers.setTime(now)
    pass(seconds * 1000)
  }
  return { events, upstreams, once, leap, fetches }
}

t.test('credentials are renewed under load, and no request fails', async (t) => {
  const { events, upstreams, once, leap, fetches } = rig()
  t.teardown(() => upstreams.close())
  const waits = createWaits()
  const outcomes: Outcome[] = []
  let going = true
  const answers = new Array<number>(callers).fill(0)
  const calling = answers.map(async (_, caller) => {
    while (going) {
      outcomes.push(await once())
      answers[caller] = (answers[caller] ?? 0) + 1
      waits.wake()
      // A request that fails at once lets others come in too.
      await new Promise((resolve) => setImmediate(resolve))
    }
  })
  const fetched = () => events.filter(({ kind }) => kind === 'fetched').length
  const failed = () => events.filter(({ kind }) => kind === 'failed').length
  const settled = async (): Promise<void> => {
    const before = [...answers]
    // Of each: one that is slow would be signed two leaps ago, which AWS does not allow.
    const isThere = () => answers.every((count, caller) => count >= (before[caller] ?? 0) + 2)
    await waits.until({
      what: 'each caller to have its answer, and a renewal to have come',
      look: () => (isThere() && fetches() === 0 ? true : undefined),
      seen: () => ({ before, now: answers, fetches: fetches(), last: events.at(-1) }),
    })
  }
  await settled()
  for (let passed = 0; passed < 8 * hourSeconds; passed += stepSeconds) {
    await leap(stepSeconds)
    await settled()
  }
  t.ok(fetched() >= 9, `${fetched()} times`)
  t.equal(failed(), 0)

  t.comment('The token service refuses for eight minutes, of the ten and more before their end.')
  await aws.setSts({ roles: [], seconds: hourSeconds })
  while (failed() === 0) {
    await leap(stepSeconds / 4)
    await settled()
  }
  for (let passed = 0; passed < 480; passed += stepSeconds / 4) {
    await leap(stepSeconds / 4)
    await settled()
  }
  t.ok(failed() > 3, `${failed()} times`)
  await aws.setSts({ roles: [{ arn: role.arn }], seconds: hourSeconds })
  await leap(stepSeconds / 4)
  await settled()
  t.match(events.at(-1), { kind: 'fetched', failures: failed() })

  going = false
  await Promise.all(calling)
  t.same(
    outcomes.filter(({ statusCode }) => statusCode !== 200),
    [],
    `of ${outcomes.length} requests`,
  )
  t.ok(outcomes.length > 1_500, `${outcomes.length} requests`)
  const seen = await aws.requests('rest')
  t.ok(new Set(seen.map(({ key }) => key)).size > 1, 'by several credentials')
})

t.test('when they have ended a request is 503, and not sent; afterwards all goes on', async (t) => {
  const { events, upstreams, once, leap } = rig()
  t.teardown(() => upstreams.close())
  t.match(await once(), { statusCode: 200, body: 'ok' })
  await aws.setSts({ roles: [], seconds: hourSeconds })
  await leap(2 * hourSeconds)
  await aws.forget()
  t.match(await once(), { statusCode: null, code: 'AWS_CREDENTIALS_UNAVAILABLE' })
  t.match(await once(), { code: 'AWS_CREDENTIALS_UNAVAILABLE' })
  t.same(await aws.requests('rest'), [])
  t.match(events.at(-1), {
    kind: 'failed',
    living: false,
    words: /^AccessDenied: User: .*user\/gateway is not authorized/,
  })
  await aws.setSts({ roles: [{ arn: role.arn }], seconds: hourSeconds })
  await leap(60)
  t.match(await once(), { statusCode: 200, body: 'ok' })
})

t.test('AWS calls them over before their time: the next ones are fetched', async (t) => {
  const { events, upstreams, once } = rig()
  t.teardown(() => upstreams.close())
  t.match(await once(), { statusCode: 200 })
  // Nobody knows what was given out before.
  await aws.setKeys([user])
  t.match(await once(), { code: 'UPSTREAM_REFUSED_US' })
  t.match(await once(), { statusCode: 200 })
  t.equal(events.filter(({ kind }) => kind === 'fetched').length, 2)
})
