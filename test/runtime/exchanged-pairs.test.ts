// Customers' pairs: whom they are sent to, what is remembered of them, and who can hold up whom.
import t from 'tap'
import type { AccessToken } from '../../src/core/credential/access-token.ts'
import { ProviderFault } from '../../src/core/fault.ts'
import type { ProviderSettings } from '../../src/core/gateway.ts'
import { createCredentialFailures } from '../../src/core/limits/credential-failures.ts'
import { limits } from '../../src/core/limits/table.ts'
import type { Awaitable } from '../../src/core/ports.ts'
import type {
  AccessTokenReading,
  Pair,
  PairAnswer,
  PairGrant,
  PairQuestion,
  RefreshAnswer,
} from '../../src/core/provider-port.ts'
import { createExchangedPairs } from '../../src/runtime/exchanged-pairs.ts'
import type { ExchangeEvent } from '../../src/runtime/pairs/event.ts'
import { createTestClock } from '../support/clock.ts'
import { provider } from '../support/sessions.ts'

const begin = 1_950_000_000
const [home, elsewhere] = [
  { key: '192.0.2.7', hidden: false },
  { key: '198.51.100.9', hidden: false },
]

function settings(name: string, more: Partial<ProviderSettings> = {}): ProviderSettings {
  return provider(name, {
    userIdPrefix: `${name}:`,
    bearer: {
      ...{ audiences: [`${name}-api`], clientIds: [], check: 'jwt', userId: 'sub', acceptClients: false },
      ...{ requiredScopes: [], cacheSeconds: 60, tokenInfo: null },
    },
    exchange: {
      pair: { kind: 'client_credentials', scopes: [], audience: null },
      refreshToken: null,
      cacheSeconds: 900,
    },
    ...more,
  })
}

const tokenOf = (sub: string): AccessToken => ({
  claims: { sub, aud: 'acme-api' },
  subject: sub,
  audiences: ['acme-api'],
  clientId: 'app',
  scopes: [],
  endsAt: null,
  certificate: null,
})

function grant(accessToken: string, more: Partial<PairGrant> = {}): PairGrant {
  return { accessToken, endsAt: begin + 3600, idTokenClaims: null, refresh: null, ...more }
}

type Answer = (pair: Pair, question: PairQuestion, provider: string) => Awaitable<PairAnswer>
const right: Answer = ({ id }) => ({ kind: 'granted', grant: grant(`token-of-${id}`) })
const wrong: PairAnswer = { kind: 'refused', detail: 'no', cure: null }
const byRight: Answer = (pair, ...rest) => (pair.secret === 'right' ? right(pair, ...rest) : wrong)

function rig(
  answer: Answer = byRight,
  read: (raw: string) => Awaitable<AccessTokenReading> = (raw) => ({
    kind: 'read',
    token: tokenOf(raw.replace('token-of-', '')),
  }),
  all: readonly ProviderSettings[] = [settings('acme'), settings('plain', { exchange: null })],
) {
  const clock = createTestClock(begin)
  const asked: string[] = []
  const questions: PairQuestion[] = []
  const readings: string[] = []
  const events: ExchangeEvent[] = []
  const script = { answer, read }
  const failures = createCredentialFailures()
  const providers = (which: readonly ProviderSettings[]) =>
    new Map(
      which.map(({ name }) => [
        name,
        {
          tokenForPair: async (pair: Pair, question: PairQuestion) => {
            asked.push(`${name} ${pair.id}:${pair.secret}`)
            questions.push(question)
            return script.answer(pair, question, name)
          },
          tokenForRefreshToken: async (token: string): Promise<RefreshAnswer> => {
            asked.push(`${name} ${token}`)
            return { kind: 'refused', error: 'invalid_grant', detail: 'no' }
          },
          readAccessToken: (raw: string, _now: number, _network: object, isGiven = false) => {
            readings.push(`${raw} ${isGiven}`)
            return script.read(raw)
          },
        },
      ]),
    )
  const gateway = { providers: new Map(all.map((one) => [one.name, one])) }
  const edition = { gateway, providers: providers(all) }
  const pairs = createExchangedPairs(
    { clock, random: (bytes) => Buffer.alloc(bytes, 7), failures, note: (event) => events.push(event) },
    edition,
  )
  const verify = async (id: string, secret: string, network = home, providers = ['acme', 'plain']) =>
    pairs.verify({ id, secret }, { app: { providers }, now: clock.now(), network })
  return { clock, asked, questions, readings, events, script, failures, pairs, edition, verify }
}

