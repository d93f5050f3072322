// `claimgate doctor` from its arguments to its exit status, with a provider and an app that are there.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { command } from '../../src/commands/doctor.ts'
import { startAws } from '../support/aws/stand-in.ts'
import { startOp } from '../support/op.ts'
import { recordingUpstream } from '../support/upstream.ts'
import { runIn } from './run.ts'

const folder = t.testdir({})
const op = await startOp()
const secret = 'a-shared-secret-of-thirty-two-bytes-and-more'
/** Whoever lacks the secret is refused. */
const app = await recordingUpstream({
  answer: ({ received }) => {
    if (!received.endsWith('\r\n\r\n')) return null
    const status = received.includes(`X-Gateway-Secret: ${secret}`) ? '200 OK' : '403 Forbidden'
    return `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno`
  },
})
t.teardown(() => Promise.all([op.close(), app.close()]))
op.register({ redirectUris: ['http://localhost:8080/.auth/callback'] })

const yaml = `
data: ${JSON.stringify(join(folder, 'data'))}
providers:
  main: { issuer: "${op.issuer}", client_id: gateway, client_secret: "\${env:SECRET}" }
apps:
  wiki:
    url: http://localhost:8080
    upstream: http://127.0.0.1:${app.port}
    shared_secret: ${secret}
    require: signed_in
`
writeFileSync(join(folder, 'claimgate.yaml'), yaml)
const doctor = (clientSecret: string | null, ...args: readonly string[]) =>
  runIn(command, args, { cwd: folder, env: clientSecret === null ? {} : { SECRET: clientSecret } })

t.test('nothing failed: exit status 0, a line a check, and how many', async (t) => {
  const { code, stdout, stderr } = await doctor(op.clientSecret)
  t.equal(stderr, '')
  t.equal(code, 0, stdout)
  for (const line of stdout.trimEnd().split('\n').slice(0, -2))
    t.match(line, /^(ok|note|warning) +\S+ {2}[^:]+: ./)
  t.match(stdout, /^ok +providers\.main {2}client: /m)
  t.match(stdout, /^ok +apps\.wiki {2}without the secret: \/ answers 403$/m)
  t.match(stdout, /\n\n\d+ checks: /)
})

t.test('something failed: exit status 1, and a program can read what', async (t) => {
  const { code, stdout } = await doctor('another-secret-that-is-not-right', '--json')
  t.equal(code, 1)
  const { ok, counts, findings } = JSON.parse(stdout)
  t.equal(ok, false)
  t.equal(counts.failed, 1)
  t.match(
    findings.find(({ outcome }: { outcome: string }) => outcome === 'failed'),
    { about: 'providers.main', check: 'client', saw: /invalid_client/, cure: /client_secret/ },
  )
})

t.test(
  'never on a file with made-up secrets: an unset variable is a fault, and the option is refused',
  async (t) => {
    const unset = await doctor(null)
    t.equal(unset.code, 2)
    t.match(unset.stderr, /SECRET/)
    const before = app.requests()
    const refused = await doctor(null, '--made-up-secrets')
    t.equal(refused.code, 2)
    t.match(refused.stderr, /doctor asks with the real secrets/)
    t.equal(app.requests(), before, 'nothing was asked')
  },
)

t.test('an API that anybody may ask, though requests to it are signed: exit status 1', async (t) => {
  const aws = await startAws(t, { rest: { iam: false }, env: { STRIP_STAGE_PATH: 'yes' } })
  const open = yaml
    .replace(
      /upstream: .*/,
      `upstream:
      url: ${aws.rest.url}
      aws:
        sign: execute-api
        endpoint: ${aws.rest.origin}
        credentials: { access_key_id: ${aws.accessKeyId}, secret_access_key: "${aws.secretAccessKey}", session_token: "${aws.sessionToken}" }`,
    )
    .replace(/ +shared_secret: .*\n/, '')
  writeFileSync(join(folder, 'open.yaml'), open)
  const { code, stdout } = await doctor(op.clientSecret, '-c', 'open.yaml', '--json')
  t.equal(code, 1)
  t.notOk(stdout.includes(aws.secretAccessKey))
  const { counts, findings } = JSON.parse(stdout)
  t.equal(counts.failed, 1, stdout)
  t.match(
    findings.find(({ outcome }: { outcome: string }) => outcome === 'failed'),
    {
      about: 'apps.wiki',
      check: 'without the signature',
      saw: '/prod/ answers 200',
      cure: /authorizer: aws_iam/,
    },
  )
})
