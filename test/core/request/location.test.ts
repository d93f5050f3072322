import t from 'tap'
import type { Forwarding, Location, LocationTree } from '../../../src/core/gateway.ts'
import { buildLocationTree, matchLocation } from '../../../src/core/request/location.ts'
import { findOverlaps } from '../../../src/core/request/location-overlap.ts'
import { labelOf, patternText } from '../../../src/core/request/location-pattern.ts'
import { chooseMethod, webdavMethods } from '../../../src/core/request/method.ts'

const forwarding: Forwarding = {
  tokenHeaders: [],
  identityHeaders: [],
  timeouts: { connectSeconds: 5, responseSeconds: 60, idleSeconds: 300, keepAliveSeconds: null, body: null },
  maxBodyBytes: null,
  websocketOrigins: null,
  corsPreflight: 'deny',
  cache: 'private',
  upstreamAuthorization: 'pass',
  cors: { kind: 'deny' },
  corsHeaders: [],
}

/** `/a/*`, `/a =` for exact, `/a GET,HEAD` for methods. */
function location(text: string): Location {
  const [path = '', ...words] = text.split(' ')
  const segments = path === '/' ? [] : path.slice(1).split('/')
  const written = segments.map((s) => (s === '*' ? null : s))
  const pattern = { segments: written, written, exact: words.includes('=') }
  const named = words.find((word) => word !== '=')
  const methods = named === undefined ? null : new Set(named.split(','))
  const label = labelOf(pattern, methods)
  return {
    label,
    pattern,
    methods,
    access: { kind: 'anyone' },
    unauthenticated: 'sign_in',
    credentials: ['session'],
    stepUp: null,
    limits: [],
    limitsFail: 'open',
    resume: 'none',
    maxResumedBodyBytes: 0,
    forwarding,
  }
}

function tree(...texts: readonly string[]): LocationTree {
  const built = buildLocationTree(texts.map(location))
  if (!built.ok) throw new Error(JSON.stringify(built.faults))
  return built.tree
}

function segmentsOf(path: string): readonly string[] {
  return path.split('/').filter((segment) => segment !== '')
}

function matched(from: LocationTree, path: string): string | null {
  const [first] = matchLocation(from, segmentsOf(path)) ?? []
  return first === undefined ? null : patternText(first.pattern)
}

t.test('the most specific location by inclusion covers a path', async (t) => {
  const from = tree(
    '/',
    '/admin',
    '/admin/*',
    '/admin/users =',
    '/api/*/edit',
    '/public',
    '/public/secret',
    '/only =',
  )
  const rows: readonly (readonly [string, string | null])[] = [
    ['/', '/'],
    ['/x', '/'],
    ['/admin', '/admin'],
    ['/admin/', '/admin'],
    ['/admin/x', '/admin/*'],
    ['/admin/users', '/admin/users (exact)'],
    ['/admin/users/', '/admin/users (exact)'],
    ['/admin/users/1', '/admin/*'],
    ['/api', '/'],
    ['/api/x', '/'],
    ['/api/x/edit', '/api/*/edit'],
    ['/api/x/edit/more', '/api/*/edit'],
    ['/api/x/y/edit', '/'],
    ['/public/secret/x', '/public/secret'],
    ['/only', '/only (exact)'],
    ['/only/x', '/'],
  ]
  for (const [path, expected] of rows) t.equal(matched(from, path), expected, path)
  t.equal(matched(tree('/admin'), '/x'), null, 'what nothing covers is nobody’s')
  t.equal(matched(tree(), '/'), null)
})

t.test('S-019: paths are compared with case', async (t) => {
  for (const path of ['/ADMIN/x', '/Admin/x', '/PUBLIC/x']) {
    t.equal(matched(tree('/admin', '/public'), path), null, path)
  }
})

t.test('S-021: a location covers whole segments', async (t) => {
  const from = tree('/public')
  for (const path of ['/publicity/x', '/public-admin', '/public.bak', '/publi'])
    t.equal(matched(from, path), null, path)
  for (const path of ['/public', '/public/', '/public/x']) t.equal(matched(from, path), '/public', path)
})

