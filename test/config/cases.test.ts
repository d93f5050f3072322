import { globSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { printIssue } from '../../src/config/issue.ts'
import { loadGatewayFromText } from '../../src/config/load.ts'
import { canaries, surroundings } from './surroundings.ts'

/**
 * Golden files: a configuration, a line of `=====`, then what is said of it. Lines before the first `=` may begin
 * with `# S-…`: the cases of docs/security.md that the file is. `warning` marks what does not stop the start; `ok` is
 * a file without faults.
 */
const separator = '\n=====\n'

for (const path of globSync(fileURLToPath(new URL('./cases/*.txt', import.meta.url))).toSorted()) {
  const [text = '', expected = ''] = readFileSync(path, 'utf8').split(separator)
  const cases = [...new Set(text.match(/S-\d{3}/g) ?? [])].join(', ')
  const name = basename(path, '.txt').replaceAll('-', ' ')
  t.test(cases === '' ? name : `${cases}: ${name}`, async (t) => {
    const said = saidOf(text)
    t.same(said.split('\n'), expected.trimEnd().split('\n'))
    for (const canary of canaries) t.notMatch(said, canary, 'no value of a secret is printed')
  })
}

t.test('there are many cases', async (t) => {
  const files = globSync(fileURLToPath(new URL('./cases/*.txt', import.meta.url)))
  const faults = files.flatMap(
    (path) =>
      readFileSync(path, 'utf8')
        .split(separator)[1]
        ?.match(/^-|^\d/gm) ?? [],
  )
  t.ok(faults.length >= 60, `${faults.length} faults`)
})

function saidOf(text: string): string {
  const loaded = loadGatewayFromText(text, surroundings)
  if (!loaded.ok) return loaded.issues.map((issue) => told(printIssue(issue))).join('\n')
  return ['ok', ...loaded.warnings.map((warning) => `warning ${told(printIssue(warning))}`)].join('\n')
}

/** Without the file's name; `-` for what has no place. */
function told(printed: string): string {
  return printed
    .replace(/^claimgate\.yaml:?(?=[\d ])/, '')
    .replace(/^ /, '')
    .replace(/^(?!\d)/, '- ')
}
