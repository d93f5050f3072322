// Forms that wait in Redis: whoever reads it learns nothing, and what is counted comes back down by itself.
import t, { type Test } from 'tap'
import { limits } from '../../../src/core/limits/table.ts'
import { startRedis } from '../../support/redis.ts'
import { formOf } from '../contract-forms.ts'
import { faultOf } from '../sqlite-store.ts'
import { openRedis, singleSettings } from './redis-store.ts'
import { redisCli, startReplicated } from './topologies.ts'

async function open(t: Test, lines: readonly string[] = []) {
  const { port } = await startRedis(t, { lines })
  const settings = singleSettings(port, { keyPrefix: 'p:' })
  return {
    cli: (...args: string[]) => redisCli(port, ...args),
    store: openRedis(t, settings),
    other: openRedis(t, settings),
  }
}

t.test('of two gateways that take a form at the same moment one has it', async (t) => {
  const { store, other } = await open(t)
  for (let round = 0; round < 10; round++) {
    t.equal(await store.forms.keep(formOf('a')), true)
    const taken = await Promise.all([store.forms.take('a', 1000), other.forms.take('a', 1000)])
    t.same(
      taken.filter((one) => one !== null),
      ['sealed a'],
    )
  }
})

t.test('a form opens at its own name and as it was kept alone', async (t) => {
  const { cli, store } = await open(t)
  for (const id of ['a', 'b']) await store.forms.keep(formOf(id))
  cli('COPY', 'p:form:{a}', 'p:form:{c}')
  t.equal(await store.forms.read('c', 1000), null, 'at another name')
  const [a = '', b = ''] = ['a', 'b'].map((id) => cli('GET', `p:form:{${id}}`))
  const [head] = a.split(' ')
  for (const value of [
    `${head} ${b.slice(b.indexOf(' ') + 1)}`,
    `${head} `,
    `${head}`,
    `${b.slice(0, b.indexOf(' '))} sealed a`,
    'sealed a',
    '',
    ' sealed a',
  ]) {
    cli('SET', 'p:form:{a}', value, 'KEEPTTL')
    t.equal(await store.forms.read('a', 1000), null, value)
  }
  cli('SET', 'p:form:{a}', a, 'KEEPTTL')
  t.equal(await store.forms.take('a', 1000), 'sealed a')
})

t.test('every name of a form is forgotten by itself, and what it counts not before it', async (t) => {
  const { cli, store } = await open(t)
  await store.forms.keep(formOf('a', { session: 'secret-session' }))
  const names = cli('KEYS', 'p:form*').split('\n').sort()
  t.same(names, ['p:form-bytes', 'p:form-place:{secret-session}:0', 'p:form:{a}'])
  const left = (name: string) => Number(cli('PTTL', name))
  const form = left('p:form:{a}')
  t.ok(form > 500_000 && form <= 600_000, `${form} ms`)
  t.ok(left('p:form-place:{secret-session}:0') > form)
  t.ok(left('p:form-bytes') > form)
  const [minute = '', bytes] = cli('ZRANGE', 'p:form-bytes', '0', '-1', 'WITHSCORES').split('\n')
  t.equal(Number(bytes), 'sealed a'.length + limits.keptFormOverheadBytes)
  const nowMs = Number(cli('TIME').split('\n')[0]) * 1000
  t.ok((Number(minute) + 1) * 60_000 > nowMs + form, 'its minute ends after it')
  await store.forms.keep(formOf('brief', { session: 'k2', until: 1060 }))
  t.ok(left('p:form-bytes') > left('p:form:{a}'), 'one that is over sooner takes nothing from it')
  await store.forms.take('brief', 1000)
  await store.forms.take('a', 1000)
  t.same(cli('KEYS', 'p:form*').split('\n').filter(Boolean), [], 'one that was taken leaves nothing behind')
})