t.test('names of objects are segments like any other', async (t) => {
  const from = tree('/*')
  for (const path of ['/__proto__', '/constructor', '/toString']) t.equal(matched(from, path), '/*', path)
  t.equal(matched(tree('/constructor'), '/__proto__'), null)
})

t.test('S-217: the order in the file means nothing', async (t) => {
  const texts = ['/', '/a', '/a/*', '/a/b', '/a/b =', '/*/b', '/*']
  const paths = ['/', '/a', '/a/x', '/a/b', '/a/b/c', '/z/b', '/z', '/z/y']
  const expected = paths.map((path) => matched(tree(...texts), path))
  t.strictSame(expected, ['/', '/a', '/a/*', '/a/b (exact)', '/a/b', '/*/b', '/*', '/*'])
  for (let turn = 0; turn < texts.length; turn += 1) {
    const turned = [...texts.slice(turn), ...texts.slice(0, turn)]
    t.strictSame(
      paths.map((path) => matched(tree(...turned), path)),
      expected,
    )
    t.strictSame(
      paths.map((path) => matched(tree(...turned.toReversed()), path)),
      expected,
    )
  }
})

function faultsOf(...texts: readonly string[]) {
  const built = buildLocationTree(texts.map(location))
  return built.ok ? [] : built.faults
}

t.test(
  'S-217: overlapping without inclusion is an error that names both, a path and the common pattern',
  async (t) => {
    const rows: readonly (readonly [readonly string[], readonly string[]])[] = [
      // locations; path and common pattern of each error
      [['/a/*', '/*/b'], ['/a/b /a/b']],
      [['/a/*', '/*/b', '/a/b'], []],
      [['/a/*', '/*/b', '/a/b ='], ['/a/b /a/b']],
      [['/a', '/*/b'], ['/a/b /a/b']],
      [['/a', '/*/b', '/a/b'], []],
      [['/a', '/*/b ='], ['/a/b /a/b (exact)']],
      [['/a', '/*/b =', '/a/b'], ['/a/b /a/b (exact)']],
      [['/a', '/*/b =', '/a/b ='], []],
      [['/a', '/* ='], ['/a /a (exact)']],
      [['/a', '/* =', '/a ='], []],
      [['/a =', '/*'], []],
      [['/a =', '/* ='], []],
      [['/a', '/*'], []],
      [['/', '/a', '/a/b', '/b =', '/b'], []],
      [['/a/*/c', '/a/b'], ['/a/b/c /a/b/c']],
      [['/a/*/c', '/a/b', '/a/b/c'], []],
      [['/a/*/c/*', '/a/b/*/d'], ['/a/b/c/d /a/b/c/d']],
      [['/*/b/*', '/a'], ['/a/b/x /a/b/*']],
      [['/*/b/*', '/a', '/a/b/*'], []],
      [['/*/b/*', '/a', '/a/b'], ['/a/b/x /a/b/*']],
      [
        ['/*/*/c', '/a/*', '/a/b'],
        ['/a/x/c /a/*/c', '/a/b/c /a/b/c'],
      ],
      [['/a/* =', '/*/b ='], ['/a/b /a/b (exact)']],
      [['/a/* =', '/*/b =', '/a/b ='], []],
      [['/a/*', '/b/*', '/*/c =', '/a/c =', '/b/c ='], []],
      [['/a', '/b/*'], []],
    ]
    for (const [texts, expected] of rows) {
      for (const order of [texts, texts.toReversed()]) {
        const found = faultsOf(...order).map((fault) => {
          return fault.kind === 'overlap' ? `${fault.path} ${patternText(fault.common)}` : fault.kind
        })
        t.strictSame([...found].sort(), [...expected].sort(), order.join(', '))
      }
    }
    const [fault] = faultsOf('/a/*', '/*/b')
    t.strictSame([fault?.first.label, fault?.second.label].sort(), ['/*/b', '/a/*'])
  },
)

