// What JSON and YAML become, and what header values may hold, measured: the reason why claims are looked up by own keys
// and identity headers are encoded.
import http from 'node:http'
import t from 'tap'
import { parse, parseDocument } from 'yaml'

t.test(
  'F12: a key __proto__ is an own key after parsing, and Object.assign then sets the prototype',
  async (t) => {
    const text = '{"__proto__": {"groups": ["admins"]}}'
    const parsed: object = JSON.parse(text)
    t.ok(Object.hasOwn(parsed, '__proto__'))
    t.same(Object.getPrototypeOf(Object.assign({}, parsed)), { groups: ['admins'] })
    t.equal(Object.getPrototypeOf({ ...parsed }), Object.prototype, 'spread keeps it an own key')
    t.ok(Object.hasOwn(parse(text), '__proto__'), 'of YAML too')
    t.equal(({} as { groups?: unknown }).groups, undefined, 'nothing was polluted')
  },
)

t.test('F12: in YAML 1.2 no is a text, 010 a number; a key that comes twice is an error', async (t) => {
  t.same(parse('a: no\nb: 010\nc: 0x10\nd: 00E1'), { a: 'no', b: 10, c: 16, d: 0 })
  t.ok(parseDocument('a: 1\na: 2').errors.length > 0)
})

t.test('F6: a header value may hold latin-1 and a tab, and nothing beyond', async (t) => {
  const allowed = (value: string): boolean => {
    try {
      http.validateHeaderValue('X-User', value)
      return true
    } catch {
      return false
    }
  }
  for (const value of ['Zo\u00eb', 'a\tb', 'a\u0085b']) t.ok(allowed(value), JSON.stringify(value))
  for (const value of ['\u674e', 'a\r\nb', 'a\nb', 'a\u0000b', 'a\u007fb', 'a\u010ab']) {
    t.notOk(allowed(value), JSON.stringify(value))
  }
})
