// Who shares credentials: equal settings, over the editions of a reload, for as long as one of them lives.
import { inspect } from 'node:util'
import t from 'tap'
import type { AwsCredentialEvent } from '../../../src/core/aws-credential-event.ts'
import type { AwsCredentialSettings } from '../../../src/core/aws-settings.ts'
import { limits } from '../../../src/core/limits/table.ts'
import { Secret } from '../../../src/core/secret.ts'
import { createCredentialSources } from '../../../src/upstream/aws/credentials.ts'
import { heldTiming } from '../../support/timing.ts'

const hourMs = 3_600_000
const arn = 'arn:aws:iam::123456789012:role/gateway'

function settings(more: Partial<AwsCredentialSettings> = {}): AwsCredentialSettings {
  const role = { arn, externalId: 'ext-1', sessionName: 'claimgate' }
  return { given: null, role, region: 'eu-west-1', ...more }
}

const given = (secret: string, token: string | null = null) => ({
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: new Secret(secret),
  sessionToken: token === null ? null : new Secret(token),
})

function rig() {
  const timing = heldTiming()
  const events: AwsCredentialEvent[] = []
  const fetched: AwsCredentialSettings[] = []
  const sources = createCredentialSources({
    ...{ timing, random: () => 0 },
    note: (event) => void events.push(event),
    fetch: (which) => {
      fetched.push(which)
      const endsAtMs = timing.nowMs() + hourMs
      const accessKeyId = `A${fetched.length}`
      return Promise.resolve({ accessKeyId, secretAccessKey: 's', sessionToken: 't', endsAtMs })
    },
  })
  return { timing, events, fetched, sources }
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

t.test('equal settings have one source; whatever differs has its own', async (t) => {
  const { sources } = rig()
  const base = settings()
  const one = sources.of(base)
  t.equal(sources.of(base), one)
  t.equal(sources.of(settings()), one)
  const role = { arn, externalId: 'ext-1', sessionName: 'claimgate' }
  const others: AwsCredentialSettings[] = [
    settings({ region: 'us-east-1' }),
    settings({ role: null }),
    settings({ role: { ...role, arn: `${arn}-2` } }),
    settings({ role: { ...role, externalId: null } }),
    settings({ role: { ...role, sessionName: 'other' } }),
    settings({ given: given('one') }),
    settings({ given: given('two') }),
    settings({ given: given('two', 'token') }),
    settings({ given: given('two', 'token-2') }),
    settings({ given: { ...given('two'), accessKeyId: 'AKIAOTHER' } }),
  ]
  t.equal(new Set([one, ...others.map((other) => sources.of(other))]).size, others.length + 1)
})

t.test('the next edition goes on with what was fetched; the last one that closes ends it', async (t) => {
  const { sources, fetched, timing, events } = rig()
  await sources.of(settings()).load()
  const next = sources.renew()
  t.equal(next.of(settings()).current()?.accessKeyId, 'A1')
  sources.close()
  t.equal(next.of(settings()).current()?.accessKeyId, 'A1')
  timing.pass(hourMs - limits.awsRenewAheadMs)
  await settle()
  t.equal(fetched.length, 2, 'it is renewed for the one that is left')
  t.equal(events.length, 2)
  next.close()
  t.same(events.at(-1), { kind: 'dropped', whose: `role ${arn}` })
  timing.pass(10 * hourMs)
  await settle()
  t.equal(fetched.length, 2)
  t.equal(timing.waiting(), 0)
})

t.test(
  'an edition that holds equal settings twice holds them once, and what it closes it closes once',
  async (t) => {
    const { sources, timing, fetched } = rig()
    await sources.of(settings()).load()
    sources.of(settings())
    const next = sources.renew()
    next.of(settings())
    next.of(settings())
    next.close()
    next.close()
    timing.pass(hourMs - limits.awsRenewAheadMs)
    await settle()
    t.equal(fetched.length, 2, 'the first edition still has it')
    sources.close()
    timing.pass(hourMs)
    await settle()
    t.equal(fetched.length, 2)
  },
)

t.test('an edition that has other settings lets go of the former ones', async (t) => {
  const { sources, events } = rig()
  await sources.of(settings()).load()
  const next = sources.renew()
  const other = settings({ role: { arn: `${arn}-2`, externalId: null, sessionName: 'claimgate' } })
  await next.of(other).load()
  sources.close()
  t.same(
    events.filter(({ kind }) => kind === 'dropped').map(({ whose }) => whose),
    [`role ${arn}`],
  )
})

t.test('keys of the file sign at once and for good, and nothing is fetched', async (t) => {
  const { sources, fetched, timing } = rig()
  const source = sources.of(settings({ role: null, given: given('secret', 'token') }))
  const expected = {
    accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
    secretAccessKey: 'secret',
    sessionToken: 'token',
    endsAtMs: null,
  }
  t.same(source.current(), expected)
  const current = source.current()
  t.equal(await source.load(), current)
  if (current !== null) source.refused(current)
  t.equal(source.current(), current, 'there are no others')
  timing.pass(100 * hourMs)
  t.same(fetched, [])
})

t.test('whose they are is told without a secret', async (t) => {
  const { sources } = rig()
  const whose = (more: Partial<AwsCredentialSettings>) => sources.of(settings(more)).whose
  t.equal(whose({}), `role ${arn}`)
  t.equal(whose({ given: given('secret') }), `role ${arn}`)
  t.equal(whose({ role: null }), 'this process')
  const file = { role: null, given: given('secret-of-the-file', 'token-of-the-file') }
  t.equal(whose(file), 'access key AKIAIOSFODNN7EXAMPLE')
  t.notMatch(inspect(sources.of(settings(file)), { depth: 9 }), /-of-the-file/)
})
