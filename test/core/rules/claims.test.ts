import t from 'tap'
import { type Claims, claimAt, type Found, lookUp, lookUpForRule } from '../../../src/core/rules/claims.ts'

const missing: Found = { kind: 'missing' }
const one = (value: string | number | boolean | Claims): Found => ({ kind: 'one', value })
const list = (...elements: (string | number | boolean | null | Claims | readonly string[])[]): Found => ({
  kind: 'list',
  elements,
  reached: true,
})
const unreached = (...elements: readonly null[]): Found => ({ kind: 'list', elements, reached: false })

t.test('a claim path takes the longest own key at each object, without backtracking', async (t) => {
  const cases: readonly (readonly [string, Claims, string, Found])[] = [
    ['a plain claim', { sub: 'a' }, 'sub', one('a')],
    ['a claim that is not there', { sub: 'a' }, 'groups', missing],
    ['null counts as missing', { groups: null }, 'groups', missing],
    ['false, zero and the empty text are there', { a: false }, 'a', one(false)],
    ['zero', { a: 0 }, 'a', one(0)],
    ['an empty text', { a: '' }, 'a', one('')],
    ['an empty list is a list', { groups: [] }, 'groups', list()],
    ['a nested claim', { realm_access: { roles: ['editor'] } }, 'realm_access.roles', list('editor')],
    ['a colon is part of a name', { 'cognito:groups': ['a'] }, 'cognito:groups', list('a')],
    [
      'a URL with dots is one name',
      { 'https://x.example/roles': ['a'] },
      'https://x.example/roles',
      list('a'),
    ],
    [
      'a name with dots below an object',
      { resource_access: { 'my.client': { roles: ['r'] } } },
      'resource_access.my.client.roles',
      list('r'),
    ],
    ['the longer key wins', { 'a.b': 1, a: { b: 2 } }, 'a.b', one(1)],
    ['no backtracking to the shorter one', { 'a.b': { x: 1 }, a: { b: { c: 2 } } }, 'a.b.c', missing],
    ['a null of the longer key hides the shorter one', { 'a.b': null, a: { b: 2 } }, 'a.b', missing],
    ['a key ends at a dot or at the end', { ab: 1 }, 'a', missing],
    ['nothing below a text', { a: 'x' }, 'a.b', missing],
    ['a text has no length here', { a: 'x' }, 'a.length', missing],
    ['an object is found as it is', { a: { b: 1 } }, 'a', one({ b: 1 })],
    ['an empty key', { '': { '': 1 } }, '.', one(1)],
    ['the empty path', { '': 1 }, '', one(1)],
    ['a dot at the end', { a: { '': 1 } }, 'a.', one(1)],
  ]
  for (const [name, claims, path, expected] of cases) t.strictSame(lookUp(claims, path), expected, name)
})

t.test('a step on a list of objects looks into each and joins what it finds', async (t) => {
  const orgs = [{ id: '1', roles: ['admin', 'dev'] }, { id: '2', roles: [] }, { name: 'x' }]
  const cases: readonly (readonly [string, Claims, string, Found])[] = [
    [
      'scalars are joined; a member without the rest of the path is one unknown',
      { orgs },
      'orgs.id',
      list('1', '2', null),
    ],
    ['lists are joined, an empty one adds nothing', { orgs }, 'orgs.roles', list('admin', 'dev', null)],
    ['null in a member is unknown', { orgs: [{ id: null }] }, 'orgs.id', unreached(null)],
    [
      'a member that is no object is unknown',
      { orgs: ['1', 2, null] },
      'orgs.id',
      unreached(null, null, null),
    ],
    ['a list in the list is not entered', { orgs: [[{ id: '1' }]] }, 'orgs.id', unreached(null)],
    ['an empty list stays an empty list', { orgs: [] }, 'orgs.id', unreached()],
    [
      'lists below lists of objects',
      { a: [{ b: [{ c: 1 }, { c: 2 }] }, { b: [{ c: 3 }] }] },
      'a.b.c',
      list(1, 2, 3),
    ],
    ['an index is no step', { a: ['x'] }, 'a.0', unreached(null)],
    ['nested lists stay as they are', { a: [['x']] }, 'a', list(['x'])],
  ]
  for (const [name, claims, path, expected] of cases) t.strictSame(lookUp(claims, path), expected, name)
})

t.test('S-214: no path leads through a prototype', async (t) => {
  const claims: Claims = JSON.parse(
    '{"__proto__": {"groups": ["admin"]}, "a": {"__proto__": {"b": 1}}, "constructor": {"x": 1}}',
  )
  for (const path of [
    'groups',
    '__proto__',
    '__proto__.groups',
    'a.__proto__',
    'a.__proto__.b',
    'toString',
    'a.toString',
    'a.hasOwnProperty',
    'constructor.name',
  ]) {
    t.strictSame(lookUp(claims, path), missing, path)
  }
  t.strictSame(lookUp(claims, 'constructor.x'), one(1), 'an own key of that name is a claim like any other')
  t.strictSame(
    lookUp(JSON.parse('{"__proto__.groups": "own"}'), '__proto__.groups'),
    one('own'),
    'the whole key is another name',
  )
  t.notOk('groups' in {}, 'nothing was polluted')
})

t.test('for rules, scope and scp are lists of words', async (t) => {
  const cases: readonly (readonly [Claims, string, Found])[] = [
    [{ scope: 'openid reports:read' }, 'scope', list('openid', 'reports:read')],
    [{ scp: 'a b' }, 'scp', list('a', 'b')],
    [{ scp: ['a', 'b c'] }, 'scp', list('a', 'b', 'c')],
    [{ scope: '  a   b ' }, 'scope', list('a', 'b')],
    [{ scope: '' }, 'scope', list()],
    [{ scope: 5 }, 'scope', one(5)],
    [{ scope: ['a', 5] }, 'scope', list('a', 5)],
    [{}, 'scope', missing],
    [{ groups: 'a b' }, 'groups', one('a b')],
  ]
  for (const [claims, path, expected] of cases)
    t.strictSame(lookUpForRule(claims, path), expected, JSON.stringify(claims))
  t.strictSame(lookUp({ scope: 'a b' }, 'scope'), one('a b'), 'headers get it as it was sent')
})

t.test('a claim as a plain value', async (t) => {
  const claims: Claims = { a: { b: [1] }, c: null }
  t.strictSame(claimAt(claims, 'a.b'), [1])
  t.strictSame(claimAt(claims, 'a'), { b: [1] })
  t.equal(claimAt(claims, 'c'), undefined)
  t.equal(claimAt(claims, 'd'), undefined)
})
