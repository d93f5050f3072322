import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readFromDisk } from '../src/config/files.ts'
import { printIssue } from '../src/config/issue.ts'
import { loadGatewayFromText } from '../src/config/load.ts'
import { Browser } from '../test/support/browser.ts'
import { mintSession } from '../test/support/mint.ts'
import type { Op } from '../test/support/op.ts'
import { freePort } from '../test/support/ports.ts'
import { type Running, startNode, stop } from './process.ts'

/** One of the servers that are compared: where it is, and what a signed-in request to it carries. */
export interface Subject extends Running {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
}

const app = (name: string) => new URL(`./apps/${name}.ts`, import.meta.url).pathname
const target = '/admin/users?page=2'

export async function startPlain(name: 'bare-node' | 'stock-http-proxy', upstream: string): Promise<Subject> {
  const running = await startNode(app(name), [upstream])
  return { ...running, url: `http://127.0.0.1:${running.port}${target}`, headers: { Cookie: 'theirs=1' } }
}

export function startUpstream(): Promise<Running> {
  return startNode(app('upstream'), [])
}

/** The configuration that is measured: a rule of three conditions, four identity headers and a secret. */
function configuration(port: number, upstream: string, folder: string, largest: string): string {
  return `
listen: "127.0.0.1:${port}"
admin: false
data: ${JSON.stringify(folder)}
session: { secret: a-session-secret-of-thirty-two-bytes-or-more }
providers:
  op: { issuer: "http://localhost:9", client_id: bench, client_secret: bench }
apps:
  bench:
    url: http://localhost:${port}
    upstream: ${upstream}
    shared_secret: a-shared-secret-of-thirty-two-bytes-and-more
    require: signed_in
    locations:
      - { path: /static, require: anyone }
      - { path: /open, require: anyone, max_body: ${largest} }
      - { path: /api, require: signed_in, unauthenticated: deny }
      - { path: /upload, require: signed_in, max_body: ${largest} }
      - path: /admin
        require: { organization_id: acme, groups: [admins, ops], email: { domain: acme.example } }
`
}

const person = {
  user: 'alice',
  claims: {
    sub: 'alice',
    organization_id: 'acme',
    groups: ['staff', 'admins'],
    email: 'alice@acme.example',
    email_verified: true,
    preferred_username: 'alice',
  },
}

/** The real process, with its access log in a file and a session in its store. `largest`: bodies of uploads. */
export async function startClaimgate(
  upstream: string,
  bin = 'bin/claimgate.js',
  largest = 'none',
): Promise<Subject> {
  const folder = mkdtempSync(join(tmpdir(), 'claimgate-bench-'))
  const port = await freePort()
  const file = join(folder, 'claimgate.yaml')
  const text = configuration(port, upstream, folder, largest)
  writeFileSync(file, text)
  const loaded = loadGatewayFromText(text, { file, folder, env: {}, readFile: readFromDisk })
  if (!loaded.ok) throw new Error(loaded.issues.map(printIssue).join('\n'))
  const log = openSync(join(folder, 'access.log'), 'w')
  const child = spawn(process.execPath, [bin, 'serve', '-c', file], {
    stdio: ['ignore', log, 'inherit'],
    env: { ...process.env, NODE_ENV: 'production' },
  })
  await listening(port)
  const minted = await mintSession(loaded.gateway, `localhost:${port}`, person)
  await minted.close()
  return {
    pid: pidOf(child.pid),
    port,
    url: `http://localhost:${port}${target}`,
    headers: { Cookie: `${minted.cookie}; theirs=1` },
    stop: async () => {
      await stop(child)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

const modules = '/usr/lib/apache2/modules'

/** Debian's Apache with mod_auth_openidc as its manual sets it up, one process as we are, the same rule, its access log. */
export async function launchApache(
  upstream: string,
  op: Pick<Op, 'issuer' | 'clientId' | 'clientSecret'>,
  more = '',
): Promise<Running> {
  const folder = mkdtempSync(join(tmpdir(), 'apache-bench-'))
  mkdirSync(join(folder, 'run'))
  const port = await freePort()
  const url = `http://localhost:${port}`
  const loaded = ['mpm_event', 'authn_core', 'authz_core', 'authz_user', 'headers', 'proxy', 'proxy_http']
  const conf = `
ServerRoot ${folder}
DefaultRuntimeDir ${folder}/run
PidFile ${folder}/run/httpd.pid
Mutex pthread default
Listen 127.0.0.1:${port}
ServerName localhost:${port}
${loaded.map((name) => `LoadModule ${name}_module ${modules}/mod_${name}.so`).join('\n')}
LoadModule auth_openidc_module ${modules}/mod_auth_openidc.so
${process.getuid?.() === 0 ? 'User www-data\nGroup www-data' : ''}
StartServers 1
ServerLimit 1
ThreadsPerChild 25
MaxRequestWorkers 25
KeepAlive On
MaxKeepAliveRequests 0
LogLevel warn
ErrorLog ${folder}/error.log
LogFormat "%h %u %t \\"%r\\" %>s %b" common
CustomLog ${folder}/access.log common
OIDCProviderMetadataURL ${op.issuer}/.well-known/openid-configuration
OIDCClientID ${op.clientId}
OIDCClientSecret ${op.clientSecret}
OIDCRedirectURI ${url}/_oidc/callback
OIDCCryptoPassphrase a-passphrase-of-the-bench
OIDCScope "openid email profile"
OIDCPKCEMethod S256
OIDCPassClaimsAs headers
OIDCSessionType server-cache
${more}
<Location "/">
  AuthType openid-connect
  <RequireAll>
    Require claim organization_id:acme
    Require claim groups:admins
    Require claim "email~^[^@]+@acme.example$"
  </RequireAll>
  RequestHeader set X-User "expr=%{REMOTE_USER}"
  RequestHeader set X-Gateway-Secret "a-shared-secret-of-thirty-two-bytes-and-more"
</Location>
ProxyPass "/_oidc" "!"
ProxyPass "/" "${upstream}/"
`
  writeFileSync(join(folder, 'httpd.conf'), conf)
  const child = spawn('/usr/sbin/apache2', ['-f', join(folder, 'httpd.conf'), '-DFOREGROUND'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  await listening(port)
  return {
    pid: pidOf(child.pid),
    port,
    stop: async () => {
      await stop(child)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** The same with somebody signed in. */
export async function startApache(upstream: string, op: Op): Promise<Subject> {
  const running = await launchApache(upstream, op)
  const url = `http://localhost:${running.port}`
  op.register({ redirectUris: [`${url}/_oidc/callback`] })
  const browser = new Browser()
  const page = await browser.visit(url)
  if (page.url.pathname.startsWith('/interaction/')) {
    page.url.searchParams.set('as', 'adam')
    await browser.visit(page.url)
  }
  const session = browser.cookies('localhost').get('mod_auth_openidc_session')
  if (session === undefined) throw new Error('nobody could sign in at Apache')
  return {
    ...running,
    url: `${url}${target}`,
    headers: { Cookie: `mod_auth_openidc_session=${session}; theirs=1` },
  }
}

export function pidOf(pid: number | undefined): number {
  if (pid === undefined) throw new Error('a process did not start')
  return pid
}

/** Until the port takes connections. */
export async function listening(port: number): Promise<void> {
  const until = Date.now() + 120_000
  while (!(await takesConnections(port))) {
    if (Date.now() > until) throw new Error(`nothing listens on port ${port}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

function takesConnections(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', () => resolve(false))
  })
}
