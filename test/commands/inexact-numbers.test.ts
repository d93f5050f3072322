// Numbers that no double holds: wherever a command reads one, it is told as it was written or judged unknown, as the
// gateway judges it. Never is another number taken for it.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { command as explain } from '../../src/commands/explain.ts'
import { command as replay } from '../../src/commands/replay.ts'
import { command as test } from '../../src/commands/test.ts'
import { command as what } from '../../src/commands/what.ts'
import { runIn } from './run.ts'

const folder = mkdtempSync(join(tmpdir(), 'claimgate-numbers-'))
t.teardown(() => rmSync(folder, { recursive: true, force: true }))

writeFileSync(
  join(folder, 'claimgate.yaml'),
  `
providers:
  op: { issuer: "https://op.example.com", client_id: gate, client_secret: a-client-secret }
apps:
  wiki:
    url: https://wiki.example.com
    upstream: http://10.0.0.5:5000
    require: signed_in
    identity_headers: { X-Forwarded-User: user }
    locations:
      - { path: /level, require: { level: { at_least: 3 } } }
      - { path: /not, require: { none: [{ level: 3 }] } }
      - { path: /told, require: signed_in, identity_headers: { X-Level: level } }
`,
)

const beyond = '9007199254740993'
const claims = (level: string) => `{"sub": "alice", "level": ${level}}`

const explained = async (path: string, level: string, args: readonly string[] = ['--json']) => {
  const all = ['--url', `https://wiki.example.com${path}`, '--claims', '-', ...args]
  return runIn(explain, all, { cwd: folder, stdin: claims(level) })
}

t.test('explain judges a claim beyond 2^53-1 as the gateway does, and says so', async (t) => {
  for (const path of ['/level', '/not']) {
    const { stdout } = await explained(path, beyond)
    const { conditions } = JSON.parse(stdout)
    const onLevel = conditions.find(({ truth }: { truth: unknown }) => truth === 'unknown')
    t.match(JSON.parse(stdout), { outcome: 'denied', reason: 'rule-not-met' }, path)
    t.match(onLevel, { blocks: true, actual: /\(beyond 2\^53-1\)/ }, path)
    t.match(JSON.parse((await explained(path, '4')).stdout), { outcome: 'allowed' }, path)
  }
})

t.test('explain sends no header of such a claim', async (t) => {
  const { stdout } = await explained('/told', beyond)
  t.match(JSON.parse(stdout), {
    outcome: 'denied',
    reason: 'identity-unsendable',
    sentence: /X-Level would be a number beyond 2\^53-1/,
    upstream_headers: null,
  })
})

t.test('what judges it so too', async (t) => {
  const args = ['--claims', '-', '--json']
  const { stdout } = await runIn(what, args, { cwd: folder, stdin: claims(beyond) })
  const { locations } = JSON.parse(stdout).apps[0]
  const at = (path: string) => locations.find((one: { location: string }) => one.location === path)
  t.match(at('/level'), { access: 'denied', reason: 'rule-not-met' })
  t.match(at('/not'), { access: 'denied', reason: 'rule-not-met' })
})

const access = (path: string, decision: string, reason: string) =>
  JSON.stringify({
    level: 'info',
    event: 'request',
    request_id: 'r1',
    method: 'GET',
    host: 'wiki.example.com',
    path,
    decision,
    reason,
    status: 200,
    subject: 'alice',
    provider: 'op',
  })

t.test('replay judges it so too', async (t) => {
  writeFileSync(join(folder, 'of.json'), `{"alice": ${claims(beyond)}}`)
  const stdin = `${access('/level', 'allow', 'rule-met')}\n${access('/not', 'allow', 'rule-met')}\n`
  writeFileSync(join(folder, 'log.jsonl'), stdin)
  const args = ['--log', 'log.jsonl', '--claims-of', 'of.json', '--json']
  const { stdout } = await runIn(replay, args, { cwd: folder })
  const { places } = JSON.parse(stdout)
  t.match(places, [{ 'now-refused': 1 }, { 'now-refused': 1 }])
})

t.test('claims that no provider could have sent are refused where they are given', async (t) => {
  const impossible = ['1e400', '[-1e400]', `${'['.repeat(40)}${']'.repeat(40)}`]
  for (const level of impossible) {
    const { code, stderr } = await explained('/level', level)
    t.equal(code, 2, level)
    t.match(stderr, /a sign-in with such claims fails/, level)
    const told = await runIn(what, ['--claims', '-'], { cwd: folder, stdin: claims(level) })
    t.match(told, { code: 2, stderr: /a sign-in with such claims fails/ }, level)
    writeFileSync(join(folder, 'of.json'), `{"alice": ${claims(level)}}`)
    const args = ['--log', 'log.jsonl', '--claims-of', 'of.json']
    const replayed = await runIn(replay, args, { cwd: folder })
    t.match(replayed, { code: 2, stderr: /of\.json: alice: .*a sign-in with such claims fails/ }, level)
  }
})

t.test('claims of a rule test are refused where YAML would read another number', async (t) => {
  for (const level of [beyond, '1e400', '0x10', '[9007199254740993]', '{ deep: 9007199254740993 }']) {
    writeFileSync(
      join(folder, 'numbers.yaml'),
      `cases:\n  - { as: { sub: a, level: ${level} }, request: GET /level, expect: allow }\n`,
    )
    const ran = await runIn(test, ['numbers.yaml'], { cwd: folder })
    t.match(ran, { code: 2, stderr: /YAML reads .* as a number, and not as it is written/ }, level)
  }
})

t.test('explain --log tells numbers of a log as they were written', async (t) => {
  const numbers = `"bytes":${beyond},"ratio":1e400,"deep":[{"n":-${beyond}}],"few":12`
  const stdin = [
    `${access('/', 'allow', 'rule-met').slice(0, -1)},"ms":${beyond}}`,
    `{"event":"upstream.failed","request_id":"r1",${numbers}}`,
  ].join('\n')
  const args = ['--log', '-', '--request-id', 'r1']
  const { stdout } = await runIn(explain, args, { cwd: folder, stdin })
  t.match(stdout, `after ${beyond} ms`)
  for (const text of [`bytes: ${beyond};`, 'ratio: 1e400;', `deep: [{"n":-${beyond}}];`, 'few: 12)']) {
    t.match(stdout, text)
  }
  const json = await runIn(explain, [...args, '--json'], { cwd: folder, stdin })
  t.match(json.stdout, `"ms": ${beyond}`)
  for (const text of [`"bytes": ${beyond},`, '"ratio": 1e400,', `"n": -${beyond}\n`, '"few": 12\n']) {
    t.match(json.stdout, text)
  }
})
