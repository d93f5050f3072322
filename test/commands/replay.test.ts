import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { command } from '../../src/commands/replay.ts'
import { eventFields } from '../../src/core/event.ts'
import { runIn } from './run.ts'

const folder = mkdtempSync(join(tmpdir(), 'claimgate-replay-'))
t.teardown(() => rmSync(folder, { recursive: true, force: true }))

const rules = (locations: string) => `trusted_proxies: none
providers:
  op: { issuer: "https://op.example.com", client_id: c, client_secret: "\${env:CLIENT_SECRET}" }
apps:
  wiki:
    url: https://wiki.example.com
    upstream: http://10.0.0.5:5000
    require: signed_in
    locations:
${locations}`
const old = rules(`      - { path: /public, require: anyone }
      - { path: /admin, require: { groups: [admins, ops] } }
      - { path: /office, require: { client_ip: 192.0.2.0/24 } }
`)
const env = { CLIENT_SECRET: 'canary-aaaaa-bbbbb-ccccc-ddddd-eeeee' }

type Line = Readonly<Record<string, unknown>>

const line = (path: string, decision: string, reason: string, more: Line = {}): Line => ({
  level: 'info',
  time: '2026-01-01T00:00:00.000Z',
  event: 'request',
  request_id: `id-of-${path}`,
  method: 'GET',
  host: 'wiki.example.com',
  path,
  app: 'wiki',
  decision,
  reason,
  status: 200,
  ...more,
})
const by = (subject: string) => ({ subject, provider: 'op' })

/** What the old rules wrote of some people. */
const log: readonly Line[] = [
  line('/public/a', 'allow', 'open-to-anyone'),
  line('/', 'challenge', 'no-session'),
  line('/', 'allow', 'rule-met', by('alice')),
  line('/admin', 'allow', 'rule-met', by('adam')),
  line('/admin', 'deny', 'rule-not-met', by('alice')),
  line('/office', 'deny', 'client-address', { client: '198.51.100.7' }),
  line('/nowhere', 'reject', 'method-not-allowed', { method: 'PROPFIND' }),
  { level: 'info', event: 'gateway.started', host: '0.0.0.0', port: 8080 },
  line('/', 'reject', 'websocket-disabled'),
]

async function replay(
  now: string,
  args: readonly string[] = [],
  lines: readonly (Line | string)[] = log,
  claims: unknown = null,
) {
  writeFileSync(join(folder, 'claimgate.yaml'), now)
  writeFileSync(join(folder, 'old.yaml'), old)
  const text = lines.map((one) => (typeof one === 'string' ? one : JSON.stringify(one))).join('\n')
  writeFileSync(join(folder, 'access.jsonl'), `${text}\n`)
  if (claims !== null) writeFileSync(join(folder, 'claims.json'), JSON.stringify(claims))
  const ran = await runIn(command, ['--log', 'access.jsonl', ...args], { cwd: folder, env })
  return { ...ran, json: () => JSON.parse(ran.stdout) }
}

/** How each request of the log ends, by its place in the JSON's sums. */
async function sums(...given: Parameters<typeof replay>): Promise<Readonly<Record<string, number>>> {
  const [now, args = [], lines, claims] = given
  const told = (await replay(now, [...args, '--json'], lines, claims)).json()
  const total: Record<string, number> = {}
  for (const { place: _, ...counts } of told.places) {
    for (const [kind, count] of Object.entries(counts)) total[kind] = (total[kind] ?? 0) + Number(count)
  }
  return total
}

t.test('the lines here have the fields of the log', async (t) => {
  const known: readonly string[] = ['level', 'time', 'event', ...eventFields.request]
  for (const one of log.slice(0, 7)) for (const field of Object.keys(one)) t.ok(known.includes(field), field)
})

t.test('the rules that wrote a log change nothing in it; claims stay unknown without help', async (t) => {
  const { code, stdout } = await replay(old, ['--expect-none'])
  t.equal(code, 0)
  t.match(stdout, 'No request of 7 is known to end otherwise.')
  t.match(stdout, /2: claims are not in a log.*--claims-of/)
  t.match(stdout, '1 left out: decided by headers')
  t.match(stdout, '1 line is no access line.')
  t.match(await sums(old, ['--old', 'old.yaml']), { same: 7, 'cannot-be-told': 0 })
})

t.test('people who were not signed in are judged in full', async (t) => {
  const now = rules(`      - { path: /public, require: signed_in }
      - { path: /office, require: { client_ip: 198.51.100.0/24 } }
      - { path: /, require: anyone, exact: true }
`)
  const told = (await replay(now, ['--json'])).json()
  t.match(
    told.examples.filter(({ kind }: { kind: string }) => kind === 'now-let-in'),
    [{ path: '/', before: { reason: 'no-session' }, after: { decision: 'allow', reason: 'open-to-anyone' } }],
  )
  t.match(
    told.examples.find(({ kind }: { kind: string }) => kind === 'answered-otherwise'),
    { path: '/office', before: { decision: 'deny' }, after: { decision: 'challenge', reason: 'no-session' } },
  )
  t.equal(
    told.untold.asker,
    1,
    'at an open location nobody was looked up: who asked for /public is not known',
  )
})

