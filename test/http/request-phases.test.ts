import { existsSync, readFileSync } from 'node:fs'
import t from 'tap'
import { allowReasons, challengeReasons, denyReasons, rejectReasons } from '../../src/core/reason.ts'
import { requestPhases } from '../../src/http/request-phases.ts'
import { breakLines } from '../../src/reference/prose.ts'
import { toRequestPage } from '../../src/reference/request-page.ts'

const root = new URL('../../', import.meta.url)

t.test('docs/request.md is what is written from the phases', async (t) => {
  const page = readFileSync(new URL('docs/request.md', root), 'utf8')
  t.equal(page, breakLines(toRequestPage()), 'run npm run generate')
})

t.test('the page names exactly these phases, in their order', async (t) => {
  const page = readFileSync(new URL('docs/request.md', root), 'utf8')
  const headings = [...page.matchAll(/^## (\d+)\. (.+)$/gm)].map(([, number, name]) => `${number} ${name}`)
  t.same(
    headings,
    requestPhases.map(({ name }, at) => `${at + 1} ${name}`),
  )
})

t.test('a phase stands in files that are there', async (t) => {
  for (const { name, files } of requestPhases) {
    t.ok(files.length > 0, name)
    for (const file of files) t.ok(existsSync(new URL(`src/${file}`, root)), `${name}: ${file}`)
  }
})

t.test('every reason of a decision ends a request in some phase', async (t) => {
  const told = new Set<string>(requestPhases.flatMap(({ endsWith }) => endsWith))
  const all = [allowReasons, challengeReasons, denyReasons, rejectReasons].flatMap(Object.keys)
  t.same([...told].toSorted(), all.toSorted())
})
