// Request targets drawn from pieces that readers of paths disagree about. Seeded: the same seed gives the same list.

/** A small generator of numbers in [0, 1): xorshift32. Good enough to vary tests, for nothing else. */
export function seeded(seed: number): () => number {
  let state = seed | 0 || 1
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 2 ** 32
  }
}

const words = ['a', 'b', 'z', 'admin', 'public', 'x1', 'Q', '~', '-_', '.well-known', 'a.b', '...']
const separators = ['/', '/', '/', '/', '//']
const dots = ['.', '..', '%2e', '%2E%2e', '.%2E', '..;', '.;x']
const escapes = [
  ...[
    '%61',
    '%41',
    '%7e',
    '%2d',
    '%20',
    '%40',
    '%c3%a9',
    '%C3%89',
    '%e2%80%8b',
    '%EF%BC%8E',
    '%22',
    '%5b',
    '%7C',
  ],
  ...[
    '%2f',
    '%2F',
    '%5c',
    '%5C',
    '%23',
    '%3f',
    '%3F',
    '%3b',
    '%3B',
    '%25',
    '%252f',
    '%2561',
    '%25zz',
    '%25%36%31',
  ],
  ...[
    '%00',
    '%0a',
    '%0D',
    '%1f',
    '%7f',
    '%c2%85',
    '%ff',
    '%c0%ae',
    '%ed%a0%80',
    '%f0%9f%98%80',
    '%',
    '%z',
    '%4',
  ],
]
const raw = [
  ';',
  ';x=1',
  '[',
  ']',
  '|',
  '{',
  '}',
  '^',
  '`',
  '"',
  '<',
  '>',
  '\\',
  '#',
  'é',
  '@',
  ':',
  '!',
  "'",
  '(',
  '*',
]
const queries = [
  '',
  '',
  '',
  '?',
  '?a=b',
  '?a=b?c=d&a=%2e%2e/..',
  '?%00=%zz&&;',
  '?x=/public/../',
  '?q#y',
  '?{|}\\^`',
]

const ambiguous = [
  ...['%2f', '%252F', '%25252f', ';', ';x', '%3b', '%253B', '%23', '%2523', '%3f', '%253F', '//', '/'],
  ...['%2561', '%252561', '%25c3%25a9', '/', '/', '/'],
]
const names = ['admin', 'public', 'a', 'adm%2569n', 'open', '.x']

/** `count` targets that servers may read in several ways, most of them in two to four. */
export function generateAmbiguous(count: number, seed: number): string[] {
  const random = seeded(seed)
  const pick = (list: readonly string[]): string => list[Math.floor(random() * list.length)] ?? ''
  return Array.from({ length: count }, () => {
    let text = '/'
    const pieces = 1 + Math.floor(random() * 3)
    for (let i = 0; i < pieces; i++) text += pick(names) + pick(ambiguous)
    return text + (random() < 0.5 ? pick(names) : '') + pick(queries)
  })
}

/** `count` targets, most of them beginning with `/`; about a third are readable. */
export function generateTargets(count: number, seed: number): string[] {
  const random = seeded(seed)
  const pick = (list: readonly string[]): string => list[Math.floor(random() * list.length)] ?? ''
  const piece = (): string => {
    const kind = random()
    if (kind < 0.5) return pick(words)
    if (kind < 0.6) return pick(dots)
    if (kind < 0.85) return pick(escapes)
    return pick(raw)
  }
  const target = (): string => {
    let text = random() < 0.98 ? '/' : ''
    const pieces = Math.floor(random() * 6)
    for (let i = 0; i < pieces; i++) text += piece() + (random() < 0.5 ? pick(separators) : '')
    return text + pick(queries)
  }
  return Array.from({ length: count }, target)
}
