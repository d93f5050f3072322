// What people copy from the documentation must work, and what it points to must be there: examples and links rot first.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { printIssue } from '../../src/config/issue.ts'
import { loadGatewayFromText } from '../../src/config/load.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const pages = [
  ...readdirSync(root).filter((name) => name.endsWith('.md')),
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
]

t.test('the smallest file of the README is a good one', async (t) => {
  const text = readFileSync(join(root, 'README.md'), 'utf8')
  const yaml = /```yaml\n# claimgate\.yaml\n([\s\S]*?)```/.exec(text)?.[1] ?? ''
  t.match(yaml, 'require: signed_in')
  t.same(faultsOf(yaml), [])
})

t.test('every example of the page on rules is a good one', async (t) => {
  const text = readFileSync(join(root, 'docs/rules.md'), 'utf8')
  const examples = [...text.matchAll(/```yaml\n([\s\S]*?)```/g)].map((found) => found[1] ?? '')
  t.ok(examples.length > 10, `${examples.length} examples were found`)
  for (const example of examples) t.same(faultsOf(whole(example)), [], example)
})

/** An example as a whole file: what it leaves out is added. */
function whole(example: string): string {
  const provider =
    'providers:\n  acme: { issuer: "https://login.example.com", client_id: x, client_secret: a-client-secret }\n'
  if (/^providers:/m.test(example)) return example
  if (/^apps:/m.test(example)) return provider + example
  const app = 'apps:\n  wiki:\n    url: https://wiki.example.com\n    upstream: http://10.0.0.5:5000\n'
  return provider + app + example.replace(/^/gm, '    ')
}

function faultsOf(yaml: string): readonly string[] {
  const loaded = loadGatewayFromText(yaml, {
    file: 'example.yaml',
    folder: root,
    env: {
      GOOGLE_CLIENT_SECRET: 'a-client-secret',
      STAFF_SECRET: 'one-secret',
      PARTNER_SECRET: 'another-one',
    },
    readFile: () => ({ ok: false, reason: 'no file is needed' }),
  })
  return loaded.ok ? [] : loaded.issues.map(printIssue)
}

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
