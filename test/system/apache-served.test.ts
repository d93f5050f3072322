import { chmodSync, globSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import t from 'tap'
import { readFromDisk } from '../../src/config/files.ts'
import type { Gateway } from '../../src/core/gateway.ts'
import type { Claims } from '../../src/core/rules/claims.ts'
import { probe } from '../../src/http/admission/probe.ts'
import { convertApache } from '../../src/migration/apache/apache.ts'
import { newest } from '../../src/migration/apache/versions.ts'
import { startApache } from '../support/apache.ts'
import { freePort } from '../support/ports.ts'

// Where httpd serves the app itself: files and their .htaccess, CGI, WSGI. PHP is left out: to the rules it is a handler as
// CGI is. Debian's httpd says who gets in there, and the converted rules let in nobody else. People prove themselves by a
// password in httpd, as in apache-trees.

const people: Readonly<Record<string, Claims>> = {
  alice: { groups: ['admins'] },
  cleo: { groups: ['staff'] },
}

type Answer = 'allow' | 'deny' | 'sign-in'

interface Served {
  readonly name: string
  readonly text: (folder: string) => string
  /** Path: what httpd answers nobody, alice and cleo. */
  readonly asks: Readonly<Record<string, readonly [Answer, Answer, Answer]>>
  /** Paths at which the rules are exactly httpd's; elsewhere they may be stricter. */
  readonly alike: readonly string[]
}

/** Above the virtual hosts: it holds in each of them. */
const server = '<Location /server>\nAuthType openid-connect\nRequire claim groups:admins\n</Location>'

const staff = (path: string, more = '') =>
  `<Directory ${path}>\nAuthType openid-connect\nRequire claim groups:staff\n${more}</Directory>`

const served: readonly Served[] = [
  {
    name: 'files',
    text: (folder) =>
      [
        `DocumentRoot ${folder}/www`,
        `ScriptAlias /cgi-bin ${folder}/cgi`,
        '<Directory />\nRequire all denied\n</Directory>',
        staff(`${folder}/www`, 'AllowOverride All\n'),
        `<Directory ${folder}/cgi>\nAuthType openid-connect\nRequire claim groups:admins\n</Directory>`,
      ].join('\n'),
    asks: {
      '/page.txt': ['sign-in', 'deny', 'allow'],
      '/inner/page.txt': ['sign-in', 'allow', 'deny'],
      '/cgi-bin/who': ['sign-in', 'allow', 'deny'],
      '/server/page.txt': ['sign-in', 'allow', 'deny'],
    },
    alike: ['/page.txt', '/inner/page.txt', '/cgi-bin/who', '/server/page.txt'],
  },
  {
    name: 'names',
    text: (folder) =>
      [
        `DocumentRoot ${folder}/names`,
        staff(`${folder}/names`, '<Files secret.txt>\nRequire claim groups:admins\n</Files>\n'),
      ].join('\n'),
    asks: {
      '/page.txt': ['sign-in', 'deny', 'allow'],
      '/secret.txt': ['sign-in', 'allow', 'deny'],
    },
    alike: [],
  },
  {
    name: 'wsgi',
    text: (folder) => `WSGIScriptAlias / ${folder}/wsgi/app.wsgi\n${staff(`${folder}/wsgi`)}`,
    asks: {
      '/': ['sign-in', 'deny', 'allow'],
      '/admin/x': ['sign-in', 'deny', 'allow'],
      '/server/x': ['sign-in', 'allow', 'deny'],
    },
    alike: ['/', '/admin/x', '/server/x'],
  },
]

/** The same for passwords: groups of a file stand for those of a claim. */
function withPasswords(text: string, folder: string): string {
  return text.replaceAll('AuthType openid-connect', passwords(folder)).replaceAll('claim groups:', 'group ')
}

function passwords(folder: string): string {
  return `AuthType Basic\nAuthName x\nAuthUserFile ${folder}/users\nAuthGroupFile ${folder}/groups`
}

function convert(text: string, folder: string): Gateway {
  const head = `ServerName app.example
OIDCProviderMetadataURL https://idp.example/.well-known/openid-configuration
OIDCClientID app
OIDCClientSecret \${SECRET}
OIDCRedirectURI https://app.example/callback
OIDCRemoteUserClaim sub`
  const converted = convertApache({
    files: [
      { name: 'httpd.conf', text: `${server}\n<VirtualHost *:443>\n${head}\n${text}\n</VirtualHost>\n` },
    ],
    folder,
    // What httpd reads there is about passwords; what is converted is about claims.
    readFile: (path) => {
      const read = readFromDisk(path)
      if (!read.ok) return read
      const said = Buffer.from(read.bytes).toString().replaceAll('Require group ', 'Require claim groups:')
      return { ...read, bytes: Buffer.from(said) }
    },
    listFiles: (pattern) => globSync(pattern).toSorted(),
    version: newest,
    defined: [],
  })
  if (!converted.ok || converted.gateway === null) throw new Error(`it does not convert:\n${text}`)
  return converted.gateway
}

function ours(gateway: Gateway, path: string, user: string | null): Answer {
  const claims = user === null ? null : { iss: 'https://idp.example', sub: user, ...people[user] }
  const person = claims === null ? null : { provider: 'main', claims }
  const url = `https://app.example${path}`
  const { decision } = probe(gateway, { method: 'GET', url, person, clientAddress: '127.0.0.1' }).admission
  return decision.kind === 'allow' ? 'allow' : decision.kind === 'challenge' ? 'sign-in' : 'deny'
}

function ask(port: number, host: string, path: string, user: string | null): Promise<Answer> {
  const authorization = user === null ? {} : { authorization: `Basic ${btoa(`${user}:secret`)}` }
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, path, headers: { host, ...authorization } }
    const sent = request(options, (answer) => {
      answer.resume()
      const { statusCode } = answer
      answer.on('end', () =>
        resolve(statusCode === 200 ? 'allow' : statusCode === 401 && user === null ? 'sign-in' : 'deny'),
      )
    })
    sent.on('error', reject)
    sent.end()
  })
}

