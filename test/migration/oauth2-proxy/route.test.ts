// Expressions that nobody would write, and the paths that they open: as oauth2-proxy searches them, and as locations.
import t from 'tap'
import { convertRoute } from '../../../src/migration/oauth2-proxy/route.ts'
import { covers, patternKey } from '../../../src/migration/path-pattern.ts'
import { seeded } from '../../../src/migration/proof/random.ts'

const pieces = [
  ...['/', '/', 'a', 'b', '/a', '/b', '^', '$', '|', '(', ')', '(?:', '.*', '.+', '.', '?', '*', '+', '//'],
  ...[
    '[^/]+',
    '[^/]*',
    '[ab]',
    '\\/',
    '\\.',
    '(/|$)',
    '(/.*)?',
    '/?',
    '$|/',
    '{1}',
    '\\w',
    '(|a)',
    '\\b',
    '%2F',
  ],
]

const names = ['a', 'b', 'ab', 'a.b', 'axb', 'aa']
const paths = ['/', ...names.flatMap((one) => [`/${one}`, ...names.map((other) => `/${one}/${other}`)])]
const asked = paths.flatMap((path) => (path === '/' ? [path] : [path, `${path}/`, `${path}/a`]))

function madeExpression(random: () => number): string {
  const count = 1 + Math.floor(random() * 6)
  const made = Array.from({ length: count }, () => pieces[Math.floor(random() * pieces.length)] ?? '')
  return `${random() < 0.6 ? '^' : ''}${made.join('')}`
}

function otherSlash(path: string): string {
  return path === '/' ? path : path.endsWith('/') ? path.slice(0, -1) : `${path}/`
}

/** What is wider or narrower than the expression without a word; null when nothing is, or it is not converted. */
function fault(expression: string): string | null {
  let matcher: RegExp
  try {
    matcher = new RegExp(expression)
  } catch {
    return null
  }
  const route = convertRoute(expression)
  if (!route.ok) return null
  const named = `${expression} as ${route.patterns.map(patternKey).join(' ')}`
  for (const path of asked) {
    const isCovered = route.patterns.some((pattern) => covers(pattern, path))
    const isMatched = matcher.test(path)
    if (isCovered && !isMatched && !matcher.test(otherSlash(path))) return `${named} opens ${path}`
    if (isCovered && !isMatched && route.more === null) return `${named} opens ${path} without a word`
    if (isMatched && !isCovered && route.less === null) return `${named} closes ${path} without a word`
  }
  return ''
}

t.test('no expression opens more as locations but by a last slash, nor less, without a word', async (t) => {
  const random = seeded(7)
  const faults = Array.from({ length: 100_000 }, () => fault(madeExpression(random))).filter(
    (one) => one !== null,
  )
  t.ok(faults.length > 3000, `${faults.length} expressions are converted`)
  t.same(
    faults.filter((one) => one !== ''),
    [],
  )
  t.equal(fault('^/a(/.*)?'), '', 'what only begins so is told')
})