const inside = (id: string) => ({ kind: 'identified', principal: { user: `acme:${id}` } })
const outside = { kind: 'refused', why: 'pair-invalid' }
const invalid = (raw: string): AccessTokenReading => ({
  kind: 'refused',
  why: 'token-invalid',
  detail: raw,
})

t.test('a right pair is the subject of its token, and is asked of once while that is fresh', async (t) => {
  const { clock, asked, verify, readings } = rig()
  t.match(await verify('ada', 'right'), {
    ...inside('ada'),
    principal: { by: { kind: 'exchange', isClient: false } },
  })
  t.match(await verify('ada', 'right', elsewhere), inside('ada'))
  t.same(asked, ['acme ada:right'])
  t.same(readings, ['token-of-ada true', 'token-of-ada true'], 'read at each use, as one that was given')
  clock.time += 899
  await verify('ada', 'right')
  t.equal(asked.length, 1)
  clock.time += 1
  await verify('ada', 'right')
  t.equal(asked.length, 2, '`cache` is over')
})

t.test('it goes to the one provider of the app that takes pairs, and to no other', async (t) => {
  const { asked, verify } = rig(right, undefined, [
    settings('acme'),
    settings('other'),
    settings('plain', { exchange: null }),
  ])
  t.match(await verify('ada', 'right', home, ['plain']), { kind: 'refused', why: 'credential-unknown' })
  t.same(asked, [])
  t.match(await verify('ada', 'right', home, ['plain', 'other']), { why: 'token-not-for-us' })
  t.same(asked, ['other ada:right'])
  await verify('ada', 'right')
  t.same(asked, ['other ada:right', 'acme ada:right'], 'what one provider gave is nothing at another')
})

t.test('pairs that differ in one letter, or in where the id ends, are two', async (t) => {
  const { asked, verify } = rig()
  await verify('ada', 'right')
  t.match(await verify('ad', 'aright'), outside)
  t.match(await verify('ada', 'righ'), outside)
  t.match(await verify('Ada', 'right'), inside('Ada'))
  t.equal(asked.length, 4)
})

t.test('what can be no pair goes nowhere', async (t) => {
  const { asked, verify } = rig(right)
  for (const [id, secret] of [
    ['', 'secret'],
    ['id', ''],
    ['i\u0000d', 'secret'],
    ['id', 'sec\nret'],
    ['id', 'x'.repeat(limits.pairBytes)],
  ] as const)
    t.match(await verify(id, secret), outside)
  t.same(asked, [])
})

t.test('many at once are one question', async (t) => {
  const { asked, verify, script } = rig()
  const { promise, resolve } = Promise.withResolvers<void>()
  script.answer = async (...question) => {
    await promise
    return right(...question)
  }
  const all = Array.from({ length: 20 }, (_, count) => verify('ada', 'right', count % 2 ? home : elsewhere))
  resolve()
  for (const answer of await Promise.all(all)) t.match(answer, inside('ada'))
  t.equal(asked.length, 1)
})

t.test('a token is used until 30 seconds before its end', async (t) => {
  const { clock, asked, verify, script } = rig(({ id }) => ({
    kind: 'granted',
    grant: grant(`token-of-${id}`, { endsAt: begin + 100 }),
  }))
  await verify('ada', 'right')
  clock.time += 69
  await verify('ada', 'right')
  t.equal(asked.length, 1)
  clock.time += 1
  script.answer = () => {
    throw new ProviderFault('PROVIDER_UNREACHABLE', 'away')
  }
  await t.rejects(verify('ada', 'right'), { code: 'PROVIDER_UNREACHABLE' })
})

t.test('a wrong pair is asked of once in a while, and another secret at once', async (t) => {
  const { clock, asked, verify } = rig()
  t.match(await verify('ada', 'wrong'), { ...outside, detail: 'no' })
  t.match(await verify('ada', 'wrong'), outside)
  t.equal(asked.length, 1)
  t.match(await verify('ada', 'right'), inside('ada'))
  clock.time += limits.wrongPairMs / 1000
  await verify('ada', 'wrong')
  t.equal(asked.length, 3)
})