function write(folder: string, name: string, text: string, mode = 0o644): void {
  const path = join(folder, name)
  mkdirSync(dirname(path), { recursive: true, mode: 0o755 })
  writeFileSync(path, text)
  chmodSync(path, mode)
}

t.test('where httpd serves the app itself, the rules let in nobody whom it keeps out', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'claimgate-served-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  // The workers are another user's.
  chmodSync(folder, 0o755)
  write(
    folder,
    'users',
    ['alice', 'cleo'].map((name) => `${name}:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n`).join(''),
  )
  write(folder, 'groups', 'admins: alice\nstaff: cleo\n')
  for (const name of ['page.txt', 'inner/page.txt', 'server/page.txt']) write(folder, `www/${name}`, 'text\n')
  for (const name of ['page.txt', 'secret.txt']) write(folder, `names/${name}`, 'text\n')
  write(folder, 'www/inner/.htaccess', 'Require group admins\n')
  write(folder, 'cgi/who', '#!/bin/sh\nprintf "Content-Type: text/plain\\n\\nwho\\n"\n', 0o755)
  write(
    folder,
    'wsgi/app.wsgi',
    'def application(environ, start):\n    start("200 OK", [("Content-Type", "text/plain")])\n    return [b"wsgi"]\n',
  )
  const port = await freePort()
  const hosts = served.map(
    ({ name, text }) =>
      `<VirtualHost *:${port}>\nServerName ${name}.example\n${withPasswords(text(folder), folder)}\n</VirtualHost>`,
  )
  const apache = await startApache({
    port,
    config: [
      `ServerName localhost\nWSGISocketPrefix ${folder}/run`,
      withPasswords(server, folder),
      ...hosts,
    ].join('\n'),
    modules: ['alias', 'cgid', 'wsgi', 'auth_basic', 'authn_file', 'authz_groupfile'],
  })
  t.teardown(() => apache.stop())
  for (const { name, text, asks, alike } of served) {
    const gateway = convert(text(folder), folder)
    for (const [path, expected] of Object.entries(asks)) {
      const users = [null, 'alice', 'cleo']
      const httpd = await Promise.all(users.map((user) => ask(port, `${name}.example`, path, user)))
      t.same(httpd, expected, `${name} ${path}: httpd`)
      const verdicts = users.map((user) => ours(gateway, path, user))
      for (const [at, verdict] of verdicts.entries())
        if (verdict === 'allow') t.equal(httpd[at], 'allow', `${name} ${path}: ${users[at]} gets in at both`)
      if (alike.includes(path)) t.same(verdicts, expected, `${name} ${path}: the rules say the same`)
    }
  }
})
