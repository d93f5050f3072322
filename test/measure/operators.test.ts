import t from 'tap'
import { mutantsOf, mutatedText } from './operators.ts'
import { parseSource } from './source.ts'

/** A source, and what its mutants look like. */
const cases: readonly (readonly [source: string, mutants: readonly string[]])[] = [
  ['close(x)', [';']],
  ['a = b', [';']],
  ['if (a) b()', ['if (true) b()', 'if (false) b()', 'if (a) ;']],
  ['const x = a ? 1 : 2', ['const x = true ? 1 : 2', 'const x = false ? 1 : 2']],
  ['while (a) {}', ['while (false) {}']],
  ['const x = a && b', ['const x = a', 'const x = b']],
  ['const x = a ?? b', ['const x = a', 'const x = b']],
  ['const x = a === b', ['const x = a !== b']],
  ['const x = a < b', ['const x = a <= b', 'const x = a >= b']],
  ['const x = a * (b - c)', ['const x = a / (b - c)', 'const x = a * (b + c)']],
  [
    'const x = (a || b) && c',
    ['const x = (a || b)', 'const x = c', 'const x = (a) && c', 'const x = (b) && c'],
  ],
  ['const x = a + b', ['const x = a - b']],
  ["const x = a + ' '", []],
  ['const x = !a', ['const x = (a)']],
  ['const x = true', ['const x = false']],
  ["const x = 'Lax'", ["const x = ''"]],
  ["const x = 'a sentence for people'", []],
  ["import x from 'here'", []],
  ['type A = "x" | true', []],
  ['const f = (a: string): A => g(a)', ['const f = (a: string): A => undefined']],
  ['function f(): A { throw x }', ['function f(): A { ; }']],
  ['function f(): A { return g() }', ['function f(): A { return undefined }']],
  ['const x = a.filter(b).length', ['const x = a.length']],
  ['const x = a.some(b)', ['const x = a.every(b)']],
  ['const x = [a, b]', ['const x = []']],
  ['let x = a; x += 1', ['let x = a; ;', 'let x = a; x -= 1']],
]

t.test('a source and its mutants', async (t) => {
  for (const [text, mutants] of cases) {
    const source = parseSource('x.ts', text)
    t.same(
      mutantsOf(source)
        .map((mutant) => mutatedText(text, mutant))
        .sort(),
      [...mutants].sort(),
      text,
    )
  }
})

t.test('types and other letters move no offset', async (t) => {
  const text = 'const a: Record<"ä→😀", string> = b as unknown as "…"\nf(a)\n'
  const [mutant] = mutantsOf(parseSource('x.ts', text))
  t.match(mutant, { line: 2, start: text.indexOf('f(a)'), replacement: ';' })
})
