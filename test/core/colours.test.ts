import t from 'tap'
import { coloured, coloursFor, plain } from '../../src/core/colours.ts'

t.test('colours are for terminals, and whoever runs the command has the last word', async (t) => {
  const rows: readonly (readonly [Readonly<Record<string, string>>, boolean, boolean])[] = [
    [{}, true, true],
    [{}, false, false],
    [{ TERM: 'xterm-256color' }, true, true],
    [{ TERM: 'dumb' }, true, false],
    [{ NO_COLOR: '1' }, true, false],
    [{ NO_COLOR: 'anything' }, true, false],
    [{ NO_COLOR: '' }, true, true],
    [{ FORCE_COLOR: '1' }, false, true],
    [{ FORCE_COLOR: '' }, false, true],
    [{ FORCE_COLOR: '3', TERM: 'dumb' }, false, true],
    [{ FORCE_COLOR: '0' }, true, false],
    [{ FORCE_COLOR: 'false' }, true, false],
    [{ FORCE_COLOR: '1', NO_COLOR: '1' }, false, true],
  ]
  for (const [env, isTerminal, wanted] of rows) {
    t.equal(coloursFor(env, isTerminal), wanted ? coloured : plain, JSON.stringify([env, isTerminal]))
  }
})

t.test('a colour ends with the text, and no other is touched', async (t) => {
  for (const [name, paint] of Object.entries(coloured)) {
    t.match(paint('x'), /^\u001b\[\d+mx\u001b\[\d+m$/, name)
  }
  for (const paint of Object.values(plain)) t.equal(paint('x'), 'x')
})
