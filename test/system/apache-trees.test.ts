import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, createServer, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import type { Gateway } from '../../src/core/gateway.ts'
import type { Claims } from '../../src/core/rules/claims.ts'
import { probe } from '../../src/http/admission/probe.ts'
import { convertApache } from '../../src/migration/apache/apache.ts'
import { readApache } from '../../src/migration/apache/reading/read.ts'
import { readSite, type VirtualHost } from '../../src/migration/apache/reading/site.ts'
import { newest } from '../../src/migration/apache/versions.ts'
import { judgeApache, possibilitiesAt, type Verdict } from '../../src/migration/proof/apache-model.ts'
import { startApache } from '../support/apache.ts'
import { type ApacheTree, makeTree, treeFolders } from '../support/apache-trees.ts'
import { freePort, portOf } from '../support/ports.ts'

// Fifty of the small configurations that chance makes, each a virtual host of one httpd. People prove themselves by a password
// there, so that no provider is needed: how sections are merged and when somebody is asked who they are is httpd's own, whatever
// the type of authentication. The model says what httpd says, and nobody gets in at the gateway whom httpd keeps out.

const count = 50

const people: Readonly<Record<string, Claims>> = {
  alice: { groups: ['admins'] },
  bela: { groups: ['staff', 'banned'] },
  cleo: { groups: ['staff'] },
}

const users = [null, ...Object.keys(people)]

const paths = [
  ...['/', '/a', '/a/', '/a/b', '/a/b/', '/a/b/x', '/a/q/x', '/abc', '/b', '/b/', '/b/x', '/q/b', '/q/b/'],
  ...[
    '/admin',
    '/admin/',
    '/administrator',
    '/admin/x.css',
    '/admin/a',
    '/api',
    '/api/',
    '/api/b',
    '/api/q/x',
  ],
  ...['/api/open/x', '/x.php', '/a/x.php', '/gone', '/elsewhere/x'],
]

/** What of httpd and of the conversion has to be among the trees. */
const kinds: readonly RegExp[] = [
  ...[
    /<Directory .*\/a/,
    /<Files/,
    /Alias/,
    /<If /,
    /<IfDefine/,
    /RewriteCond[\s\S]*RewriteRule/,
    /\[P\]/,
    /\[F\]/,
  ],
  ...[
    /LocationMatch/,
    /<Location ~/,
    /<Limit /,
    /<LimitExcept/,
    /RequireNone/,
    /AuthMerging/,
    /Order /,
    /Satisfy/,
  ],
  ...[/<Proxy /, /ProxyPass \/b !/, /Location "\/\*/],
]

const head = `ServerName app.example
OIDCProviderMetadataURL https://idp.example/.well-known/openid-configuration
OIDCClientID app
OIDCClientSecret \${SECRET}
OIDCRedirectURI https://app.example/callback
OIDCRemoteUserClaim sub
`

const surroundings = {
  folder: '/',
  readFile: () => ({ ok: false, reason: 'none' }) as const,
  listFiles: () => [],
}

/** The same tree for passwords: groups of a file stand for those of a claim. */
function withPasswords(text: string, folder: string): string {
  return text
    .replaceAll(
      'AuthType openid-connect',
      `AuthType Basic\nAuthName x\nAuthUserFile ${folder}/users\nAuthGroupFile ${folder}/groups`,
    )
    .replaceAll('claim groups:', 'group ')
}

interface Tree extends ApacheTree {
  readonly host: VirtualHost
  readonly gateway: Gateway
}

function readTree(tree: ApacheTree): Tree {
  const files = [{ name: 'httpd.conf', text: head + tree.text }]
  const converted = convertApache({ files, ...surroundings, version: newest, defined: [] })
  const read = readApache(files, { ...surroundings, defined: [] })
  const [host] = read.ok ? readSite(read.nodes, read.folders) : []
  if (!converted.ok || converted.gateway === null || host === undefined) {
    throw new Error(`the tree does not convert:\n${tree.text}`)
  }
  return { ...tree, host, gateway: converted.gateway }
}

const agent = new Agent({ keepAlive: true, maxSockets: 8 })

interface Answer {
  readonly status: number
  readonly fromApp: boolean
}

function ask(port: number, host: string, method: string, path: string, user: string | null): Promise<Answer> {
  const authorization = user === null ? {} : { authorization: `Basic ${btoa(`${user}:secret`)}` }
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        agent,
        host: '127.0.0.1',
        port,
        method,
        path,
        headers: { host, 'content-length': 0, ...authorization },
      },
      (answer) => {
        answer.resume()
        answer.on('end', () =>
          resolve({ status: answer.statusCode ?? 0, fromApp: answer.headers['x-app'] !== undefined }),
        )
      },
    )
    sent.on('error', reject)
    sent.end()
  })
}

