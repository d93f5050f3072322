// `explain --log`: a request of which the log knows.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { command } from '../../src/commands/explain.ts'
import { startTestGateway } from '../support/gateway.ts'
import { runIn } from './run.ts'

const folder = mkdtempSync(join(tmpdir(), 'claimgate-explain-log-'))
t.teardown(() => rmSync(folder, { recursive: true, force: true }))

const ask = (args: readonly string[]) => runIn(command, args, { cwd: folder })

const log = [
  'not JSON at all 01K9ZQ4T7M3X',
  '{"level":30,"time":"2026-11-20T10:00:00.000Z","event":"request","request_id":"01K9ZQ4T7M3X","method":"GET","host":"wiki.example.com","path":"/admin","app":"wiki","location":"/admin","decision":"deny","reason":"rule-not-met","detail":"groups was [\\"people\\"], rule wants one of admins, ops","status":403,"ms":1.2,"client":"198.51.100.7","subject":"x1Jq0s7T2fV0aA9w","provider":"staff"}',
  'wiki-1  | {"level":30,"time":"2026-11-20T10:00:01.000Z","event":"login.started","request_id":"01K9ZQ4T7M3Y","provider":"staff"}',
  'wiki-1  | {"level":40,"time":"2026-11-20T10:00:01.500Z","event":"login.failed","request_id":"01K9ZQ4T7M3Y","code":"LOGIN_TOKEN_INVALID","error":"bad \\u001b[31m\\u202e"}',
  'wiki-1  | {"level":30,"time":"2026-11-20T10:00:02.000Z","event":"request","request_id":"01K9ZQ4T7M3Y","method":"GET","host":"wiki.example.com","path":"/.auth/callback","app":"wiki","decision":"allow","reason":"gateway-address","status":400,"ms":3}',
].join('\n')

t.test('what the log recorded of a request, in words', async (t) => {
  writeFileSync(join(folder, 'access.jsonl'), log)
  const { code, stdout, stderr } = await ask(['--log', 'access.jsonl', '--request-id', '01K9ZQ4T7M3X'])
  t.equal(stderr, '')
  t.equal(code, 1)
  t.equal(
    stdout,
    `GET wiki.example.com/admin
request 01K9ZQ4T7M3X, 2026-11-20T10:00:00.000Z

  denied: rule-not-met
  A condition of the rule is false or unknown for this person.
  The client got 403, after 1.2 ms.

  failed    groups was ["people"], rule wants one of admins, ops
  app       wiki
  location  /admin
  client    198.51.100.7
  subject   x1Jq0s7T2fV0aA9w
  provider  staff
`,
  )
})

t.test('events of the same request are told with it; nothing of a log steers a terminal', async (t) => {
  const args = ['--log', '-', '--request-id', '01K9ZQ4T7M3Y']
  const { code, stdout } = await runIn(command, args, { cwd: folder, stdin: log })
  t.equal(code, 0)
  const leads = stdout.slice(stdout.indexOf('\n\n') + 2).replaceAll(/\n {2}/g, ' ')
  t.match(
    leads,
    /^ {2}failed: LOGIN_TOKEN_INVALID, and the person saw: This sign-in could not be completed\. bad /,
  )
  t.match(stdout, /\n {2}Look at: `error`, which says what was found.*?\n\n {2}allowed: gateway-address\n/s)
  t.match(
    stdout,
    /Also logged with this id\n {2}login\.started {2}A browser was sent to a provider\. \(provider: staff\)\n/,
  )
  t.match(stdout, /login\.failed {3}A sign-in ended without a session\. People saw: This sign-in could not/)
  t.match(stdout, '\\u{1b}[31m\\u{202e}')
  t.notMatch(stdout, /[\u001b\u202e]/)
  const told = JSON.parse((await runIn(command, [...args, '--json'], { cwd: folder, stdin: log })).stdout)
  t.match(told, {
    fault: { code: 'LOGIN_TOKEN_INVALID', line: { event: 'login.failed' } },
    request: { path: '/.auth/callback' },
    outcome: 'allowed',
    sentence: 'An address of the gateway itself.',
    events: [{ event: 'login.started' }, { event: 'login.failed' }],
  })
})

