// A second real provider. What it does otherwise than oidc-provider is the point: it signs as it is told and offers no
// RS256, lists one scope and two claims, sends `iss`, and takes the secret out of Basic credentials by its own rules.
import t, { type Test } from 'tap'
import { Browser } from '../support/browser.ts'
import { startEcho } from '../support/echo.ts'
import { type Glewlwyd, type GlewlwydOptions, startGlewlwyd } from '../support/glewlwyd.ts'
import { type GatewayProcess, newPlace, runProcess, startProcess } from '../support/process.ts'

interface Stand {
  readonly url: string
  readonly file: string
  readonly op: Glewlwyd
  readonly running: GatewayProcess
}

type Options = Omit<GlewlwydOptions, 'redirectUri'> & { readonly keys?: string }

async function start(t: Test, { keys = '', ...options }: Options): Promise<Stand> {
  const [place, echo] = await Promise.all([newPlace(), startEcho()])
  const op = await startGlewlwyd({ ...options, redirectUri: `${place.url}/.auth/callback` })
  place.write(`
providers:
  op:
    issuer: ${op.issuer}
    client_id: ${op.clientId}
    client_secret: ${JSON.stringify(op.clientSecret)}
    scopes: [openid]
    trust_email: true
${keys}
apps:
  wiki:
    url: ${place.url}
    upstream: ${echo.url}
    require: { email: { domain: example.test } }
    locations:
      - { path: /alice, require: { email: alice@example.test } }
`)
  const running = await startProcess(place)
  t.teardown(async () => {
    await running.stop()
    await Promise.all([op.stop(), echo.close()])
    place.remove()
  })
  return { url: place.url, file: place.file, op, running }
}

async function signIn({ url, op }: Stand, person: 'alice' | 'adam', path = '/') {
  const browser = new Browser()
  const asked = await browser.visit(`${url}${path}`)
  return { browser, asked, page: await op.signIn(browser, asked, person) }
}

t.test('Glewlwyd, signing ES256: a sign-in, its claims, and a sign-out there', async (t) => {
  const stand = await start(t, { signs: 'ecdsa' })
  const { url, file, op, running } = stand
  const { browser, asked, page } = await signIn(stand, 'alice', '/alice?page=1')
  t.equal(asked.url.origin, new URL(op.issuer).origin, 'the browser is at the provider')
  t.equal(page.status, 200)
  t.equal(page.url.href, `${url}/alice?page=1`, 'and back where it wanted to be')
  const me = JSON.parse((await browser.visit(`${url}/.auth/me`)).body)
  t.match(me, { provider: 'op', claims: { email: 'alice@example.test' } })
  const adam = await signIn(stand, 'adam')
  t.equal(adam.page.status, 200)
  t.equal((await adam.browser.visit(`${url}/alice`)).status, 403)

  const linted = await runProcess(['lint', '-c', file, '--online', '--json'])
  const ids = JSON.parse(linted.stdout).findings.map(({ id }: { readonly id: string }) => id)
  t.notOk(ids.includes('provider-not-asked') || ids.includes('scope-not-offered'), ids.join())

  const out = await browser.visit(`${url}/.auth/logout`, {
    form: {},
    headers: { origin: url, 'sec-fetch-site': 'same-origin' },
    follow: false,
  })
  t.match(out.body, 'end_session')
  t.equal((await browser.visit(`${url}/alice`, { follow: false })).status, 302)
  t.notOk(JSON.stringify(running.log()).includes(op.clientSecret), 'no secret in the log')
})

t.test('Glewlwyd, signing PS256: as its metadata offers, and refused where RS256 is written', async (t) => {
  t.equal((await signIn(await start(t, { signs: 'rsa-pss' }), 'alice')).page.status, 200)
  const strict = await start(t, { signs: 'rsa-pss', keys: '    id_token_signed_response_alg: RS256' })
  t.equal((await signIn(strict, 'alice')).page.status, 400)
  t.match(await strict.running.logged((line) => line.event === 'login.failed'), {
    code: 'LOGIN_TOKEN_INVALID',
    error: /"PS256", and RS256 is accepted.*`id_token_signed_response_alg: PS256`/,
  })
})

t.test('Glewlwyd does not decode Basic credentials, and the log says what helps', async (t) => {
  const clientSecret = 'a secret: with & and + and %'
  const basic = await start(t, { signs: 'ecdsa', clientSecret })
  t.equal((await signIn(basic, 'alice')).page.status, 502)
  const line = await basic.running.logged(({ event }) => event === 'login.failed')
  t.match(line, {
    code: 'PROVIDER_CLIENT_REFUSED',
    error: /403 .*client_id, client_secret.*special characters/,
  })
  t.match(line, { error: /`token_endpoint_auth_method: client_secret_post`/ })
  t.notMatch(JSON.stringify(line), /with &|%26/)
  const post = await start(t, {
    signs: 'ecdsa',
    clientSecret,
    keys: '    token_endpoint_auth_method: client_secret_post',
  })
  t.equal((await signIn(post, 'alice')).page.status, 200)
})
