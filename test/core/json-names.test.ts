import t from 'tap'
import { repeatedName, repeatsName } from '../../src/core/json-names.ts'

const repeated: readonly string[] = [
  '{"aud":"a","aud":"b"}',
  '{"aud":"a","x":1,"aud":"a"}',
  '{"aud":"a" , "aud" : "b"}',
  '{"aud":"a","\\u0061ud":"b"}',
  '{"x":{"a":1,"a":2}}',
  '{"x":[{"a":1},{"a":1,"b":2,"a":3}]}',
  '{"x":{"y":1},"y":2,"x":3}',
  '{"":1,"":2}',
  '{"a\\"b":1,"a\\"b":2}',
  '{"__proto__":1,"__proto__":2}',
  '{"a":{},\n"a"\t\r\n:1}',
]
const distinct: readonly string[] = [
  '{}',
  '{"aud":"aud","b":"aud"}',
  '{"x":{"x":{"x":1}}}',
  '{"x":["a","a","a"],"a":["x"]}',
  '[{"a":1},{"a":1}]',
  '{"a":"b\\":1","b":2}',
  '{"a":"{\\"a\\":1,\\"a\\":2}"}',
  '{"a":1,"A":2}',
  '{"a\\\\":1,"a":2}',
  '"a"',
  '{"a',
  '{"a":1,"a',
  ']}{"a":1}',
]

t.test('an object with two members of one name is found, however deep and however it is spelt', async (t) => {
  for (const text of repeated) t.equal(repeatsName(text), true, text)
})

t.test('names of different objects, values, and what is no JSON, are no such thing', async (t) => {
  for (const text of distinct) t.equal(repeatsName(text), false, text)
})

t.test('a long text takes as many steps as it has characters', async (t) => {
  const names = Array.from({ length: 2000 }, (_, i) => `"n${i}":[[[]]]`).join(',')
  t.equal(repeatsName(`{${names}}`), false)
  t.equal(repeatsName(`{${names},"n7":1}`), true)
  t.equal(repeatsName(`{"a":"${'\\'.repeat(16_000)}`), false)
})

t.test('the name that is there twice is told', async (t) => {
  t.equal(repeatedName('{"a":{"b":1,"pl\\u0061n":1,"plan":2}}'), 'plan')
  t.equal(repeatedName('{"":1,"":2}'), '')
  t.equal(repeatedName('{"a":1,"b":{"a":1}}'), null)
})