t.test(
  'two locations of one pattern are in each other’s way when both lack methods or share one',
  async (t) => {
    const rows: readonly (readonly [readonly string[], readonly (string | null)[]])[] = [
      [['/a', '/a'], [null]],
      [['/a GET', '/a POST'], []],
      [['/a GET', '/a'], []],
      [['/a GET,POST', '/a POST'], ['POST']],
      [['/a GET', '/a HEAD'], ['HEAD']],
      [['/a HEAD', '/a GET'], ['HEAD']],
      [['/a', '/a ='], []],
      [['/', '/'], [null]],
      [['/*/x', '/*/x', '/*/x GET'], [null]],
    ]
    for (const [texts, expected] of rows) {
      const found = faultsOf(...texts).map((fault) =>
        fault.kind === 'duplicate' ? fault.method : fault.kind,
      )
      t.strictSame(found, expected, texts.join(', '))
    }
  },
)

t.test('all faults are told, up to a hundred overlaps', async (t) => {
  t.equal(faultsOf('/a', '/a', '/b', '/b', '/a/*', '/*/c').length, 4)
  const many = Array.from({ length: 300 }, (_, index) => `/a${index}`)
  t.equal(faultsOf('/*/x', ...many).length, 100)
})

t.test('path first, then method: among the locations of that one pattern', async (t) => {
  const locations = ['/a GET', '/a POST,PURGE', '/a'].map(location)
  const chosen = (method: string, among: readonly Location[] = locations): string => {
    const result = chooseMethod(among, method)
    return result.kind === 'location' ? result.location.label : `405 ${result.allow.join(' ')}`
  }
  t.equal(chosen('GET'), '/a [GET]')
  t.equal(chosen('HEAD'), '/a [GET]', 'GET claims HEAD')
  t.equal(chosen('POST'), '/a [POST PURGE]')
  t.equal(chosen('PURGE'), '/a [POST PURGE]')
  t.equal(chosen('DELETE'), '/a')
  const known = 'GET HEAD POST PURGE PUT PATCH DELETE OPTIONS'
  for (const method of ['PROPFIND', 'get', 'TRACE', 'CONNECT', ''])
    t.equal(chosen(method), `405 ${known}`, method)
  t.equal(chosen('POST', [location('/a GET')]), '405 GET HEAD')
  t.equal(chosen('TRACE', [location('/a TRACE,GET')]), '405 GET HEAD', 'never, even where it is listed')
  t.equal(chosen('HEAD', [location('/a HEAD')]), '/a [HEAD]')
  t.equal(chosen('GET', [location('/a HEAD')]), '405 HEAD')
})

t.test('S-085: a method without a location is never taken to a less specific path', async (t) => {
  const from = tree('/', '/admin GET')
  const decided = (method: string): string => {
    const result = chooseMethod(matchLocation(from, ['admin', 'x']) ?? [], method)
    return result.kind === 'location' ? result.location.label : result.kind
  }
  t.equal(decided('HEAD'), '/admin [GET]', 'HEAD is decided as GET')
  t.equal(decided('POST'), 'method-not-allowed')
  t.equal(decided('OPTIONS'), 'method-not-allowed')
})

