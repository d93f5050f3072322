// Whatever serves reads bytes of strangers, so each of its regular expressions must take time in proportion to the
// text, whatever the text is. Time is not measured: scslre looks for the shapes that take more. `Self` and `Trade` are
// repetitions that can share the same characters; `Move` is one that is tried anew from each place, as / +$/ is.
import { fileURLToPath } from 'node:url'
import { full } from 'acorn-walk'
import { analyse } from 'scslre'
import t from 'tap'
import { lineAt, listSources, readSource } from '../measure/source.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const serving = ['core', 'http', 'runtime', 'oidc', 'store', 'upstream']
const sources = serving
  .flatMap((module) => listSources(root, `src/${module}`))
  .map((path) => readSource(root, path))

interface Expression {
  readonly place: string
  readonly source: string
  readonly flags: string
}

function expressions(): readonly Expression[] {
  const found: Expression[] = []
  for (const { path, text, program } of sources) {
    full(program, (node) => {
      if (node.type !== 'Literal' || !('regex' in node)) return
      const { pattern, flags } = node.regex as { readonly pattern: string; readonly flags: string }
      found.push({ place: `${path}:${lineAt(text, node.start)}`, source: pattern, flags })
    })
  }
  return found
}

/** What may take more than linear time; each report is a shape and the character that makes it long. */
function slowShapes(source: string, flags: string): readonly string[] {
  const reportTypes = { Move: true, Self: true, Trade: true }
  return analyse({ source, flags }, { reportTypes }).reports.map(({ type }) => type)
}

t.test('the check knows the shapes that it looks for', async (t) => {
  for (const slow of [
    '^[ \\t]+|[ \\t]+$',
    '^ +| +$|[^ -$&-~]',
    '\\s*,\\s*$',
    '(?:a+)+$',
    '^a*b*a*$',
    'a.*b.*c$',
  ]) {
    t.not(slowShapes(slow, '').length, 0, slow)
  }
  for (const linear of ['^[ \\t]+', '[^ -$&-~]', '^(?:\\d{1,3}\\.){3}\\d{1,3}$', '^[^;]*;[^;]*$']) {
    t.same(slowShapes(linear, 'u'), [], linear)
  }
})

t.test('each regular expression of what serves takes linear time', async (t) => {
  const found = expressions()
  t.ok(found.length > 60, `${found.length} expressions were read`)
  for (const { place, source, flags } of found) {
    t.same(slowShapes(source, flags), [], `${place} /${source}/${flags}`)
  }
})

t.test('and none is made of a text at run time', async (t) => {
  for (const { path, text } of sources) t.notMatch(text, /\bRegExp\(/, path)
})
