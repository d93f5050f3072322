import t, { type Test } from 'tap'
import { command } from '../../src/commands/snippet.ts'
import { runIn } from './run.ts'

const app = (name: string, more = '') =>
  `  ${name}: { url: "https://${name}.example.com", upstream: "http://10.0.0.5", require: signed_in${more} }\n`

function setUp(t: Test, apps: string) {
  const text = `
signing_keys: "\${env:NOT_HERE}"
providers: { acme: { issuer: "https://acme.example.com", client_id: id, client_secret: "\${env:NOT_HERE}" } }
apps:
${apps}`
  const folder = t.testdir({ 'claimgate.yaml': text })
  return (...args: string[]) => runIn(command, args, { cwd: folder })
}

t.test('what is printed has the names of the app in it, and needs no secret', async (t) => {
  const run = setUp(t, app('wiki', ', identity_assertion: {}'))
  const flask = await run('flask')
  t.match(flask, { code: 0, stderr: '' })
  t.match(
    flask.stdout,
    'ISSUER = "https://wiki.example.com/.auth/assertion"\nAUDIENCE = "https://wiki.example.com"\n',
  )
  t.match(flask.stdout, 'KEYS_AT = "https://wiki.example.com/.auth/jwks.json"\n')
  t.match(flask.stdout, '"HTTP_X_CLAIMGATE_ASSERTION"')
  t.match(await run('lambda-python', '--app', 'wiki'), { code: 0, stdout: /== "x-claimgate-assertion"/ })
})

t.test('of several apps one is named', async (t) => {
  const assertion = ', identity_assertion: { header: X-Proof, audience: billing }'
  const run = setUp(t, app('wiki', ', identity_assertion: {}') + app('billing', assertion) + app('plain'))
  t.match(await run('flask'), {
    ...{ code: 2, stdout: '' },
    stderr: 'claimgate snippet: for which app? Say --app wiki or --app billing\n',
  })
  t.match(await run('flask', '--app', 'billing'), {
    code: 0,
    stdout: /AUDIENCE = "billing".*"HTTP_X_PROOF"/s,
  })
  t.match(await run('flask', '--app', 'plain'), {
    code: 1,
    stderr:
      'claimgate snippet: the app plain does not have `identity_assertion`: with `identity_assertion: {}` it is sent one\n',
  })
  t.match(await run('flask', '--app', 'nobody'), {
    code: 2,
    stderr: /there is no app nobody in the configuration/,
  })
})

t.test('what is asked for otherwise is told', async (t) => {
  const run = setUp(t, app('wiki'))
  t.match(await run('flask'), { code: 1, stderr: /^claimgate snippet: no app has `identity_assertion`/ })
  for (const args of [[], ['django'], ['flask', 'lambda-python'], ['flask', '--json'], ['Flask']])
    t.match(await run(...args), { code: 2, stdout: '' }, args.join(' '))
  t.match(await run('--help'), { code: 0, stdout: /^Usage: claimgate snippet flask\|lambda-python/ })
})