t.test('ten wrong secrets for one id in a minute, and that network is told 429 of it', async (t) => {
  const { asked, verify, clock } = rig()
  for (let count = 0; count < limits.guessedPairs; count += 1)
    t.match(await verify('ada', `guess ${count}`), outside)
  t.match(await verify('ada', 'another'), { kind: 'throttled', retryAfterSeconds: 60 })
  t.match(await verify('ada', 'right'), { kind: 'throttled' }, 'a right guess would tell that it is right')
  t.equal(asked.length, limits.guessedPairs, 'nothing more was sent')
  t.match(await verify('bob', 'right'), inside('bob'), 'another id from there')
  t.match(await verify('ada', 'right', elsewhere), inside('ada'), 'the same one from another network')
  clock.time += 60
  t.match(await verify('ada', 'again'), outside)
})

t.test('an id that is written in another case is no other id for who guesses', async (t) => {
  const { verify } = rig()
  for (let count = 0; count < limits.guessedPairs; count += 1)
    await verify(count % 2 === 0 ? 'ada' : 'ADA', `guess ${count}`)
  t.match(await verify('Ada', 'another'), { kind: 'throttled' })
})

t.test('guesses of which nobody can tell count too, once the provider has answered', async (t) => {
  const { verify, asked, script } = rig()
  const guess = async (id: string, count: number) =>
    verify(id, `guess ${count}`).catch(() => 'nobody can tell')
  const answers = async (id: string) => {
    const all: unknown[] = []
    for (let count = 0; count <= limits.guessedPairs; count += 1) all.push(await guess(id, count))
    return all
  }
  // As where others locked the user: who is asked without end serves nobody else.
  script.answer = (_pair, { refusedForMs }) => {
    t.equal(refusedForMs(), 0)
    throw new ProviderFault('PROVIDER_BUSY', 'locked')
  }
  t.match((await answers('ada')).at(-1), { kind: 'throttled' })
  t.equal(asked.length, limits.guessedPairs)
  script.answer = (_pair, { refusedForMs }) => {
    t.equal(refusedForMs(), 0)
    throw new ProviderFault('PROVIDER_UNREACHABLE', 'away')
  }
  t.equal((await answers('bob')).at(-1), 'nobody can tell', 'it did not answer')
  script.answer = () => {
    throw new ProviderFault('PROVIDER_BUSY', 'no turn in time')
  }
  t.equal((await answers('eve')).at(-1), 'nobody can tell', 'nothing was sent')
})

t.test('many at once are no way round the ten', async (t) => {
  const { asked, verify } = rig()
  const all = Array.from({ length: 40 }, (_, count) => verify('ada', `guess ${count}`))
  const kinds = (await Promise.all(all)).map(({ kind }) => kind)
  t.equal(kinds.filter((kind) => kind === 'refused').length, limits.guessedPairs)
  t.equal(asked.length, limits.guessedPairs)
})

t.test('sixty of all ids, and the network is told 429 of all that it was not known by', async (t) => {
  const { verify, questions } = rig()
  for (let count = 0; count < limits.failedCredentials; count += 1) await verify(`id-${count}`, 'wrong')
  t.match(await verify('ada', 'right'), { kind: 'throttled' })
  t.match(await verify('ada', 'right', elsewhere), inside('ada'))
  t.ok((questions[0]?.refusedForMs() ?? 0) > 0, 'one that waited meanwhile is not sent either')
})

t.test('a pair that was right within a day goes on, however others guess', async (t) => {
  const { clock, asked, verify, questions } = rig()
  await verify('ada', 'right')
  clock.time += 3600
  for (let count = 0; count < 2 * limits.guessedPairs; count += 1) await verify('ada', `guess ${count}`)
  for (let count = 0; count < limits.failedCredentials; count += 1) await verify(`id-${count}`, 'guess')
  t.match(await verify('bob', 'right'), { kind: 'throttled' }, 'from the same network nobody else gets in')
  t.match(await verify('ada', 'right'), inside('ada'), 'its token had ended, so it was asked of again')
  t.equal(asked.at(-1), 'acme ada:right')
  t.match(questions.at(-1), { isKnown: true })
  t.equal(questions.at(-1)?.refusedForMs(), 0)
  clock.time += limits.rightPairSeconds - 60
  await verify('ada', 'right')
  t.match(questions.at(-1), { isKnown: true })
  clock.time += limits.rightPairSeconds
  await verify('ada', 'right')
  t.match(questions.at(-1), { isKnown: false }, 'a day without it')
})

