/**
 * Texts that an expression probably matches: by each of its alternatives, with repetitions at their least and beyond.
 * Reads what people write in rules; of anything else the answers match nothing, and the judge says so.
 */
export function samplesOf(expression: string): readonly string[] {
  const made = Array.from({ length: mostAlternatives }, (_, choice) => sampleOf(expression, choice))
  return [...new Set([...made, sampleOf(expression, 0, 2)])]
}

const mostAlternatives = 12

/** One of them: of every choice the one of that number, or its last; repetitions so often beyond their least. */
export function sampleOf(expression: string, choice = 0, beyond = 0): string {
  return alternatives({ text: expression, at: 0, choice, beyond })
}

interface Cursor {
  readonly text: string
  readonly choice: number
  readonly beyond: number
  at: number
}

function alternatives(cursor: Cursor): string {
  const made = [sequence(cursor)]
  while (cursor.text[cursor.at] === '|') {
    cursor.at += 1
    made.push(sequence(cursor))
  }
  return made[Math.min(cursor.choice, made.length - 1)] ?? ''
}

function sequence(cursor: Cursor): string {
  let made = ''
  while (cursor.at < cursor.text.length) {
    const next = cursor.text[cursor.at]
    if (next === '|' || next === ')') break
    const piece = atom(cursor)
    made += piece.repeat(leastOf(cursor))
  }
  return made
}

function atom(cursor: Cursor): string {
  const character = cursor.text[cursor.at] ?? ''
  cursor.at += 1
  switch (character) {
    case '(': {
      skip(cursor, /\?(?:P?<\w+>|[a-z-]*:?)/y)
      const inner = alternatives(cursor)
      cursor.at += 1
      return inner
    }
    case '[':
      return classOf(cursor)
    case '\\':
      return escapeOf(cursor)
    case '^':
    case '$':
      return ''
    case '.':
      return 'x'
    default:
      return character
  }
}

const candidates = 'ax1-_A. @'

function classOf(cursor: Cursor): string {
  const end = cursor.text.indexOf(']', cursor.at + 1)
  const body = cursor.text.slice(cursor.at, end)
  cursor.at = end === -1 ? cursor.text.length : end + 1
  if (!body.startsWith('^'))
    return body.startsWith('\\') ? escapeOf({ ...cursor, text: body, at: 1 }) : (body[0] ?? '')
  return [...candidates].find((character) => !body.includes(character)) ?? 'x'
}

const classes: Readonly<Record<string, string>> = { d: '1', w: 'x', s: ' ', D: 'x', W: '-', S: 'x', b: '' }

function escapeOf(cursor: Cursor): string {
  const character = cursor.text[cursor.at] ?? ''
  cursor.at += 1
  return classes[character] ?? (/[AzQE]/.test(character) ? '' : character)
}

/** The least number of repetitions that what follows asks for. */
function leastOf(cursor: Cursor): number {
  const found = skip(cursor, /(?:[*?+]|\{(\d+)(?:,\d*)?\})\??/y)
  if (found === null) return 1
  if (found[1] !== undefined) return Math.min(Number(found[1]), 1000)
  if (found[0].startsWith('?')) return Math.min(cursor.beyond, 1)
  return (found[0].startsWith('+') ? 1 : 0) + cursor.beyond
}

function skip(cursor: Cursor, pattern: RegExp): RegExpExecArray | null {
  pattern.lastIndex = cursor.at
  const found = pattern.exec(cursor.text)
  if (found !== null) cursor.at = pattern.lastIndex
  return found
}
