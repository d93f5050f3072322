import { createHmac } from 'node:crypto'
import {
  chmodSync,
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Claims } from '../../src/core/rules/claims.ts'
import { readApache } from '../../src/migration/apache/reading/read.ts'
import { isAtOrBelow, servedPaths } from '../../src/migration/apache/reading/served.ts'
import { readSite } from '../../src/migration/apache/reading/site.ts'
import { startApache } from './apache.ts'
import { type Answer, type Asked, folder as casesFolder, filesOf, site } from './apache-cases.ts'
import { freePort, portOf } from './ports.ts'
import { createAuthority } from './tls.ts'

// A configuration of httpd as it was before the conversion, run by Debian's httpd with mod_auth_openidc. People prove
// themselves by a bearer token, whose claims the module reads as those of a session: `auth-openidc` takes both. So its own
// `Require claim` decides, no sign-in has to be gone through, and whoever has no token is sent to the provider.

/** What all of them share: apps, provider, certificate. */
export interface Surroundings {
  /** Ports of the apps: one for each address that a configuration passes requests on to. */
  readonly apps: readonly number[]
  readonly socket: string
  readonly certificate: string
  readonly key: string
  close(): Promise<void>
}

export interface Original {
  ask(asked: Pick<Asked, 'method' | 'url' | 'claims' | 'clientAddress'>): Promise<Answer>
  close(): Promise<void>
}

/** What an app says, and what every file of httpd holds. */
const marker = 'this is the app'
const tokenKey = '0123456789abcdef0123456789abcdef'
const mostApps = 4
const authorizationEndpoint = 'https://idp.example/authorize'

