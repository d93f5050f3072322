import t from 'tap'
import type { Claims } from '../../src/core/rules/claims.ts'
import { convertApache } from '../../src/migration/apache/apache.ts'
import { readRemoteUser } from '../../src/migration/apache/provider/user.ts'
import { readApache } from '../../src/migration/apache/reading/read.ts'
import { readSite } from '../../src/migration/apache/reading/site.ts'
import type { Finding, JudgedRequest } from '../../src/migration/finding.ts'
import { announcedBy, announcementsAt, readAnnouncements } from '../../src/migration/proof/announced.ts'
import { judgeApache, possibilitiesAt, type Verdict } from '../../src/migration/proof/apache-model.ts'
import { type Apache, startApache } from '../support/apache.ts'
import { Browser } from '../support/browser.ts'
import { type Echo, startEcho } from '../support/echo.ts'
import { startTestGateway, type TestGateway } from '../support/gateway.ts'
import { type Op, startOp } from '../support/op.ts'
import { freePort } from '../support/ports.ts'

// Apache's own httpd with mod_auth_openidc beside the gateway, the one with a configuration, the other with what
// `claimgate convert` made of it: one provider, one app, the same requests of the same people. Every difference is one
// that the report named, and the model of httpd that `--prove` asks says what httpd itself says.

const version = [2, 4, 12, 3]

const source = (own: { readonly port: number; readonly op: Op; readonly echo: Echo }): string => `
ServerName localhost:${own.port}
OIDCProviderMetadataURL ${own.op.issuer}/.well-known/openid-configuration
OIDCClientID ${own.op.clientId}
OIDCClientSecret \${CLIENT_SECRET}
OIDCRedirectURI http://localhost:${own.port}/callback
OIDCCryptoPassphrase a-passphrase-of-the-test
OIDCScope "openid profile email"
OIDCPKCEMethod S256
OIDCRemoteUserClaim nickname
ProxyPass /callback !
ProxyPass / ${own.echo.url}/
<Location />
  AuthType openid-connect
  Require valid-user
</Location>
<Location /home>
  Require valid-user
</Location>
<Location /open>
  Require all granted
</Location>
<Location /closed>
  Require all denied
</Location>
<Location /admin>
  Require claim groups:admins
  Require claim "groups:IT Operations"
</Location>
<Location /admin/help>
  Require valid-user
</Location>
<Location /beside>
  Require valid-user
  Require claim groups:admins
</Location>
<Location /not-banned>
  <RequireAll>
    Require valid-user
    Require not claim groups:banned
  </RequireAll>
</Location>
<Location /never-ran>
  <RequireAll>
    Require all granted
    Require not claim groups:banned
  </RequireAll>
</Location>
<Location /eaten>
  Require claim email~@foo\\.example$
</Location>
<Location /set>
  Require claim email~@foo[.]example$
</Location>
<Location /level>
  Require claim level:3
</Location>
<Location /prefix>
  Require claim level:3abc
</Location>
<Location /nested>
  Require claim realm_access.roles:editor
</Location>
<Location /maybe>
  OIDCUnAuthAction pass
  Require valid-user
</Location>
<Location /bypass>
  OIDCUnAuthAction pass
  Require claim groups:admins
</Location>
<Location /write>
  <LimitExcept GET HEAD OPTIONS>
    Require claim groups:admins
  </LimitExcept>
</Location>
<Location /upload>
  <Limit POST>
    Require claim groups:admins
  </Limit>
  <LimitExcept POST>
    Require valid-user
  </LimitExcept>
</Location>
<Location /here>
  Require ip 127.0.0.1
</Location>
<Location /there>
  Require ip 192.0.2.0/24
</Location>
<Location /there-or-admin>
  Require ip 192.0.2.0/24
  Require claim groups:admins
</Location>
<Location /here-and-admin>
  <RequireAll>
    Require ip 127
    Require claim groups:admins
  </RequireAll>
</Location>
<Location /there-and-admin>
  <RequireAll>
    Require ip 192.0.2.0/24
    Require claim groups:admins
  </RequireAll>
</Location>
<Location /veto>
  <RequireAll>
    Require valid-user
    <RequireNone>
      Require claim level:3
      Require claim groups:banned
    </RequireNone>
  </RequireAll>
</Location>
<Location /user>
  Require user adam
</Location>
<Location /slash/>
  Require claim groups:admins
</Location>
<LocationMatch "^/match">
  Require claim groups:admins
</LocationMatch>
`

const paths = [
  ...['/', '/open', '/closed/x', '/admin', '/administrator', '/admin/help/x', '/beside', '/not-banned'],
  ...[
    '/never-ran',
    '/eaten',
    '/set',
    '/level',
    '/prefix',
    '/nested',
    '/maybe',
    '/bypass',
    '/write',
    '/upload',
  ],
  ...['/here', '/there', '/there-or-admin', '/here-and-admin', '/there-and-admin', '/veto', '/user'],
  ...['/slash', '/slash/x', '/match/x', '/matching'],
]

/** Every trap of the configuration above was stepped into. */
const expectedNames = [
  ...['eaten-backslash', 'email-verified', 'forbidden', 'nested-list', 'no-redirect', 'not-absent'],
  ...['not-before-sign-in', 'numeric-prefix', 'pass-bypasses-claims', 'path-expression', 'path-slash'],
]

const requests = paths.flatMap((path) => {
  const methods = path === '/write' || path === '/upload' ? ['GET', 'POST', 'DELETE'] : ['GET']
  return methods.map((method) => [method, path] as const)
})

