// `claimgate doctor --sign-in`: somebody signs in at a real provider, and comes back to this machine.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { command } from '../../src/commands/doctor.ts'
import { openLoopback } from '../../src/doctor/sign-in/loopback.ts'
import { signInAs, startOp } from '../support/op.ts'
import { freePort } from '../support/ports.ts'

/** Runs the command, and does with the address that it prints what a person would. */
async function signIn(
  t: Test,
  visit: (address: URL) => Promise<void>,
  secret?: string,
  more: readonly string[] = [],
) {
  const port = await freePort()
  const op = await startOp({ claimsIn: 'id_token' })
  t.teardown(() => op.close())
  op.register({
    redirectUris: ['http://localhost:8080/.auth/callback', `http://127.0.0.1:${port}/claimgate-doctor`],
    metadata: { grant_types: ['authorization_code', 'refresh_token'] },
  })
  const folder = t.testdir({})
  writeFileSync(
    join(folder, 'claimgate.yaml'),
    `
data: ${JSON.stringify(join(folder, 'data'))}
providers:
  main: { issuer: "${op.issuer}", client_id: gateway, client_secret: "${secret ?? op.clientSecret}" }
apps:
  wiki:
    url: http://localhost:8080
    upstream: unix:/nonexistent/app.sock
    require: { groups: admins, clearance: high }
`,
  )
  let stdout = ''
  let stderr = ''
  let visited = false
  const visits: Promise<void>[] = []
  const code = await command.run(['--sign-in', '--port', String(port), ...more], {
    stdout: (text) => {
      stdout += text
    },
    stderr: (text) => {
      stderr += text
      const address = /\n\n {2}(http\S+)\n/.exec(stderr)?.[1]
      if (address === undefined || visited) return
      visited = true
      visits.push(visit(new URL(address)))
    },
    stdin: async () => '',
    env: {},
    cwd: folder,
  })
  await Promise.all(visits)
  return { code, stdout, stderr, port }
}

t.test('which claims came from where, by name and size; no value of any', async (t) => {
  const { stdout, stderr, port } = await signIn(t, async (address) => {
    const back = await signInAs('adam', address)
    const page = await fetch(back)
    t.equal(page.status, 200)
    t.match(await page.text(), /You can close this page/)
  })
  t.match(stderr, `Register http://127.0.0.1:${port}/claimgate-doctor at main`)
  t.match(stdout, /^ok +providers\.main {2}sign-in: \d+ claims came$/m)
  t.match(stdout, /^ok +providers\.main {2}claims of the ID token: .*groups 10 B/m)
  t.match(stdout, /^note +providers\.main {2}refresh token: none came: .*`offline_access`$/m)
  t.match(stdout, /^warning +providers\.main {2}claims that rules name: "clearance" did not come\. /m)
  t.notMatch(stdout, /Adam|acme\.example|admins|eyJ/, 'names and sizes alone')
})

t.test('a sign-in that fails says what the log of the gateway would', async (t) => {
  const { code, stdout } = await signIn(
    t,
    async (address) => void (await fetch(await signInAs('adam', address))),
    'another-secret-than-that-of-the-gateway',
  )
  t.equal(code, 1)
  t.match(
    stdout,
    /^failed +providers\.main {2}sign-in: .* does not accept the client\. See providers\.main: client_id/m,
  )
})

t.test('whoever does not bring the state of this sign-in is nobody', async (t) => {
  const loopback = await openLoopback(0)
  t.teardown(() => loopback.close())
  const stop = new AbortController()
  const answer = loopback.answer('the-state', stop.signal)
  for (const query of ['', '?state=', '?state=another&code=x', '?code=x']) {
    const page = await fetch(`${loopback.redirectUri}${query}`)
    t.equal(page.status, 404, query)
  }
  t.equal((await fetch(loopback.redirectUri.replace('claimgate-doctor', '?state=the-state'))).status, 404)
  t.equal((await fetch(`${loopback.redirectUri}?state=the-state`, { method: 'POST' })).status, 404)
  t.equal((await fetch(`${loopback.redirectUri}?state=the-state&code=c`)).status, 200)
  t.equal((await answer)?.get('code'), 'c')
  t.equal((await fetch(`${loopback.redirectUri}?state=the-state&code=d`)).status, 404, 'once')
})

t.test('a provider that answers by a form of its page (`response_mode: form_post`)', async (t) => {
  const loopback = await openLoopback(0)
  t.teardown(() => loopback.close())
  const stop = new AbortController()
  t.teardown(() => stop.abort())
  const answer = loopback.answer('the-state', stop.signal)
  const post = async (body: string, type = 'application/x-www-form-urlencoded') =>
    (await fetch(loopback.redirectUri, { method: 'POST', body, headers: { 'content-type': type } })).status
  t.equal(await post('state=another&code=x'), 404)
  t.equal(await post('state=the-state&code=x', 'text/plain'), 404, 'no form')
  t.equal(await post(`state=the-state&code=${'x'.repeat(100_000)}`).catch(() => 404), 404, 'too long')
  t.equal(await post('state=the-state&code=c'), 200)
  t.equal((await answer)?.get('code'), 'c')
})

t.test('nobody comes: it ends when it is stopped', async (t) => {
  const loopback = await openLoopback(0)
  t.teardown(() => loopback.close())
  const stop = new AbortController()
  const answer = loopback.answer('the-state', stop.signal)
  stop.abort()
  t.equal(await answer, null)
})

t.test('a port that is taken, and one that is none', async (t) => {
  const taken = await openLoopback(0)
  t.teardown(() => taken.close())
  const { port } = new URL(taken.redirectUri)
  const never = async () => void t.fail('nothing is to be opened')
  const { stdout } = await signIn(t, never, undefined, ['--port', port])
  t.match(stdout, /^failed .* cannot be listened on \(EADDRINUSE\)\. Choose another --port/m)
  t.match(await signIn(t, never, undefined, ['--port', 'x']), { code: 2, stderr: /--port takes a number/ })
  t.match(await signIn(t, never, undefined, ['--provider', 'other']), { code: 2, stderr: /one of: main/ })
})
