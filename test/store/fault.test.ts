import t from 'tap'
import { StoreFault } from '../../src/core/fault.ts'
import { isBusy, toStoreFault } from '../../src/store/fault.ts'

/** As node:sqlite throws. */
const sqliteError = (errcode: unknown) => Object.assign(new Error('of SQLite'), { errcode })

t.test('what SQLite says is told by its code, an extended one by its low byte', async (t) => {
  const cases: readonly (readonly [number, string, string])[] = [
    [5, 'STORE_UNAVAILABLE', 'is locked by another process'],
    [261, 'STORE_UNAVAILABLE', 'is locked by another process'],
    [6, 'STORE_UNAVAILABLE', 'is locked by another process'],
    [8, 'STORE_UNAVAILABLE', 'cannot be written: it is read-only'],
    [10, 'STORE_UNAVAILABLE', 'cannot be read or written: the disk reports an error'],
    [11, 'STORE_INVALID', 'is damaged'],
    [13, 'STORE_FULL', 'cannot grow: the disk is full'],
    [14, 'STORE_UNAVAILABLE', 'cannot be opened'],
    [26, 'STORE_INVALID', 'is not a database'],
    [1, 'STORE_UNAVAILABLE', 'does not answer'],
  ]
  for (const [errcode, code, what] of cases) {
    const cause = sqliteError(errcode)
    t.match(toStoreFault(cause, '/data/sessions.db'), {
      code,
      message: `the session store /data/sessions.db ${what}`,
      cause,
    })
    t.equal(isBusy(cause), what.startsWith('is locked'), `${errcode}`)
  }
})

t.test(
  'whatever else is thrown is a store that does not answer; a fault of ours stays what it is',
  async (t) => {
    t.doesNotThrow(() => toStoreFault(null, 'f'))
    for (const thrown of [null, undefined, 'text', { errcode: 5 }, new Error('x'), sqliteError('5')]) {
      const { code, message } = toStoreFault(thrown, 'f')
      t.same([code, message], ['STORE_UNAVAILABLE', 'the session store f does not answer'])
      t.equal(isBusy(thrown), false)
    }
    const fault = new StoreFault('STORE_FULL', 'ours')
    t.equal(toStoreFault(fault, 'f'), fault)
  },
)