t.test('a network that guesses is not told that it came upon a pair that works elsewhere', async (t) => {
  const { verify, clock, asked } = rig()
  t.match(await verify('ada', 'right', elsewhere), inside('ada'))
  for (let count = 0; count < limits.guessedPairs; count += 1) await verify('ada', `guess ${count}`)
  t.match(await verify('ada', 'right'), { kind: 'throttled' }, 'its token is in memory all the same')
  t.match(await verify('ada', 'guess 0'), { kind: 'throttled' }, 'as a wrong one is')
  t.match(await verify('ada', 'right', elsewhere), inside('ada'))
  const before = asked.length
  clock.time += 60
  t.match(await verify('ada', 'right'), inside('ada'))
  for (let count = 0; count < limits.guessedPairs; count += 1) await verify('ada', `more ${count}`)
  t.match(await verify('ada', 'right'), inside('ada'), 'who was right from there goes on there')
  t.equal(asked.length, before + limits.guessedPairs)
})

t.test('no number of wrong pairs pushes out a right one', async (t) => {
  const { clock, asked, verify } = rig()
  await verify('ada', 'right')
  const networks = Math.ceil((limits.wrongPairs + 10) / limits.failedCredentials)
  for (let network = 0; network < networks; network += 1)
    for (let count = 0; count < limits.failedCredentials; count += 1)
      await verify(`${network}-${count}`, 'wrong', { key: `net-${network}`, hidden: false })
  const before = asked.length
  clock.time += 10
  t.match(await verify('ada', 'right'), inside('ada'))
  t.equal(asked.length, before)
})

t.test('a pair that was changed at the provider ends when it is asked of again', async (t) => {
  const { clock, verify, script, questions } = rig()
  await verify('ada', 'right')
  script.answer = () => wrong
  t.match(await verify('ada', 'right'), inside('ada'), 'within `cache`')
  clock.time += 900
  t.match(await verify('ada', 'right'), outside)
  clock.time += limits.wrongPairMs / 1000
  await verify('ada', 'right')
  t.match(questions.at(-1), { isKnown: false, former: null }, 'it is nobody’s now')
})

t.test('a provider that is away: new ones are nobody’s, and those that are known go on', async (t) => {
  const { clock, asked, verify, script } = rig()
  await verify('ada', 'right')
  clock.time += 900
  script.answer = () => {
    throw new ProviderFault('PROVIDER_UNREACHABLE', 'away')
  }
  t.match(await verify('ada', 'right'), inside('ada'))
  t.match(await verify('ada', 'right'), inside('ada'))
  t.equal(asked.length, 2, 'it is left alone for a moment')
  clock.time += limits.pairPauseMs / 1000
  t.match(await verify('ada', 'right'), inside('ada'))
  t.equal(asked.length, 3)
  for (let count = 0; count < 3 * limits.guessedPairs; count += 1)
    await t.rejects(verify('bob', `secret ${count}`), { code: 'PROVIDER_UNREACHABLE' })
  script.answer = byRight
  t.match(
    await verify('bob', 'right'),
    inside('bob'),
    'none of that counted, and none is remembered as wrong',
  )
})

t.test('one that takes its time holds up nobody whose token lives', async (t) => {
  const { clock, verify, script, asked } = rig()
  await verify('ada', 'right')
  clock.time += 900
  const { promise, resolve } = Promise.withResolvers<void>()
  script.answer = async (...question) => {
    await promise
    return right(...question)
  }
  t.match(await verify('ada', 'right'), inside('ada'))
  t.match(await verify('ada', 'right'), inside('ada'), 'and nobody waits a second time')
  t.equal(asked.length, 2)
  resolve()
})

