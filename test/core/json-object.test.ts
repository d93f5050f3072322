import t from 'tap'
import { readJsonObject } from '../../src/core/json-object.ts'

t.test('a document with a number that nothing can keep is none', async (t) => {
  for (const number of ['1e400', '-1e400', '[1e309]', '{"b": [{"c": 1e400}]}']) {
    t.equal(readJsonObject(`{"a": ${number}}`), null, number)
  }
  t.same(readJsonObject('{"a": 1e300, "b": -0.5}'), { a: 1e300, b: -0.5 })
})
