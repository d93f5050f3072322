import t from 'tap'
import { claimText, plainForm } from '../../../src/core/headers/claim-text.ts'
import type { HeaderForm } from '../../../src/core/headers/form.ts'
import { describeUnsendable, identityLines } from '../../../src/core/headers/identity.ts'
import type { Json } from '../../../src/core/json.ts'
import { limits } from '../../../src/core/limits/table.ts'

const room = limits.identityHeaderBytes

function textOf(value: Json, form: Partial<HeaderForm> = {}): string | null {
  const made = claimText(value, { ...plainForm, ...form }, room)
  if (made === null) return null
  return made.ok ? made.text : `no: ${made.why}`
}

/** What a careful app makes of it. */
function read(text: string, join: string): readonly string[] {
  return text.split(join).map((element) => decodeURIComponent(element))
}

t.test('two different texts or lists never become the same bytes, whatever joins them', async (t) => {
  const pieces = ['', 'a', ',', '%', ' ', ';', '2', 'C', '|', ':', '\u00e9', '\n', '-', '"']
  const texts = pieces.flatMap((one) => pieces.map((other) => one + other))
  for (const join of [',', ';', ', ', ' ', '|', '::', ' | ', '-']) {
    const seen = new Map<string, string>()
    const lists: readonly (readonly string[])[] = [
      ...texts.map((text) => [text]),
      ...pieces.flatMap((one) => texts.map((other) => [one, other])),
    ]
    for (const list of lists) {
      const text = textOf(list, { join })
      if (text === 'no: empty') {
        t.ok(list.includes('') && join.trim() !== join, 'refused rather than ambiguous')
        continue
      }
      const before = seen.get(text ?? '')
      if (before !== undefined && before !== JSON.stringify(list))
        t.fail(`${before} and ${JSON.stringify(list)}`)
      seen.set(text ?? '', JSON.stringify(list))
      const back = read(text?.trim() ?? '', join)
      if (JSON.stringify(back) !== JSON.stringify(list)) t.same(back, list, JSON.stringify({ text, join }))
      if (list.length === 1 && list[0] !== '') {
        if (textOf(list[0] ?? '', { join }) !== text) t.equal(textOf(list[0] ?? '', { join }), text)
      }
    }
    t.ok(seen.size > 1000, `${seen.size} lists joined by "${join}"`)
  }
})

t.test('what joins elements is escaped within numbers too', async (t) => {
  t.equal(textOf([1.5, -2], { join: '.' }), '1%2E5.-2')
  t.equal(textOf(1e21, { join: '+' }), 'no: number')
  t.equal(textOf([1e-7, true], { join: '-' }), '1e%2D7-true')
})

t.test('only: whole elements, and patterns in which * is any characters', async (t) => {
  const only = {
    texts: ['admins', '7'],
    patterns: [
      ['app-', ''],
      ['', '-ops'],
      ['a', 'b', 'c'],
    ],
  }
  const rows: readonly (readonly [Json, string | null])[] = [
    [['admins', 'people', 'app-x', 'app-', 'my-app-x', 'eu-ops', 'ops'], 'admins,app-x,app-,eu-ops'],
    [['abc', 'aXbYc', 'ac', 'abbc', 'acb', 'abcd'], 'abc,aXbYc,abbc'],
    [['Admins', 'admins ', 'APP-X'], null],
    ['admins', 'admins'],
    ['people', null],
    [[7, true, { a: 1 }, ['admins'], null, 'admins'], 'admins'],
    [{ a: 1 }, null],
    [7, null],
    [[], null],
    [null, null],
  ]
  for (const [value, text] of rows) t.equal(textOf(value, { only }), text, JSON.stringify(value))
  t.equal(textOf(['ab', 'aab', 'aba'], { only: { texts: [], patterns: [['a', 'b']] } }), 'ab,aab')
  t.equal(
    textOf(['aa', 'a'], { only: { texts: [], patterns: [['a', 'a']] } }),
    'aa',
    'the ends do not overlap',
  )
  t.equal(textOf(['x', ''], { only: { texts: [], patterns: [['', '']] } }), 'x,', 'all of them')
  const many = Array.from({ length: 5000 }, (_, index) => `some-group-of-this-company-${index}`)
  t.equal(textOf([...many, 'app-x'], { only }), 'app-x', 'what is not sent takes no room')
  t.equal(textOf(many), 'no: too-large')
})

