// What is coloured on a terminal, and that nothing else changes.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { runCommand } from '../../src/cli.ts'
import { coloured } from '../../src/core/colours.ts'
import { runOnTerminal } from '../support/terminal.ts'
import { runIn } from './run.ts'

const folder = mkdtempSync(join(tmpdir(), 'claimgate-colours-'))
t.teardown(() => rmSync(folder, { recursive: true, force: true }))

const rules = (admins: string) => `
providers: { op: { issuer: "https://id.example.com", client_id: x, client_secret: a-secret-of-a-client-of-a-provider } }
apps:
  wiki:
    url: https://wiki.example.com
    upstream: http://127.0.0.1:5000
    require: signed_in
    locations: [{ path: /admin, require: { groups: ${admins} } }, { path: /old, require: { groups: [a, b] } }]
tests:
  - { as: { sub: ada, groups: [admins] }, request: "GET https://wiki.example.com/admin", expect: allow }
  - { as: { sub: ada, groups: [admins] }, request: "GET https://wiki.example.com/old", expect: allow }
`
writeFileSync(join(folder, 'claimgate.yaml'), rules('admins'))
writeFileSync(join(folder, 'new.yaml'), rules('ops'))
writeFileSync(
  join(folder, 'log.jsonl'),
  '{"event":"request","request_id":"r-1","decision":"deny","reason":"rule-not-met"}\n',
)
/** Somebody who would like to be green. */
const claims = JSON.stringify({ sub: 'ada', groups: ['\u001b[32mhit\u001b[39m', 'loses access'] })

const questions: readonly (readonly [readonly string[], readonly string[]])[] = [
  [
    ['explain', '--url', 'https://wiki.example.com/admin', '--claims', '-'],
    [coloured.bad('  denied: rule-not-met'), coloured.bad('→ miss'), coloured.strong('Conditions')],
  ],
  [
    ['explain', '--url', 'https://wiki.example.com/', '--claims', '-'],
    [coloured.good('  allowed: rule-met')],
  ],
  [
    ['explain', '--url', 'https://wiki.example.com/', '--anonymous'],
    [coloured.doubtful('  sign-in: no-session')],
  ],
  [['explain', '--log', 'log.jsonl', '--request-id', 'r-1'], [coloured.bad('  denied: rule-not-met')]],
  [
    ['test'],
    [
      coloured.bad('FAIL'),
      coloured.bad('1 test failed'),
      coloured.good('1 test passed'),
      coloured.bad('miss'),
    ],
  ],
  [['test', '--mutate'], [coloured.doubtful('2 of 10 changes')]],
  [
    ['diff', 'claimgate.yaml', 'new.yaml'],
    [coloured.bad('loses access'), coloured.good('gains access')],
  ],
]

const ask = (args: readonly string[], more: { terminal?: boolean; env?: Readonly<Record<string, string>> }) =>
  runIn({ run: runCommand }, args, { cwd: folder, stdin: claims, ...more })

const bare = (text: string) => text.replace(/\u001b\[\d+m/g, '')

t.test('on a terminal the words that decide are coloured, and the text is the same', async (t) => {
  for (const [args, wanted] of questions) {
    const name = args.join(' ')
    const plainly = await ask(args, {})
    const shown = await ask(args, { terminal: true })
    t.notMatch(plainly.stdout, '\u001b', name)
    t.equal(bare(shown.stdout), plainly.stdout, name)
    for (const part of wanted) t.ok(shown.stdout.includes(part), `${name}: ${JSON.stringify(part)}`)
  }
})

t.test('NO_COLOR, a file and --json have no colour; FORCE_COLOR has it anywhere', async (t) => {
  for (const [args] of questions) {
    const name = args.join(' ')
    t.notMatch((await ask(args, { terminal: true, env: { NO_COLOR: '1' } })).stdout, '\u001b', name)
    t.notMatch((await ask([...args, '--json'], { terminal: true })).stdout, '\u001b', name)
    t.match((await ask(args, { env: { FORCE_COLOR: '1' } })).stdout, '\u001b[', name)
  }
})

t.test('what a provider says has no colour of its own', async (t) => {
  const { stdout } = await ask(['explain', '--url', 'https://wiki.example.com/admin', '--claims', '-'], {
    terminal: true,
  })
  t.notOk(stdout.includes(coloured.good('hit')), stdout)
  t.ok(stdout.includes('\\u{1b}'), 'it is shown escaped')
})

t.test('the program itself, on a terminal', async (t) => {
  const program = fileURLToPath(new URL('../../bin/claimgate.js', import.meta.url))
  const line = `'${process.execPath}' '${program}' diff claimgate.yaml new.yaml`
  const { code, output } = await runOnTerminal(line, { cwd: folder })
  t.equal(code, 0, output)
  t.ok(output.includes(coloured.bad('loses access')), output)
  const piped = await runOnTerminal(`${line} | cat`, { cwd: folder })
  t.notMatch(piped.output, coloured.bad('loses access').slice(0, 5))
  t.match(piped.output, /^ {2}loses access /m)
})