/** Numbers in [0, below), the same in every run. */
function dice(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

function covers(of: Location, path: readonly string[]): boolean {
  const { segments, exact } = of.pattern
  if (exact ? path.length !== segments.length : path.length < segments.length) return false
  return segments.every((segment, index) => segment === null || segment === path[index])
}

/** Whether every path of `inner` is one of `outer`: tried on paths that stand for all others. */
function includes(outer: Location, inner: Location, paths: readonly (readonly string[])[]): boolean {
  return paths.every((path) => !covers(inner, path) || covers(outer, path))
}

t.test('random locations: the tree agrees with a search for the most specific by inclusion', async (t) => {
  const roll = dice(20261120)
  const letters = ['a', 'b', 'z']
  // Patterns have at most three segments over a and b; z stands for every other name, four segments for all longer.
  const paths: (readonly string[])[] = [[]]
  for (const path of paths) if (path.length < 4) paths.push(...letters.map((letter) => [...path, letter]))
  let [accepted, refused] = [0, 0]
  for (let round = 0; round < 3000; round += 1) {
    const texts = new Set(
      Array.from({ length: 1 + roll(6) }, () => {
        const segments = Array.from({ length: roll(4) }, () => ['a', 'b', '*'][roll(3)])
        return `/${segments.join('/')}${roll(4) === 0 ? ' =' : ''}`
      }),
    )
    const locations = [...texts].map(location)
    const built = buildLocationTree(locations)
    const unclear = paths.find((path) => {
      const covering = locations.filter((one) => covers(one, path))
      return (
        covering.length > 0 &&
        !covering.some((best) => covering.every((other) => includes(other, best, paths)))
      )
    })
    if (!built.ok) {
      refused += 1
      for (const fault of built.faults) {
        const path =
          fault.kind === 'overlap' ? segmentsOf(fault.path.replace('x', 'z').replaceAll('x', 'z')) : []
        const both = covers(fault.first, path) && covers(fault.second, path)
        const nested =
          includes(fault.first, fault.second, paths) || includes(fault.second, fault.first, paths)
        if (!both || nested) t.fail(`${[...texts].join(', ')}: ${JSON.stringify(fault)}`)
      }
      continue
    }
    accepted += 1
    if (unclear !== undefined) t.fail(`${[...texts].join(', ')} is unclear at /${unclear.join('/')}`)
    for (const path of paths) {
      const covering = locations.filter((one) => covers(one, path))
      const best = covering.find((one) => covering.every((other) => includes(other, one, paths)))
      const found = matchLocation(built.tree, path)?.[0]
      if (found !== best)
        t.fail(`${[...texts].join(', ')} at /${path.join('/')}: ${found?.label}, not ${best?.label}`)
    }
  }
  t.ok(accepted > 500 && refused > 500, `${accepted} sets were accepted, ${refused} refused`)
})

/** The same tree, counting the nodes that a walk looks into. */
function counting(node: LocationTree, count: { visits: number }): LocationTree {
  const literal = new Map([...node.literal].map(([segment, child]) => [segment, counting(child, count)]))
  const star = node.star && counting(node.star, count)
  return {
    literal,
    star,
    exact: node.exact,
    get subtree() {
      count.visits += 1
      return node.subtree
    },
  }
}

t.test('matching looks at the path’s own branches, however many locations there are', async (t) => {
  const visitsAmong = (number: number): readonly number[] => {
    const texts = Array.from({ length: number }, (_, index) => `/app${index}/section${index % 7}`)
    const count = { visits: 0 }
    const counted = counting(
      tree(...texts, '/', '/*/*/edit =', ...texts.map((text) => `${text}/edit =`)),
      count,
    )
    return ['/app3/section3', '/app3/section3/edit', '/app3/other/edit', '/nowhere/at/all', '/'].map(
      (path) => {
        count.visits = 0
        matchLocation(counted, segmentsOf(path))
        return count.visits
      },
    )
  }
  const few = visitsAmong(10)
  t.strictSame(visitsAmong(10_000), few)
  t.ok(
    few.every((visits) => visits <= 8),
    few.join(' '),
  )
})

t.test('looking for overlaps grows with the locations, not with their pairs', async (t) => {
  const visitsAmong = (number: number): number => {
    const texts = Array.from({ length: number }, (_, index) => `/team${index % 50}/app${index}`)
    const stars = ['/*/*/edit =', '/* =', '/team1/*/view =', '/team1/*/edit =']
    const wanted = texts.flatMap((text) => [
      `${text}/edit =`,
      ...(text.startsWith('/team1/') ? [`${text}/view =`] : []),
    ])
    const count = { visits: 0 }
    const counted = counting(tree(...texts, ...stars, ...wanted), count)
    t.strictSame(findOverlaps(counted), [])
    return count.visits
  }
  const [few, many] = [visitsAmong(500), visitsAmong(10_000)]
  t.ok(many <= few * 25, `${few} visits for 500, ${many} for 10,000`)
})

t.test('methods that are all of WebDAV have one name for people', async (t) => {
  const all = { segments: ['files'], written: ['files'], exact: false }
  t.equal(labelOf(all, new Set(['GET', ...webdavMethods, 'PUT'])), '/files [GET webdav PUT]')
  const [one = '', ...others] = webdavMethods
  t.equal(labelOf(all, new Set(others)), `/files [${others.join(' ')}]`, one)
})