t.test('lower_case folds ASCII letters, and what is chosen is chosen before', async (t) => {
  t.equal(textOf('Ada@Example.COM', { lowerCase: true }), 'ada@example.com')
  t.equal(textOf(['A', '\u212a\u00c4'], { lowerCase: true }), 'a,%E2%84%AA%C3%84')
  t.equal(textOf(['A', 'b'], { lowerCase: true, only: { texts: ['A'], patterns: [] } }), 'a')
})

t.test('base64 is that of the JSON, of objects and nested lists too', async (t) => {
  const values: readonly Json[] = [
    'a',
    'a,b',
    ['a', 'b'],
    [1, true, null],
    { a: [{ b: '\u00e9' }] },
    [['x']],
    true,
    0,
  ]
  const seen = new Set<string>()
  for (const value of values) {
    const text = textOf(value, { encoding: 'base64' }) ?? ''
    t.same(JSON.parse(Buffer.from(text, 'base64').toString()), value)
    t.match(text, /^[A-Za-z0-9+/]+={0,2}$/)
    seen.add(text)
  }
  t.equal(seen.size, values.length)
  t.equal(textOf(['a', 'x'], { encoding: 'base64', only: { texts: ['a'], patterns: [] } }), btoa('["a"]'))
  t.equal(textOf([], { encoding: 'base64' }), null)
  t.equal(textOf({ a: [{ b: 2 ** 53 }] }, { encoding: 'base64' }), 'no: number')
  t.equal(textOf('x'.repeat(room), { encoding: 'base64' }), 'no: too-large')
})

t.test('an only that a file left without entries chooses nothing', async (t) => {
  const only = { texts: [], patterns: [] }
  for (const encoding of ['percent', 'base64'] as const) {
    for (const value of ['a', '', ['a', ''], [''], 7, { a: 1 }]) {
      t.equal(textOf(value, { only, encoding }), null, `${encoding} ${JSON.stringify(value)}`)
    }
  }
})

t.test('of what cannot be sent the log says which header and how large it would be', async (t) => {
  const groups = Array.from({ length: 300 }, (_, index) => `a-group-that-has-a-long-name-${index}`)
  const principal = { user: 'ada', provider: 'p', claims: { groups, o: { a: 1 } } }
  const lines = identityLines(principal, {
    identityHeaders: [
      { name: 'X-User', from: 'user' },
      { name: 'X-Groups', from: 'groups' },
    ],
  })
  if (lines.ok) throw new Error('it does not fit')
  const bytes = 'X-Groups'.length + groups.join(',').length
  t.match(lines, { header: 'X-Groups', why: 'too-large', bytes, bytesInAll: bytes + 'X-Userada'.length })
  t.match(describeUnsendable(lines), `X-Groups would have ${bytes} bytes or more`)
  t.notMatch(describeUnsendable(lines), 'a-group')
  const object = identityLines(principal, { identityHeaders: [{ name: 'X-O', from: 'o' }] })
  if (!object.ok) t.match(describeUnsendable(object), /^X-O would be an object/)
  const sent = identityLines(principal, {
    identityHeaders: [
      {
        name: 'X-Groups',
        from: 'groups',
        form: { ...plainForm, only: { texts: [groups[7] ?? ''], patterns: [] } },
      },
    ],
  })
  t.match(sent, { ok: true, lines: ['X-Groups', groups[7]] })
})