export async function startSurroundings(): Promise<Surroundings> {
  const folder = mkdtempSync(join(tmpdir(), 'claimgate-original-'))
  chmodSync(folder, 0o755)
  const answer: RequestListener = (request, response) => {
    const metadata = {
      issuer: 'https://idp.example',
      authorization_endpoint: authorizationEndpoint,
      token_endpoint: 'https://idp.example/token',
      jwks_uri: 'https://idp.example/jwks',
      response_types_supported: ['code'],
    }
    const isMetadata = request.url === '/metadata'
    response.setHeader('content-type', isMetadata ? 'application/json' : 'text/plain')
    response.end(isMetadata ? JSON.stringify(metadata) : `${marker}: ${request.url}`)
  }
  const apps = Array.from({ length: mostApps }, () => createServer(answer))
  for (const app of apps) await new Promise<void>((resolve) => app.listen(0, '127.0.0.1', resolve))
  const socket = join(folder, 'app.sock')
  const behindSocket = createServer(answer)
  await new Promise<void>((resolve) => behindSocket.listen(socket, resolve))
  // The workers are another user's.
  chmodSync(socket, 0o777)
  const { key, cert } = createAuthority().issue({ names: ['DNS:app.example'] })
  const files = { certificate: join(folder, 'server.crt'), key: join(folder, 'server.key') }
  writeFileSync(files.certificate, cert)
  writeFileSync(files.key, key)
  return {
    apps: apps.map(portOf),
    socket,
    ...files,
    close: async () => {
      for (const server of [...apps, behindSocket]) {
        server.closeAllConnections()
        await new Promise((resolve) => server.close(resolve))
      }
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

const modules = [
  'alias dir autoindex mime env setenvif cgid wsgi access_compat allowmethods socache_shmcb ssl remoteip macro status',
  'reqtimeout dav auth_basic proxy_wstunnel slotmem_shm proxy_balancer lbmethod_byrequests ldap authnz_ldap',
  'authz_groupfile deflate',
].flatMap((names) => names.split(' '))

/** Starts httpd with it; what httpd does not start with it says in the error. */
export async function startOriginal(
  source: string,
  asked: readonly Pick<Asked, 'url'>[],
  surroundings: Surroundings,
  comeBy: ComeBy = 'sessions',
): Promise<Original> {
  const folder = mkdtempSync(join(tmpdir(), 'claimgate-disk-'))
  chmodSync(folder, 0o755)
  const port = await freePort()
  const place = { folder, port, surroundings, comeBy }
  const whole = filesOf(source).map(({ text }) => text)
  const text = onThisMachine(whole.join('\n'), place)
  copyAccessFiles(folder, comeBy)
  for (const [, name = ''] of source.matchAll(/^OIDCMetadataDir (\S+)/gm)) {
    cpSync(join(casesFolder, name), join(folder, name), { recursive: true })
  }
  mkdirSync(join(folder, 'htdocs'))
  writeFilesFor(text, asked, folder)
  const config = `${serverLines(folder, surroundings)}\n${text}`
  const env = { SECRET: 'a-secret-of-the-test' }
  const remove = (): void => rmSync(folder, { recursive: true, force: true })
  const errorPages = [...text.matchAll(/^\s*ErrorDocument \d+ (\/\S+)/gm)].map(([, page = '']) => page)
  const apache = await startApache({ port, config, modules, env }).catch((error: unknown) => {
    remove()
    throw error
  })
  return {
    ask: (one) => ask({ port, errorPages }, one),
    close: async () => {
      await apache.stop()
      remove()
    },
  }
}

function serverLines(folder: string, { certificate, key }: Surroundings): string {
  return [
    'ServerName localhost',
    'SSLEngine on',
    `SSLCertificateFile ${certificate}`,
    `SSLCertificateKeyFile ${key}`,
    'TypesConfig /etc/mime.types',
    `DocumentRoot ${folder}/htdocs`,
    'RemoteIPHeader X-Client-Address',
    'RemoteIPInternalProxy 127.0.0.1',
    'OIDCCryptoPassphrase a-passphrase-of-the-test',
    `OIDCOAuthVerifySharedKeys plain##${tokenKey}`,
    '<Directory />\nOptions +Indexes\n</Directory>',
  ].join('\n')
}

interface Place {
  readonly folder: string
  readonly port: number
  readonly surroundings: Surroundings
  readonly comeBy: ComeBy
}

/**
 * What a token that is sent stands for: the session that nobody went through a sign-in for, or what it is, an access token
 * at the places that take some.
 */
export type ComeBy = 'sessions' | 'tokens'

/** Of what decides who somebody is, the same for bearer tokens. */
function withTokens(text: string, comeBy: ComeBy): string {
  if (comeBy === 'tokens') return text
  return (
    text
      .replaceAll(/\bAuthType openid-connect/g, 'AuthType auth-openidc')
      // Tokens for it nobody has: whoever comes is nobody.
      .replaceAll(/\bAuthType oauth20/g, 'AuthType openid-connect')
  )
}

function copyAccessFiles(folder: string, comeBy: ComeBy): void {
  for (const name of globSync('**/.htaccess', { cwd: site.here })) {
    write(join(folder, site.there, name), withTokens(readFileSync(join(site.here, name), 'utf8'), comeBy))
  }
}

const upstream =
  /\b(http|ws)s?:\/\/((?:127\.0\.0\.1|localhost|10\.\d+\.\d+\.\d+|[\w.-]+\.internal)(?::\d+)?)(?![\w|])/g

/** The lines of another machine for this one: other addresses, other folders; nothing of what decides who gets in. */
function onThisMachine(text: string, { folder, port, surroundings, comeBy }: Place): string {
  const { apps, socket, certificate } = surroundings
  const addresses = new Set([...text.matchAll(upstream)].map(([, , address]) => address))
  const appOf = (address: string): number => {
    const port = apps[[...addresses].indexOf(address)]
    if (port === undefined) throw new Error(`more than ${mostApps} apps`)
    return port
  }
  return (
    withTokens(text, comeBy)
      .replaceAll(
        upstream,
        (_all, scheme: string, address: string) => `${scheme}://127.0.0.1:${appOf(address)}`,
      )
      .replaceAll(
        /^\s*(?:Listen|LoadModule|SSLCertificateKeyFile|OIDCOAuth(?!RemoteUserClaim)\w+|OIDCCryptoPassphrase) .*$/gm,
        '',
      )
      .replaceAll(/^\s*OIDCOAuthRemoteUserClaim .*$/gm, (line) => (comeBy === 'tokens' ? line : ''))
      .replaceAll(/^(\s*OIDC)(RemoteUserClaim .*)$/gm, comeBy === 'tokens' ? '$1$2' : '$1$2\n$1OAuth$2')
      .replaceAll(/(OIDCProviderMetadataURL) \S+/g, `$1 http://127.0.0.1:${apps[0]}/metadata`)
      .replaceAll(/(SSLCertificateFile) \S+/g, `$1 ${certificate}`)
      .replaceAll(/unix:\/run\/[\w.-]+/g, `unix:${socket}`)
      // What nobody has is what its machine had.
      .replaceAll(/(<IfModule mod_)wiki\b/g, '$1alias')
      .replaceAll(/(OIDCMetadataDir) (\S+)/g, `$1 ${folder}/$2`)
      .replaceAll(/(<VirtualHost [^>]*):443>/g, `$1:${port}>`)
      .replaceAll(/(?<=[\s"^])\/(?:srv|var\/www|usr\/lib\/cgi|etc\/pki)\b/g, (path) => `${folder}${path}`)
  )
}

/** What has to be there so that httpd finds something at each path that it is asked for. */
function writeFilesFor(text: string, asked: readonly Pick<Asked, 'url'>[], folder: string): void {
  for (const [, path = ''] of text.matchAll(/^\s*(?:<Directory|DocumentRoot) "?(\/[\w/.-]+)/gm)) {
    if (isAtOrBelow(path, folder)) mkdirSync(path, { recursive: true })
  }
  const surroundings = { folder: '/', readFile: () => ({ ok: false, reason: 'none' }) as const, defined: [] }
  const read = readApache([{ name: 'httpd.conf', text }], { ...surroundings, listFiles: () => [] })
  const hosts = read.ok ? readSite(read.nodes, read.folders) : []
  for (const { directives, rewriting } of hosts) {
    const served = servedPaths({ directives, paths: [], rewriting })
    for (const { path, file: told, isProgram } of served) {
      const file = told ?? join(folder, 'htdocs')
      if (!isAtOrBelow(file, folder)) continue
      if (isProgram) write(file, wsgiProgram)
      const here = asked
        .map(({ url }) => decodeURI(new URL(url).pathname))
        .filter((one) => isAtOrBelow(one, path))
        .toSorted((one, other) => other.length - one.length)
      const below = here.map((one) => (path === '/' ? one : one.slice(path.length)))
      if (!isProgram) for (const one of below) writeServed(join(file, one), /cgi/.test(file))
    }
  }
}

function writeServed(path: string, isScript: boolean): void {
  const isFolder = path.endsWith('/') || isFolderOnDisk(path)
  const name = isFolder ? join(path, 'index.html') : path
  write(name, isScript ? `#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\n${marker}'\n` : marker)
}

function isFolderOnDisk(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
}

const wsgiProgram = `def application(environ, start):
    start("200 OK", [("Content-Type", "text/plain")])
    return [b"${marker}"]
`

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o755 })
  if (existsSync(path)) return
  writeFileSync(path, text)
  chmodSync(path, 0o755)
}

function ask(
  { port, errorPages }: { readonly port: number; readonly errorPages: readonly string[] },
  { method, url, claims, clientAddress }: Pick<Asked, 'method' | 'url' | 'claims' | 'clientAddress'>,
): Promise<Answer> {
  const { hostname, pathname, search } = new URL(url)
  const headers = {
    host: hostname,
    accept: 'text/html',
    'x-client-address': clientAddress,
    ...(claims === null ? {} : { authorization: `Bearer ${tokenOf(claims)}` }),
  }
  const options = { host: '127.0.0.1', port, method, path: pathname + search, headers, servername: hostname }
  return new Promise((resolve, reject) => {
    const sent = request({ ...options, rejectUnauthorized: false, agent: false }, (answer) => {
      let body = ''
      answer.setEncoding('utf8')
      answer.on('data', (piece: string) => {
        body += piece
      })
      answer.on('end', () => {
        const { statusCode = 0, headers } = answer
        const isFolder = statusCode === 301 && headers.location?.endsWith(`${pathname}/`) === true
        const isIt = isFolder || (statusCode === 200 && isAnswer(body, errorPages))
        resolve(isIt ? 'allow' : refusal(statusCode, headers.location ?? '', claims))
      })
    })
    sent.on('error', (error: Error & { readonly code?: string }) =>
      // Without the certificate that it asks for, httpd ends the connection.
      error.code?.startsWith('ERR_SSL_') ? resolve('deny') : reject(error),
    )
    sent.end()
  })
}

/** What httpd takes from the app to show instead of a refusal is none. */
function isAnswer(body: string, errorPages: readonly string[]): boolean {
  return body.startsWith(marker) && !errorPages.some((page) => body === `${marker}: ${page}`)
}

function refusal(status: number, location: string, claims: Claims | null): Answer {
  if (location.startsWith(authorizationEndpoint)) return 'sign-in'
  // The page that asks for one of several providers is the module's own.
  return claims === null && (status === 401 || status === 200) ? 'sign-in' : 'deny'
}

function tokenOf(claims: Claims): string {
  const now = Math.floor(Date.now() / 1000)
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const signed = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ iat: now, exp: now + 3600, ...claims })}`
  return `${signed}.${createHmac('sha256', tokenKey).update(signed).digest('base64url')}`
}