t.test('of signed-in people what holds for anybody’s claims', async (t) => {
  const admin = log.slice(3, 5)
  const at = (rule: string) => rules(`      - { path: /admin, require: ${rule} }\n`)
  t.match(await sums(at('nobody'), [], admin), { 'now-refused': 1, same: 1 })
  t.match(await sums(at('anyone'), [], admin), { same: 1, 'now-let-in': 1 })
  t.match(await sums(at('signed_in'), [], admin), { same: 1, 'now-let-in': 1 })
  t.match(await sums(at('{ groups: admins }'), [], admin), { 'cannot-be-told': 2 })
  const other = [line('/admin', 'allow', 'rule-met', { subject: 'x', provider: 'gone' })]
  t.match(await sums(at('{ groups: admins }'), [], other), { 'now-refused': 1 }, 'a provider that is gone')
})

t.test('a rule that is false for everybody from an address refuses whoever it was', async (t) => {
  const now = rules('      - { path: /admin, require: { client_ip: 192.0.2.0/24, groups: a } }\n')
  const outside = [line('/admin', 'allow', 'rule-met', { ...by('adam'), client: '198.51.100.1' })]
  const inside = [line('/admin', 'allow', 'rule-met', { ...by('adam'), client: '192.0.2.1' })]
  t.match(await sums(now, [], outside), { 'now-refused': 1 })
  t.match(await sums(now, [], inside), { 'cannot-be-told': 1 })
})

t.test('with the old rules what follows from more and from fewer being let in', async (t) => {
  const admin = log.slice(3, 5)
  const at = (rule: string) => rules(`      - { path: /admin, require: ${rule} }\n`)
  const withOld = ['--old', 'old.yaml']
  t.match(await sums(at('{ groups: [ops, admins, root] }'), withOld, admin), { same: 1, 'cannot-be-told': 1 })
  t.match(await sums(at('{ groups: admins }'), withOld, admin), { same: 1, 'cannot-be-told': 1 })
  const told = (await replay(at('{ groups: [admins, ops, root] }'), [...withOld, '--json'], admin)).json()
  t.match(told.examples, [{ subject: 'alice', kind: 'cannot-be-told' }], 'who was let in is let in still')
})

t.test('with claims everybody is judged in full', async (t) => {
  const now = rules('      - { path: /admin, require: { groups: [admins, staff] } }\n')
  const claims = { adam: { groups: ['ops'] }, alice: { groups: ['staff'] } }
  const { code, stdout } = await replay(
    now,
    ['--claims-of', 'claims.json', '--expect-none'],
    log.slice(3, 5),
    claims,
  )
  t.equal(code, 1)
  t.match(stdout, /wiki \/admin +0 +1 +1 +0 +0/)
  t.match(stdout, /now refused +GET wiki\.example\.com\/admin +adam of op +allow \(rule-met\) → deny/)
  t.match(stdout, '1 of 2 requests would be refused, 1 be let in that were not.')
})

t.test('S-203: a log is data: what it holds steers nothing and breaks nothing', async (t) => {
  const hostile = [
    'no json',
    '{"event":"request"}',
    'wiki-1 | {"event":"request","method":"GET","host":"wiki.example.com","path":"/","decision":"challenge","reason":"no-session"}',
    line('//evil', 'allow', 'rule-met', { host: 'a b/../c' }),
    line('x', 'allow', 'rule-met'),
    line('/', 'allow', 'rule-met', { method: 'get it' }),
    line('/\u001b[31m', 'allow', 'rule-met', by('\u001b[31m')),
    line('/', 'allow', 'rule-met', { host: 'other.example.com', subject: 3 }),
    '[]',
    'null',
  ]
  const { code, stdout } = await replay(old, [], hostile)
  t.equal(code, 0)
  t.notMatch(stdout, '\u001b')
  t.match(stdout, '3 left out')
  t.match(stdout, '4 lines are no access lines.')
})

t.test('the log may come from the standard input', async (t) => {
  writeFileSync(join(folder, 'claimgate.yaml'), old)
  let stdout = ''
  const code = await command.run(['--log', '-'], {
    stdout: (text) => {
      stdout += text
    },
    stderr: (text) => t.fail(text),
    stdin: async () => log.map((one) => JSON.stringify(one)).join('\n'),
    env,
    cwd: folder,
  })
  t.equal(code, 0)
  t.match(stdout, 'No request of 7 is known to end otherwise.')
})

t.test('usage, faults and unreadable files are status 2', async (t) => {
  t.equal((await replay(old.replace('anyone', 'x'))).code, 2)
  t.match(await replay(old, ['--claims-of', 'no.json']), { code: 2, stderr: /no\.json cannot be read/ })
  t.match(await replay(old, ['--claims-of', 'claims.json'], log, ['x']), {
    code: 2,
    stderr: /is no object of claims/,
  })
  t.equal((await replay(old, ['--old', 'no.yaml'])).code, 2)
  const run = (args: readonly string[]) => runIn(command, args, { cwd: folder, env })
  t.match(await run([]), { code: 2, stderr: /--log FILE/ })
  writeFileSync(join(folder, 'claimgate.yaml'), old)
  t.match(await run(['--log', 'no.jsonl']), { code: 2, stderr: /no\.jsonl cannot be read/ })
  t.equal((await run(['--help'])).code, 0)
})
