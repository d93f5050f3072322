import type { Test } from 'tap'
import { limits } from '../../src/core/limits/table.ts'
import type { KeptForm, SessionStore } from '../../src/core/ports.ts'
import { sessionOf } from './contract.ts'

export const formOf = (id: string, more: Partial<KeptForm> = {}): KeptForm => ({
  id,
  session: 'k1',
  sealed: `sealed ${id}`,
  at: 1000,
  until: 1600,
  ...more,
})

/** What every store promises of forms that wait for a sign-in. */
export async function formContract(
  t: Test,
  open: (t: Test) => SessionStore,
  forgets: 'when purged' | 'by itself' = 'when purged',
): Promise<void> {
  await t.test('a form is read any number of times, and taken once', async (t) => {
    const { forms } = open(t)
    for (const id of ['a', 'never', '', '__proto__', "' OR 1=1 --", '{a}'])
      for (const ask of [forms.read, forms.take]) t.equal(await ask(id, 1000), null, id)
    t.equal(await forms.keep(formOf('a')), true)
    t.equal(await forms.keep(formOf('b', { session: 'k2', sealed: '' })), true)
    for (const _ of [1, 2]) t.equal(await forms.read('a', 1599), 'sealed a')
    t.equal(await forms.read('b', 1000), '')
    t.equal(await forms.take('a', 1599), 'sealed a')
    for (const ask of [forms.read, forms.take]) t.equal(await ask('a', 1599), null, 'it is gone')
    t.equal(await forms.take('b', 1000), '')
  })

  await t.test('of many who take a form at once one has it', async (t) => {
    const { forms } = open(t)
    for (let round = 0; round < 5; round++) {
      await forms.keep(formOf(`f${round}`))
      const taken = await Promise.all(Array.from({ length: 10 }, async () => forms.take(`f${round}`, 1100)))
      t.same(
        taken.filter((one) => one !== null),
        [`sealed f${round}`],
      )
    }
  })

  await t.test('a form whose time is over is none, though it is still there', async (t) => {
    const { forms } = open(t)
    for (const id of ['a', 'b']) await forms.keep(formOf(id))
    t.equal(await forms.read('a', 1600), null)
    t.equal(await forms.take('a', 1600), null)
    t.equal(await forms.take('b', 1599), 'sealed b')
  })

  await t.test('a form never stands in the place of another', async (t) => {
    const { forms } = open(t)
    t.equal(await forms.keep(formOf('a')), true)
    t.equal(await forms.keep(formOf('a', { session: 'k2', sealed: 'other' })), false)
    t.equal(await forms.take('a', 1000), 'sealed a')
  })

  await t.test('a session has so many forms at most, and makes room by taking one', async (t) => {
    const { forms } = open(t)
    const most = limits.keptFormsOfSession
    for (let at = 0; at < most; at++) t.equal(await forms.keep(formOf(`f${at}`)), true)
    t.equal(await forms.keep(formOf('more')), false)
    t.equal(await forms.read('more', 1000), null, 'nothing is kept')
    t.equal(await forms.keep(formOf('other', { session: 'k2' })), true, 'another session has its own')
    for (let at = 0; at < most; at++) t.equal(await forms.read(`f${at}`, 1000), `sealed f${at}`)
    await forms.take('f1', 1000)
    t.equal(await forms.keep(formOf('more')), true)
    t.equal(await forms.keep(formOf('again')), false)
    t.equal(await forms.take('more', 1000), 'sealed more')
    if (forgets === 'by itself') return
    t.equal(await forms.keep(formOf('later', { at: 1600, until: 2200 })), true, 'the others are over')
  })

  await t.test('forms of the largest size come back byte for byte', async (t) => {
    const { forms } = open(t)
    const sealed = 'ü-_.'.repeat(100_000)
    t.equal(await forms.keep(formOf('a', { sealed })), true)
    t.equal((await forms.read('a', 1000)) === sealed, true)
    t.equal((await forms.take('a', 1000)) === sealed, true)
  })

  await t.test('forms together have so many bytes at most', async (t) => {
    const { forms } = open(t)
    const sealed = 'x'.repeat(limits.keptFormBytes / 4)
    const kept = async (id: string, more: Partial<KeptForm> = {}) =>
      forms.keep(formOf(id, { session: id, sealed, ...more }))
    for (const id of ['a', 'b', 'c']) t.equal(await kept(id), true, id)
    t.equal(await kept('d'), false, 'what is kept beside it counts too')
    t.equal(await kept('small', { sealed: 'x' }), true)
    await forms.take('b', 1000)
    t.equal(await kept('d'), true, 'one that was taken makes room')
    t.equal(await kept('e'), false)
    t.equal(await forms.read('e', 1000), null, 'nothing is kept')
    if (forgets === 'by itself') return
    t.equal(await kept('e', { at: 1600, until: 2200 }), true, 'as do those that are over')
    t.equal(await forms.take('a', 1600), null)
  })

  await t.test('a purge clears forms that are over, and counts them not', async (t) => {
    const store = open(t)
    await store.forms.keep(formOf('a'))
    await store.forms.keep(formOf('b', { until: 1700 }))
    t.equal(await store.purge(1600), 0)
    if (forgets === 'when purged') t.equal(await store.forms.read('a', 1000), null)
    t.equal(await store.forms.read('b', 1000), 'sealed b')
  })

  await t.test('a form outlives its session, but for a revocation of the person', async (t) => {
    const store = open(t)
    for (const key of ['k1', 'k2']) await store.save(sessionOf(key, { user: key }), 5000)
    for (const session of ['k1', 'k2']) await store.forms.keep(formOf(`of-${session}`, { session }))
    await store.drop('k1')
    t.equal(await store.forms.read('of-k1', 1000), 'sealed of-k1')
    await store.revoke({ by: 'user', user: 'k2', provider: sessionOf('k2') })
    t.equal(await store.forms.read('of-k2', 1000), null)
    t.equal(await store.forms.take('of-k1', 1000), 'sealed of-k1')
  })
}