t.test(
  'bytes of minutes that are over count no more; those of others do, whatever became of their forms',
  async (t) => {
    const { cli, store } = await open(t)
    const minute = Math.floor(Number(cli('TIME').split('\n')[0]) / 60)
    const most = String(limits.keptFormBytes)
    cli('ZADD', 'p:form-bytes', most, String(minute - 1), most, String(minute - 1000))
    t.equal(await store.forms.keep(formOf('a')), true)
    t.equal(cli('ZCARD', 'p:form-bytes'), '1', 'they are cleared')
    cli('ZADD', 'p:form-bytes', most, String(minute + 5))
    t.equal(await store.forms.keep(formOf('b')), false)
    t.equal(await store.forms.keep(formOf('c', { session: 'k1' })), false)
    cli('ZREM', 'p:form-bytes', String(minute + 5))
    for (const id of ['b', 'c']) t.equal(await store.forms.keep(formOf(id)), true, 'a refusal takes no place')
  },
)

t.test('many who keep forms at once never keep more than there may be', async (t) => {
  const { cli, store, other } = await open(t)
  const sealed = 'x'.repeat(1000)
  const each = sealed.length + limits.keptFormOverheadBytes
  const minute = Math.floor(Number(cli('TIME').split('\n')[0]) / 60) + 20
  cli('ZADD', 'p:form-bytes', String(limits.keptFormBytes - 5 * each), String(minute))
  const kept = await Promise.all(
    Array.from({ length: 40 }, async (_, at) =>
      (at % 2 === 0 ? store : other).forms.keep(formOf(`f${at}`, { session: `s${at}`, sealed })),
    ),
  )
  t.equal(kept.filter(Boolean).length, 5)
  cli('DEL', 'p:form-bytes')
  const ofOne = await Promise.all(
    Array.from({ length: 10 }, async (_, at) =>
      (at % 2 === 0 ? store : other).forms.keep(formOf(`g${at}`, { session: 'one', sealed: '' })),
    ),
  )
  t.equal(ofOne.filter(Boolean).length, limits.keptFormsOfSession)
})

t.test('bytes that a failover forgot are not counted below nothing', async (t) => {
  const { cli, store } = await open(t)
  for (const id of ['a', 'b']) await store.forms.keep(formOf(id))
  cli('DEL', 'p:form-bytes')
  t.equal(await store.forms.take('a', 1000), 'sealed a')
  t.equal(cli('EXISTS', 'p:form-bytes'), '0')
  await store.forms.keep(formOf('c', { sealed: '' }))
  t.equal(await store.forms.take('b', 1000), 'sealed b', 'which counted more than there is by now')
  t.equal(cli('EXISTS', 'p:form-bytes'), '0')
})

t.test('a Redis that has no room keeps no form, and says so', async (t) => {
  const { store } = await open(t, ['maxmemory 1', 'maxmemory-policy noeviction'])
  t.match(await faultOf(() => store.forms.keep(formOf('a'))), /^STORE_FULL/)
})

t.test('a form that is taken is gone at a replica too before it is given, or that is told', async (t) => {
  const { primary, replica } = await startReplicated(t)
  const reported: unknown[] = []
  const report = (thrown: unknown) => void reported.push(thrown)
  const settings = singleSettings(primary.port)
  const store = openRedis(t, settings, { report })
  for (const id of ['a', 'b']) await store.forms.keep(formOf(id))
  t.equal(await store.forms.take('a', 1000), 'sealed a')
  t.same(reported, [])
  const waitsLess = openRedis(t, settings, { report, answerMs: 2000 })
  await waitsLess.check()
  replica.signal('SIGSTOP')
  t.equal(await waitsLess.forms.take('b', 1000), 'sealed b')
  replica.signal('SIGCONT')
  t.match(reported, [
    {
      code: 'STORE_UNCONFIRMED',
      message: /handed out forms that no replica has confirmed: .*could hand them out again$/,
    },
  ])
})
