import { existsSync, readdirSync, readFileSync } from 'node:fs'
import t from 'tap'
import { casesIn, idsIn } from './cases-in.ts'

// The table in docs/security.md says of every case where it is tested. Here it is held against the tests.

const root = new URL('../../', import.meta.url)
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8')

/** Where the cases of a name of this page may be. */
const pathsOf = (name: string): readonly string[] => [`test/${name}.test.ts`, `test/${name}.ts`, `${name}.ts`]

/** The ids that count in what a name in the table stands for: a test, a folder of cases, a program of `bench/`. */
function casesOf(name: string): ReadonlySet<number> {
  const folder = new URL(`test/${name}/`, root)
  // A case in a folder is a file, whose words are data; the test of the folder asserts each.
  if (existsSync(folder))
    return idsIn(
      readdirSync(folder)
        .map((file) => read(`test/${name}/${file}`))
        .join('\n'),
    )
  const path = pathsOf(name).find((one) => existsSync(new URL(one, root)))
  if (path === undefined) throw new Error(`${name} is no test`)
  return casesIn(path, read(path))
}

const [, table = ''] = /## Case by case\n([\s\S]*?)\n## /.exec(read('docs/security.md')) ?? []
const rows = table.split('\n').filter((line) => line.startsWith('| S-'))

t.test('every case has its row, and one alone', async (t) => {
  const seen = rows.flatMap((row) => [...idsIn(row.split('|')[1] ?? '')])
  const all = Array.from({ length: 256 }, (_, i) => i + 1)
  t.same(seen, all)
})

t.test('each test that a row names has the cases of the row', async (t) => {
  const texts = new Map<string, ReadonlySet<number>>()
  for (const row of rows) {
    const [, ids = '', where = ''] = row.split('|')
    const names = [...where.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name)
    t.ok(names.length > 0 || /not built|decided otherwise|reading/.test(where), row)
    for (const name of names) {
      const known = texts.get(name) ?? casesOf(name)
      texts.set(name, known)
      for (const id of idsIn(ids))
        if (!known.has(id)) t.fail(`${name} has no S-${String(id).padStart(3, '0')}`)
    }
  }
})

t.test('each test that a promise names is there', async (t) => {
  const [, promises = ''] = /## Promises\n([\s\S]*?)\n## /.exec(read('docs/security.md')) ?? []
  const names = [...promises.matchAll(/`([a-z0-9-]+(?:\/[a-z0-9-]+)+)`/g)].map(([, name = '']) => name)
  t.ok(names.length > 150, `${names.length} names`)
  for (const name of names)
    t.ok(
      [`test/${name}`, ...pathsOf(name)].some((one) => existsSync(new URL(one, root))),
      name,
    )
})
