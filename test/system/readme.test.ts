// README.md as a new user follows it, from the checkout to the own app that one signs in to: its commands are typed in a
// copy of the checkout, with a provider and free ports of the test.
import { spawnSync } from 'node:child_process'
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { Browser } from '../support/browser.ts'
import { copyCheckout } from '../support/checkout.ts'
import { startChild, stopChild } from '../support/child.ts'
import { startEcho } from '../support/echo.ts'
import { visitAs } from '../support/front.ts'
import { startOp } from '../support/op.ts'
import { blocksOf } from '../support/page-blocks.ts'
import { freePort } from '../support/ports.ts'
import { poll } from '../support/waiting.ts'

const { folder, env, remove } = copyCheckout()
const [op, echo, port] = [await startOp(), await startEcho(), await freePort()]
const url = `http://localhost:${port}`
t.teardown(async () => {
  await Promise.all([op.close(), echo.close()])
  remove()
})

/** The one block of commands that has these words, with what differs here. */
function commands(words: string): string {
  const found = blocksOf('README.md').filter(
    ({ language, text }) => language === 'sh' && text.includes(words),
  )
  t.equal(found.length, 1, `one block of the page has: ${words}`)
  return (found[0]?.text ?? '')
    .replaceAll('https://accounts.google.com', op.issuer)
    .replaceAll('http://localhost:8080', url)
    .replaceAll('http://127.0.0.1:5000', echo.url)
    .replaceAll('the-id-from-the-provider', op.clientId)
    .replaceAll('the-secret-from-the-provider', op.clientSecret)
    .replaceAll('/etc/apache2/sites-enabled/', `${folder}/`)
}

function type(text: string): { readonly status: number | null; readonly said: string } {
  const { status, stdout, stderr } = spawnSync('bash', ['-e', '-c', text], {
    cwd: folder,
    env,
    encoding: 'utf8',
  })
  return { status, said: stdout + stderr }
}

t.test('who answers before anything was started', async (t) => {
  const text = commands('-- who -c config/demo.yaml').replaceAll(url, 'http://localhost:8080')
  const { status, said } = type(text)
  t.equal(status, 0, said)
  t.match(said, 'groups: "admins"')
})

t.test('convert translates a file of mod_auth_openidc', async (t) => {
  writeFileSync(
    join(folder, 'wiki.conf'),
    `OIDCProviderMetadataURL https://idp.example/.well-known/openid-configuration
OIDCClientID wiki
OIDCClientSecret ${'x'.repeat(32)}
OIDCRedirectURI https://wiki.example/callback
ServerName https://wiki.example
ProxyPass / http://127.0.0.1:8000/
<Location />
  AuthType openid-connect
  Require valid-user
</Location>
`,
  )
  const { said } = type(commands('-- convert'))
  t.ok(existsSync(join(folder, 'claimgate.yaml')), said)
  t.match(readFileSync(join(folder, 'claimgate.yaml'), 'utf8'), 'require: signed_in')
})

t.test('the own app, signed in', async (t) => {
  const written = type(commands('-- init'))
  t.equal(written.status, 0, written.said)
  const file = join(folder, 'gateway/claimgate.yaml')
  t.match(written.said, `${url}/.auth/callback`, 'what to register')
  op.register({
    redirectUris: [`${url}/.auth/callback`],
    postLogoutRedirectUris: [`${url}/.auth/logged-out`],
  })
  // The address that is the default may be taken on the machine of the tests.
  appendFileSync(file, '\nadmin: false\n')

  const [exported = '', check = '', serve = ''] = commands('-- serve').split('\n')
  const checked = type(`${exported}\n${check}`)
  t.equal(checked.status, 0, checked.said)
  t.notMatch(checked.said, /placeholder/)
  const gateway = startChild('bash', ['-c', `${exported}\nexec ${serve}`], { cwd: folder, env })
  t.teardown(() => stopChild(gateway))
  let said = ''
  for (const stream of [gateway.stdout, gateway.stderr])
    stream.setEncoding('utf8').on('data', (text) => {
      said += text
    })
  const up = async () => {
    if (gateway.exitCode !== null) throw new Error(`it ended:\n${said}`)
    return fetch(`${url}/.auth/health`).then(({ status }) => status, String)
  }
  await poll('the gateway to answer', up, (status) => status === 200)
  const { status, body } = await visitAs(new Browser(), 'alice', `${url}/`)
  t.equal(status, 200, body)
  t.same(JSON.parse(body).headers['x-forwarded-user'], ['alice'])
})