function verdictOn({ status, fromApp }: Answer, user: string | null, servesFiles: boolean): Verdict {
  // Files that are not there, or take no POST: nobody was kept from them.
  if (fromApp || (servesFiles && [200, 301, 404, 405].includes(status))) return 'allow'
  return status === 401 && user === null ? 'sign-in' : 'deny'
}

function gatewayVerdict(gateway: Gateway, method: string, path: string, claims: Claims | null): Verdict {
  const person = claims === null ? null : { provider: 'main', claims }
  const url = `https://app.example${path}`
  const { decision } = probe(gateway, { method, url, person, clientAddress: '127.0.0.1' }).admission
  return decision.kind === 'allow' ? 'allow' : decision.kind === 'challenge' ? 'sign-in' : 'deny'
}

t.test('httpd itself says what the model says, and keeps out nobody whom the gateway lets in', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'claimgate-trees-'))
  t.teardown(() => {
    agent.destroy()
    rmSync(folder, { recursive: true, force: true })
  })
  // The workers are another user's.
  chmodSync(folder, 0o755)
  for (const path of treeFolders) mkdirSync(join(folder, path), { recursive: true, mode: 0o755 })
  writeFileSync(
    join(folder, 'users'),
    Object.keys(people)
      .map((name) => `${name}:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n`)
      .join(''),
  )
  writeFileSync(join(folder, 'groups'), 'admins: alice\nstaff: bela cleo\nbanned: bela\n')
  const app = createServer((_request, response) => response.setHeader('x-app', 'yes').end('app'))
  await new Promise<void>((resolve) => app.listen(0, '127.0.0.1', resolve))
  t.teardown(() => new Promise((resolve) => app.close(resolve)))
  const place = { folder, upstream: `http://127.0.0.1:${portOf(app)}` }
  const trees = Array.from({ length: count }, (_, index) => readTree(makeTree(index + 1, place)))
  const all = trees.map(({ text }) => text).join('\n')
  for (const kind of kinds) t.match(all, kind, `${kind} is among the trees`)
  const port = await freePort()
  const hosts = trees.map(
    ({ text }, index) =>
      `<VirtualHost *:${port}>\nServerName t${index}.example\n${withPasswords(text, folder)}\n</VirtualHost>`,
  )
  const options = `<Directory ${folder}>\nOptions +Indexes\n</Directory>\nServerName localhost`
  const modules = ['alias', 'autoindex', 'auth_basic', 'authn_file', 'authz_groupfile', 'access_compat']
  const apache = await startApache({ port, config: [options, ...hosts].join('\n'), modules })
  t.teardown(() => apache.stop())
  const found: string[] = []
  let asked = 0
  for (const [index, { host, gateway, servesFiles, text }] of trees.entries()) {
    for (const path of paths) {
      const places = possibilitiesAt(host, path) ?? []
      const all = ['GET', 'POST'].flatMap((method) => users.map((user) => ({ method, user })))
      await Promise.all(
        all.map(async ({ method, user }) => {
          const claims = user === null ? null : { iss: 'https://idp.example', sub: user, ...people[user] }
          const httpd = verdictOn(await ask(port, `t${index}.example`, method, path, user), user, servesFiles)
          const judged = { method, path, claims, clientAddress: '127.0.0.1' }
          const model = places.map((one) => judgeApache(one, judged, { version: newest, ...context }))
          const ours = gatewayVerdict(gateway, method, path, claims)
          asked += 1
          const what = `tree ${index + 1}: ${method} ${path} as ${user ?? 'nobody'}: httpd ${httpd}`
          // What `ProxyPass … !` takes out the model leaves to httpd.
          const isLeftOut = text.includes('ProxyPass /b !') && /^\/b(?:\/|$)/.test(path)
          if (!isLeftOut && !model.includes(httpd))
            found.push(`${what}, model ${model.join(' or ')}\n${text}`)
          if (ours === 'allow' && httpd !== 'allow') found.push(`${what}, gateway ${ours}\n${text}`)
        }),
      )
    }
    if (found.length > 3) break
  }
  t.same(found, [])
  t.equal(asked, count * paths.length * 8)
})

const context = {
  remoteUser: { claim: 'sub', suffix: '', expression: null },
  withheld: { named: [], only: null },
  tokenUser: null,
}