t.test('only a fault that the person met leads', async (t) => {
  const line = (fields: object) =>
    JSON.stringify({ time: '2026-11-20T10:00:00.000Z', request_id: 'a1', ...fields })
  const request = (status: number, more = {}) =>
    line({ event: 'request', decision: 'allow', reason: 'rule-met', status, ...more })
  const unfinished = line({ event: 'login.failed', code: 'LOGIN_UNFINISHED', error: 'login_required' })
  const down = line({ event: 'upstream.failed', code: 'UPSTREAM_UNREACHABLE', error: 'app wiki: nothing' })
  const store = line({ event: 'store.failed', code: 'STORE_UNAVAILABLE', error: 'locked' })
  const ours = line({ event: 'internal.failed', error: 'a mistake' })
  const leads = async (...lines: readonly string[]) => {
    const args = ['--log', '-', '--request-id', 'a1', '--json']
    const { stdout } = await runIn(command, args, { cwd: folder, stdin: lines.join('\n') })
    return JSON.parse(stdout).fault
  }
  t.equal(await leads(unfinished, request(302)), null, 'it began again by itself')
  t.match(await leads(store, down, request(502)), { code: 'UPSTREAM_UNREACHABLE' })
  t.match(await leads(down, store, request(502)), { code: 'UPSTREAM_UNREACHABLE' }, 'whatever came after')
  t.match(await leads(ours, request(500)), { code: null, line: { error: 'a mistake' } })
  t.match(await leads(request(200, { code: 'ANSWER_STALLED' })), { code: 'ANSWER_STALLED' })
  t.match(await leads(down), { code: 'UPSTREAM_UNREACHABLE' }, 'without an access line')
  t.equal(await leads(request(403)), null)
  t.equal(await leads(store, request(200)), null)
})

t.test('the log of a running gateway is understood', async (t) => {
  const gateway = await startTestGateway({
    yaml: ({ url }) => `
session: { store: memory }
providers: { op: { issuer: "http://localhost:1", client_id: c, client_secret: a-client-secret } }
apps:
  wiki: { url: "${url}", upstream: "http://127.0.0.1:1", require: signed_in, locations: [{ path: /old, require: nobody }] }
`,
  })
  t.teardown(() => gateway.close())
  const response = await fetch(`${gateway.url}/old/x`, { headers: { accept: 'application/json' } })
  const { request_id: id } = JSON.parse(await response.text())
  await gateway.logged(({ event, request_id }) => event === 'request' && request_id === id)
  const stdin = gateway.log.map((line) => JSON.stringify(line)).join('\n')
  const told = await runIn(command, ['--log', '-', '--request-id', id], { cwd: folder, stdin })
  t.equal(told.code, 1)
  t.match(told.stdout, /^GET localhost:\d+\/old\/x\n/)
  t.match(told.stdout, 'denied: nobody-allowed\n  The location says nobody.\n  The client got 403, after ')
  t.match(told.stdout, /location {2}\/old\n/)
})

t.test('a request that the log does not know is 2', async (t) => {
  const { code, stderr } = await ask(['--log', 'access.jsonl', '--request-id', '01K9'])
  t.equal(code, 2)
  t.equal(stderr, 'claimgate explain: access.jsonl has no line of the request 01K9\n')
})

t.test('a log that was written for people is told from one that lacks the request', async (t) => {
  const stdin =
    '\u001b[2m17:52:48.123Z\u001b[22m 403 GET wiki.example.com/  deny rule-not-met  request_id=01K9ZQ4T7M3Z app=wiki\n'
  const asked = (id: string) => runIn(command, ['--log', '-', '--request-id', id], { cwd: folder, stdin })
  t.match(await asked('01K9ZQ4T7M3Z'), {
    code: 2,
    stderr:
      /has no line of the request 01K9ZQ4T7M3Z as JSON: it was written for people to read\. `log\.format: json`/,
  })
  t.match(await asked('01K9ZQ4T7M3A'), {
    code: 2,
    stderr: /^claimgate explain: - has no line of the request 01K9ZQ4T7M3A\n$/,
  })
})

t.test(
  'a logout of a provider whose keys cannot be used is 503, and the log is found all the same',
  async (t) => {
    const stdin = [
      '{"level":50,"time":"2026-11-20T10:00:01.500Z","event":"logout.failed","request_id":"01K9ZQ4T7M3Z","provider":"staff","how":"back-channel","code":"PROVIDER_KEYS_INVALID","error":"no usable key"}',
      '{"level":30,"time":"2026-11-20T10:00:02.000Z","event":"request","request_id":"01K9ZQ4T7M3Z","method":"POST","host":"wiki.example.com","path":"/.auth/backchannel-logout","app":"wiki","decision":"allow","reason":"gateway-address","status":503,"ms":3}',
    ].join('\n')
    const { stdout } = await runIn(command, ['--log', '-', '--request-id', '01K9ZQ4T7M3Z'], {
      cwd: folder,
      stdin,
    })
    t.match(stdout, /\n {2}failed: PROVIDER_KEYS_INVALID,/)
  },
)
