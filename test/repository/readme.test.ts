// What the documentation points to must be there: links rot first. Its examples are tried in docs-examples.test.ts.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'

const root = fileURLToPath(new URL('../../', import.meta.url))
const pages = [
  ...readdirSync(root).filter((name) => name.endsWith('.md')),
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
]

t.test('the first screen of the README is the demo and the tests', async (t) => {
  const [first = ''] = readFileSync(join(root, 'README.md'), 'utf8').split('\n## ')
  t.match(first, 'npm ci && npm run demo')
  t.match(first, 'npm test')
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  t.ok(scripts.demo && scripts.test)
})

t.test('every link of the documentation leads somewhere', async (t) => {
  let links = 0
  for (const page of pages) {
    const text = readFileSync(join(root, page), 'utf8').replace(/```[\s\S]*?```/g, '')
    for (const [, target = ''] of text.matchAll(/(?:\]\(|(?:src|href)=")([^)"\s]+)[)"]/g)) {
      if (/^(?:https?:|mailto:|#)/.test(target)) continue
      links += 1
      t.ok(existsSync(join(root, dirname(page), target.split('#')[0] ?? '')), `${page}: ${target}`)
    }
  }
  t.ok(links > 20, `${links} links were found`)
})

t.test('lines of prose are at most 100 columns wide', async (t) => {
  let lines = 0
  for (const page of pages.filter((page) => !/^docs\/(?:decisions\/|migrating-)|^CHANGELOG/.test(page))) {
    const text = readFileSync(join(root, page), 'utf8').replace(/```[\s\S]*?```/g, '')
    for (const line of text.split('\n')) {
      lines += 1
      // Tables, pictures and addresses cannot be broken.
      if (line.length > 100 && !/^\s*\||^<|\S{90}/.test(line)) t.fail(`${page}: ${line}`)
    }
  }
  t.ok(lines > 1000, `${lines} lines were read`)
})