t.test('a token that the provider took back is replaced at once', async (t) => {
  const { clock, asked, verify, script } = rig()
  let number = 0
  script.answer = () => {
    number += 1
    return { kind: 'granted', grant: grant(`token-of-${number}`) }
  }
  t.match(await verify('ada', 'right'), inside('1'))
  script.read = (raw) =>
    raw === 'token-of-1' ? invalid('taken back') : { kind: 'read', token: tokenOf('2') }
  clock.time += limits.spoiltPairMs / 1000
  t.match(await verify('ada', 'right'), inside('2'))
  t.equal(asked.length, 2)
})

t.test('tokens that are never good are not asked for without end', async (t) => {
  const { clock, asked, verify, failures } = rig(right, invalid)
  const refused = { kind: 'refused', why: 'token-invalid', detail: 'token-of-ada' }
  for (let count = 0; count < 5; count += 1) t.match(await verify('ada', 'right'), refused)
  t.equal(asked.length, 1)
  clock.time += limits.spoiltPairMs / 1000
  t.match(await verify('ada', 'right'), refused)
  t.equal(asked.length, 2)
  t.equal(failures.refusedForMs(home, clock.monotonicMs()), 0, 'the pair is right, and nobody guessed')
})

t.test('what is kept has a hash in the place of the pair', async (t) => {
  const { pairs, verify } = rig()
  await verify('an-id-of-a-customer', 'right')
  t.notMatch(JSON.stringify(pairs), /an-id-of-a-customer/)
})

t.test(
  'a reload keeps what is known of a provider that stays, and nothing of one that changed',
  async (t) => {
    const { asked, pairs, edition, clock, verify } = rig()
    await verify('ada', 'right')
    const at = { app: { providers: ['acme'] }, now: clock.now(), network: home }
    const pair = { id: 'ada', secret: 'right' }
    t.match(await pairs.renew(edition).verify(pair, at), inside('ada'))
    t.equal(asked.length, 1)
    const changed = new Map([...edition.providers].map(([name, one]) => [name, { ...one }]))
    t.match(await pairs.renew({ ...edition, providers: changed }).verify(pair, at), inside('ada'))
    t.equal(asked.length, 2)
  },
)

t.test('metrics and the log hear of each question, and of no pair', async (t) => {
  const { events, verify, script } = rig()
  await verify('ada', 'right')
  await verify('ada', 'wrong')
  script.answer = () => {
    throw new ProviderFault('PROVIDER_BUSY', 'busy')
  }
  await t.rejects(verify('bob', 'right'))
  t.same(events, [
    { provider: 'acme', outcome: 'granted' },
    { provider: 'acme', outcome: 'refused', detail: 'no', cure: null },
    { provider: 'acme', outcome: 'unanswered' },
  ])
})

t.test('the token endpoint has the token itself, under the same counts', async (t) => {
  const { asked, pairs, edition, clock, failures } = rig()
  const acme = edition.gateway.providers.get('acme') ?? settings('acme')
  const at = (network = home) => ({ now: clock.now(), network })
  t.match(await pairs.tokenOf(acme, { id: 'ada', secret: 'right' }, at()), {
    kind: 'granted',
    grant: { accessToken: 'token-of-ada', endsAt: begin + 3600 },
  })
  t.match(await pairs.tokenOf(acme, { id: 'ada', secret: 'guess' }, at()), { kind: 'wrong' })
  t.same(asked, ['acme ada:right', 'acme ada:guess'])
  for (let count = 0; count < limits.failedCredentials; count += 1)
    failures.failed(elsewhere, clock.monotonicMs())
  const bob = { id: 'bob', secret: 'right' }
  t.match(await pairs.tokenOf(acme, bob, at(elsewhere)), { kind: 'throttled' })
})

t.test('wrong refresh tokens count by network', async (t) => {
  const { asked, pairs, edition, clock } = rig()
  const acme = edition.gateway.providers.get('acme') ?? settings('acme')
  const at = (network = home) => ({ now: clock.now(), network })
  for (let count = 0; count < limits.failedCredentials; count += 1)
    t.match(await pairs.refresh(acme, 'rt', null, at()), { kind: 'refused', error: 'invalid_grant' })
  t.match(await pairs.refresh(acme, 'rt', null, at()), { kind: 'throttled', retryAfterSeconds: 60 })
  t.match(await pairs.refresh(acme, 'rt', null, at(elsewhere)), { kind: 'refused' })
  t.equal(asked.length, limits.failedCredentials + 1)
})
