// What docs/operations.md answers an auditor with: each of its commands, in its order, on a repository with a history,
// a gateway that served it, and the log that it wrote.
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { createAwsCredentialNotes } from '../../src/http/operations/aws-credential-notes.ts'
import { createLog } from '../../src/http/operations/log.ts'
import { systemClock } from '../../src/runtime/clock.ts'
import { Browser } from '../support/browser.ts'
import { visitAs } from '../support/front.ts'
import { runProcess, startProcess } from '../support/process.ts'
import { newStand } from '../support/process-front.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const stand = await newStand()
t.teardown(() => stand.close())
const { place, url } = stand

const page = readFileSync(join(root, 'docs/operations.md'), 'utf8')
const commands = [...page.matchAll(/^```sh audit\n([\s\S]*?)^```$/gm)].map(([, text = '']) => text)

/** The folder of the configuration, with `claimgate` on the path as an installation has it. */
function shell(command: string, env: Readonly<Record<string, string>> = {}): string {
  const bin = join(place.folder, 'bin')
  mkdirSync(bin, { recursive: true })
  const program = join(bin, 'claimgate')
  writeFileSync(program, `#!/bin/sh\nexec ${process.execPath} ${join(root, 'bin/claimgate.js')} "$@"\n`)
  chmodSync(program, 0o755)
  return execFileSync('/bin/sh', ['-euc', command], {
    cwd: join(place.folder, 'gateway'),
    encoding: 'utf8',
    env: { PATH: `${bin}:${process.env.PATH}`, HOME: place.folder, ...env },
  })
}

function commit(at: string): void {
  const who = ['-c', 'user.name=Ops', '-c', 'user.email=ops@example.com', '-c', 'init.defaultBranch=main']
  const git = `git ${who.join(' ')}`
  shell(
    `test -d .git || ${git} init --quiet; ${git} add claimgate.yaml staff; ${git} commit --quiet -m rules`,
    {
      GIT_AUTHOR_DATE: at,
      GIT_COMMITTER_DATE: at,
    },
  )
}

const open = `
    require: signed_in
    locations: [{ path: /admin, require: anyone }]
`
const closed = `
    require: signed_in
    locations: [{ path: /admin, require: { groups: "\${lines:staff}" } }]
`

type Line = Readonly<Record<string, unknown>>
const linesOf = (text: string): readonly Line[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))

/** What a gateway with an app on AWS writes besides; `test/e2e/signed-by-role` has one. */
function credentialsCame(): string {
  const lines: string[] = []
  const log = createLog({ level: 'info', format: 'json', subject: 'hash' }, 'key', {
    write: (line: string) => void lines.push(`${line.trimEnd()}\n`),
  })
  const came = { kind: 'fetched', accessKeyId: 'ASIAEXAMPLE', isTemporary: true, failures: 0 } as const
  const whose = 'this process'
  createAwsCredentialNotes(log, systemClock).note({ ...came, whose, endsAtMs: Date.now() + 3_600_000 })
  return lines.join('')
}

t.test('every question of an audit is answered by the commands on the page', async (t) => {
  const folder = join(place.folder, 'gateway')
  mkdirSync(folder)
  const at = { ...place, file: join(folder, 'claimgate.yaml') }
  const write = (app: string) => {
    place.write(stand.yaml({ app }))
    writeFileSync(at.file, readFileSync(place.file))
  }
  writeFileSync(join(folder, 'staff'), 'admins\n')
  write(open)
  commit(new Date(Date.now() - 90 * 24 * 3600 * 1000).toISOString())
  write(closed)
  commit(new Date().toISOString())

  const running = await startProcess(at)
  t.teardown(() => running.stop())
  const browser = new Browser()
  await visitAs(browser, 'adam', `${url}/admin`)
  await visitAs(new Browser(), 'alice', `${url}/page`)
  const revoked = await runProcess(['sessions', 'revoke', '--user', 'alice', '-c', at.file])
  t.equal(revoked.code, 0, revoked.stderr)
  await running.logged(({ event }) => event === 'sessions.revoked')
  await running.logged(({ event, location }) => event === 'request' && location === '/admin')
  writeFileSync(join(folder, 'gateway.log'), `${running.stdout()}${credentialsCame()}`)
  const started = running.log().find(({ event }) => event === 'gateway.started')
  const of = running.log().find(({ event, subject }) => event === 'login.completed' && subject !== undefined)

  const asked = (begin: string): string => {
    const [command, ...more] = commands.filter((text) => text.includes(begin))
    if (command === undefined || more.length > 0) throw new Error(`one command with ${begin}`)
    return command
      .replaceAll('https://wiki.example.com', url)
      .replaceAll('cabbf419', String(started?.instance))
      .replaceAll('subject alice', 'subject adam')
      .replaceAll('3f9a12c07be4', String(of?.session))
  }
  const answers = new Map<string, string>()
  const run = (begin: string): string => {
    const answer = shell(asked(begin))
    answers.set(begin, answer)
    return answer
  }

  t.match(run('claimgate who GET'), /app wiki, location \/admin[\s\S]*one entry of staff/)
  t.match(run('claimgate diff'), /\/admin/)
  const configurations = linesOf(run('select(.digest)'))
  t.match(configurations, [
    { event: 'gateway.started', digest: /^sha256:/, access: { rule: 1, signed_in: 1 } },
  ])
  const now = shell('claimgate check --digest')
  t.equal(now.split('\n')[0], configurations[0]?.digest, 'the files of today served')
  const then = run('check --digest')
  t.match(then, /^sha256:[0-9a-f]{64}\n[0-9a-f]{64} {2}configuration\n$/)
  t.not(then.split('\n')[0], configurations[0]?.digest, 'and not those of last month')
  t.match(linesOf(run('.edition == 1')), [{ digest: configurations[0]?.digest }])

  const person = shell('claimgate subject adam').trim()
  t.match(run('uniq -c'), new RegExp(`^ +\\d+ ${person}\n$`), 'adam alone used it')
  const done = linesOf(run('--arg who'))
  t.ok(done.every(({ subject }) => subject === person))
  t.match(
    done.map(({ event }) => event),
    ['login.completed', 'request'],
  )
  t.ok(done.some(({ location }) => location === '/admin'))
  const session = linesOf(run('select(.session =='))
  t.ok(session.length > 1 && session.every((line) => line.session === of?.session))
  const byWhat = run('.credential, .key').trimEnd().split('\n')
  t.ok(
    byWhat.some((line) => line.includes(`\tsession\t\t`) && line.includes(person)),
    'by a session',
  )
  t.match(linesOf(run('credentials-fetched')), [
    { time: String, whose: 'this process', access_key: 'ASIAEXAMPLE', ends_at: Number },
  ])
  t.match(linesOf(run('"sessions.revoked"')), [{ which: 'user', revoked: 1, operator: /./, machine: /./ }])
  t.equal(answers.size, commands.length, 'no command of the page was left out')
})