const people: Readonly<Record<string, Claims>> = {
  adam: { groups: ['staff', 'admins'], level: 3, email: 'adam@foo.example', email_verified: true },
  bela: { groups: ['staff', 'banned'], level: 4, email: 'bela@fooxexample', email_verified: true },
  cleo: { groups: 'IT Operations', level: '3', email: 'cleo@foo.example', email_verified: false },
  dora: { realm_access: { roles: ['reader', 'editor'] } },
  emil: { groups: [], realm_access: [{ roles: ['editor'] }], level: true },
}

/** What each person says of themselves is decided here, whoever the provider believes them to be. */
let wearing: Claims = {}
const configuration = {
  claims: {
    openid: ['sub'],
    profile: ['nickname', 'groups', 'level', 'realm_access'],
    email: ['email', 'email_verified'],
  },
  findAccount: async (_ctx: unknown, id: string) => ({ accountId: id, claims: async () => wearing }),
}

interface Test {
  teardown(end: () => Promise<unknown>): void
  equal(found: unknown, wanted: unknown, message: string): unknown
}

interface Sides {
  readonly op: Op
  readonly apache: Apache
  readonly gateway: TestGateway
  readonly findings: readonly Finding[]
  readonly text: string
}

async function startSides(t: Test): Promise<Sides> {
  const op = await startOp({ configuration })
  t.teardown(() => op.close())
  const echo = await startEcho()
  t.teardown(() => echo.close())
  const ports = { apache: await freePort(), gateway: await freePort() }
  op.register({ redirectUris: Object.values(ports).map((port) => `http://localhost:${port}/callback`) })
  const env = { CLIENT_SECRET: op.clientSecret }
  const text = source({ port: ports.apache, op, echo })
  const apache = await startApache({ port: ports.apache, config: text, env })
  t.teardown(() => apache.stop())
  const converted = convert(source({ port: ports.gateway, op, echo }))
  const gateway = await startTestGateway({ port: ports.gateway, env, yaml: () => converted.yaml })
  t.teardown(() => gateway.close())
  return { op, apache, gateway, findings: converted.findings, text }
}

function convert(text: string) {
  const surroundings = { folder: '/', readFile: noFile, listFiles: () => [] }
  const files = [{ name: 'httpd.conf', text }]
  const converted = convertApache({ files, ...surroundings, version, defined: [] })
  if (!converted.ok) throw new Error(converted.faults.map(({ message }) => message).join('\n'))
  return converted
}

const noFile = () => ({ ok: false, reason: 'no such file' }) as const

function claimsOf(name: string): Claims {
  return { sub: 'alice', nickname: name, ...people[name] }
}

async function signIn(t: Test, name: string, url: string): Promise<Browser> {
  wearing = claimsOf(name)
  const browser = new Browser()
  const page = await browser.visit(`${url}/home`)
  page.url.searchParams.set('as', 'alice')
  const home = await browser.visit(page.url)
  t.equal(home.status, 200, `${name} is signed in at ${url}`)
  return browser
}

function verdictOn(status: number, name: string | null): Verdict {
  if (status === 200) return 'allow'
  return status === 302 || (status === 401 && name === null) ? 'sign-in' : 'deny'
}

t.test(
  'the original and the converted rules answer the same people alike, but where the report says so',
  async (t) => {
    const sides = await startSides(t)
    const read = readApache([{ name: 'httpd.conf', text: sides.text }], {
      folder: '/',
      readFile: noFile,
      listFiles: () => [],
      defined: [],
    })
    const [host] = read.ok ? readSite(read.nodes, read.folders) : []
    if (host === undefined) throw new Error('the configuration is not read')
    const remoteUser = readRemoteUser(host.directives, sides.op.issuer)
    let asked = 0
    const named = new Set<string>()
    for (const name of [null, ...Object.keys(people)]) {
      const signed =
        name === null
          ? null
          : {
              apache: await signIn(t, name, sides.apache.url),
              gateway: await signIn(t, name, sides.gateway.url),
            }
      const claims = name === null ? null : { iss: sides.op.issuer, ...claimsOf(name) }
      for (const [method, path] of requests) {
        // Strangers come with an empty jar each time: httpd counts the sign-ins that a browser began.
        const request: JudgedRequest = { method, path, claims, clientAddress: '127.0.0.1' }
        const options = { method, follow: false }
        const apache = await (signed?.apache ?? new Browser()).visit(sides.apache.url + path, options)
        const gateway = await (signed?.gateway ?? new Browser()).visit(sides.gateway.url + path, options)
        const what = `${method} ${path} as ${name ?? 'nobody'}`
        const [place, ...others] = possibilitiesAt(host, path) ?? []
        if (place === undefined || others.length > 0) throw new Error(`${path}: nothing is in doubt here`)
        const verdicts = [verdictOn(apache.status, name), verdictOn(gateway.status, name)] as const
        const model = judgeApache(place, request, {
          version,
          remoteUser,
          withheld: { named: [], only: null },
          tokenUser: null,
        })
        t.equal(model, verdicts[0], `the model says what httpd says: ${what}`)
        asked += 1
        if (apache.status === gateway.status) continue
        const statusOnly = sides.findings.find((one) => one.at === null && one.announces?.(request) === true)
        const told = announcementsAt(readAnnouncements(sides.findings), place, path)
        const finding = verdicts[0] === verdicts[1] ? statusOnly : announcedBy(told, request, ...verdicts)
        t.ok(finding, `${what}: httpd ${apache.status}, gateway ${gateway.status}`)
        named.add(finding?.id ?? 'nothing')
      }
    }
    t.ok(asked >= 40, `${asked} requests`)
    t.same([...named].toSorted(), expectedNames)
  },
)
