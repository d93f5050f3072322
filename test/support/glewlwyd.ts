// Glewlwyd, a provider that Debian packages: another program, in another language, by other people than oidc-provider.
// Its database, its port and its clients are the test's own; it is set up by its administration API.
import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Browser, Page } from './browser.ts'
import { startChild, stopChild } from './child.ts'
import { freePort } from './ports.ts'
import { poll } from './waiting.ts'

export interface Glewlwyd {
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: string
  /** What its page of a sign-in does: the password, the consent, and back; ends where the app is. */
  signIn(browser: Browser, page: Page, person: 'alice' | 'adam'): Promise<Page>
  log(): string
  stop(): Promise<void>
}

export interface GlewlwydOptions {
  readonly redirectUri: string
  readonly clientSecret?: string
  /** How it signs: ES256, PS256, RS256 or EdDSA. */
  readonly signs: 'ecdsa' | 'rsa-pss' | 'rsa' | 'eddsa'
}

const administrator = { username: 'admin', password: 'password' }
const password = 'a-password-of-everybody'
const schema = '/usr/share/dbconfig-common/data/glewlwyd/install/sqlite3'

export async function startGlewlwyd(options: GlewlwydOptions): Promise<Glewlwyd> {
  const folder = mkdtempSync(join(tmpdir(), 'claimgate-glewlwyd-'))
  const port = await freePort()
  const database = new DatabaseSync(join(folder, 'database'))
  database.exec(readFileSync(schema, 'utf8'))
  database.close()
  writeFileSync(join(folder, 'glewlwyd.conf'), configuration(folder, port))
  const child = startChild('/usr/bin/glewlwyd', ['--config-file', join(folder, 'glewlwyd.conf')])
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (part) => (said += String(part)))
  const stop = async () => {
    await stopChild(child)
    rmSync(folder, { recursive: true, force: true })
  }
  const origin = `http://127.0.0.1:${port}`
  try {
    await poll(
      'Glewlwyd to answer',
      () =>
        fetch(`${origin}/config`).then(
          ({ status }) => status,
          () => 0,
        ),
      (status) => status !== 0,
    )
    const client = { id: 'gateway', secret: options.clientSecret ?? 'a-client-secret-of-the-test' }
    const issuer = `${origin}/api/oidc`
    await setUp(origin, issuer, client, options)
    return {
      issuer,
      clientId: client.id,
      clientSecret: client.secret,
      signIn: (browser, page, person) => signIn(origin, client.id, browser, page, person),
      log: () => said,
      stop,
    }
  } catch (thrown) {
    await stop()
    throw new Error(`Glewlwyd is not set up; it printed:\n${said}`, { cause: thrown })
  }
}

function configuration(folder: string, port: number): string {
  const modules = '/usr/lib/glewlwyd'
  return `port=${port}
bind_address="127.0.0.1"
external_url="http://127.0.0.1:${port}"
login_url="login.html"
api_prefix="api"
log_mode="console"
log_level="WARNING"
cookie_secure=0
session_expiration=3600
session_key="GLEWLWYD2_SESSION_ID"
admin_scope="g_admin"
profile_scope="g_profile"
user_module_path="${modules}/user"
client_module_path="${modules}/client"
user_auth_scheme_module_path="${modules}/scheme"
plugin_module_path="${modules}/plugin"
hash_algorithm="SHA512"
database = { type="sqlite3" path="${folder}/database" }
`
}

/** One request to its API; anything but 200 is an error that says what came. */
async function call(address: string, method: string, body: object, cookie: string): Promise<string> {
  const headers = { 'content-type': 'application/json', cookie }
  const answer = await fetch(address, { method, headers, body: JSON.stringify(body) })
  const text = await answer.text()
  if (answer.status !== 200) throw new Error(`${method} ${address}: ${answer.status} ${text}`)
  return answer.headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; ')
}

async function setUp(
  origin: string,
  issuer: string,
  client: { readonly id: string; readonly secret: string },
  { redirectUri, signs }: GlewlwydOptions,
): Promise<void> {
  const api = `${origin}/api`
  const cookie = await call(`${api}/auth/`, 'POST', administrator, '')
  const parameters = {
    iss: issuer,
    'jwt-type': signs,
    'jwt-key-size': '256',
    ...keysOf(signs),
    'access-token-duration': 600,
    'refresh-token-duration': 600,
    'code-duration': 60,
    'auth-type-code-enabled': true,
    'subject-type': 'public',
    'allowed-scope': ['openid'],
    'name-claim': 'mandatory',
    'email-claim': 'mandatory',
    'pkce-allowed': true,
    'oauth-as-iss-id': true,
    'session-management-allowed': true,
    'session-cookie-name': 'OIDC_SESSION',
    'session-cookie-expiration': 600,
  }
  const plugin = { module: 'oidc', name: 'oidc', display_name: 'OpenID Connect', parameters }
  await call(`${api}/mod/plugin/`, 'POST', plugin, cookie)
  for (const username of ['alice', 'adam']) {
    const email = `${username}@example.test`
    const person = {
      username,
      name: username.toUpperCase(),
      email,
      password,
      scope: ['openid'],
      enabled: true,
    }
    await call(`${api}/user/`, 'POST', person, cookie)
  }
  const registration = {
    client_id: client.id,
    name: 'The gateway',
    confidential: true,
    password: client.secret,
    client_secret: client.secret,
    redirect_uri: [redirectUri],
    authorization_type: ['code'],
    token_endpoint_auth_method: ['client_secret_basic', 'client_secret_post'],
    enabled: true,
  }
  await call(`${api}/client/`, 'POST', registration, cookie)
}

function keysOf(signs: GlewlwydOptions['signs']): { readonly key: string; readonly cert: string } {
  const { privateKey, publicKey } =
    signs === 'ecdsa'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : signs === 'eddsa'
        ? generateKeyPairSync('ed25519')
        : generateKeyPairSync('rsa', { modulusLength: 2048 })
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  }
}

async function signIn(
  origin: string,
  clientId: string,
  browser: Browser,
  page: Page,
  person: string,
): Promise<Page> {
  const back = page.url.searchParams.get('callback_url')
  if (page.url.pathname !== '/login.html' || back === null)
    throw new Error(`no page of a sign-in: ${page.url.href} ${page.body}`)
  const jar = browser.cookies('127.0.0.1')
  const pair = await call(`${origin}/api/auth/`, 'POST', { username: person, password }, '')
  const at = pair.indexOf('=')
  jar.set(pair.slice(0, at), pair.slice(at + 1))
  await call(`${origin}/api/auth/grant/${clientId}`, 'PUT', { scope: 'openid' }, pair)
  return browser.visit(`${back}&g_continue`)
}
