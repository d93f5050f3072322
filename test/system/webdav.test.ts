import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { startApache } from '../support/apache.ts'
import { storeKey } from '../support/api-keys.ts'
import { Browser } from '../support/browser.ts'
import { sharedSecret, signedIn, startFront, visitAs } from '../support/front.ts'
import { startTestGateway } from '../support/gateway.ts'
import { startOp } from '../support/op.ts'
import { freePort } from '../support/ports.ts'
import { startRadicale, useCalendar } from '../support/radicale.ts'

// Debian's mod_dav and Radicale behind the gateway, as people keep files and calendars.

const modules = '/usr/lib/apache2/modules'
const files = mkdtempSync(join(tmpdir(), 'claimgate-dav-'))
for (const name of ['', 'open', 'staff', 'admin', 'shut', 'base/open', 'base/shut'].map((path) =>
  join(files, path),
)) {
  mkdirSync(name, { recursive: true })
  // As root the workers are another user's.
  chmodSync(name, 0o777)
}
const apache = await startApache({
  port: await freePort(),
  config: `
LoadModule dav_module ${modules}/mod_dav.so
LoadModule dav_fs_module ${modules}/mod_dav_fs.so
ServerName localhost
DavLockDB ${files}/locks
DocumentRoot ${files}
<Directory ${files}>
  Dav On
  Require all granted
</Directory>
`,
})
const methods = '[GET, PUT, DELETE, OPTIONS, webdav]'
const front = await startFront({
  app: (port) => `
    require: signed_in
  files:
    url: http://localhost:${port}/base
    upstream: ${apache.url}
    shared_secret: ${sharedSecret}
    require: signed_in
    locations:
      - { path: /base/open, methods: ${methods}, require: signed_in }
      - { path: /base/shut, methods: ${methods}, require: { groups: admins } }
  tree:
    url: http://localhost:${port}/tree
    upstream: { url: "${apache.url}/base", strip_prefix: true }
    shared_secret: ${sharedSecret}
    require: signed_in
    locations:
      - { path: /tree/open, methods: ${methods}, require: signed_in }
      - { path: /tree/shut, methods: ${methods}, require: { groups: admins } }
  site:
    url: https://files.example.com
    upstream: ${apache.url}
    shared_secret: ${sharedSecret}
    require: anyone
    locations:
      - { path: /open, methods: ${methods}, require: anyone }
      - { path: /shut, methods: ${methods}, require: nobody }
  own-name:
    url: https://own.example.com
    upstream: { url: "${apache.url}", preserve_host: true }
    shared_secret: ${sharedSecret}
    require: anyone
    locations:
      - { path: /open, methods: ${methods}, require: anyone }
`,
})
t.teardown(async () => {
  await front.close()
  await apache.stop()
  rmSync(files, { recursive: true, force: true })
})

interface Asked {
  readonly to?: string
  readonly host?: string
  readonly cookie?: string
  readonly body?: string
}

function ask(method: string, path: string, { to, host, cookie, body }: Asked): Promise<number> {
  const headers = {
    ...(host === undefined ? {} : { host }),
    ...(cookie === undefined ? {} : { cookie }),
    ...(to === undefined ? {} : { destination: to }),
  }
  return new Promise((resolve, reject) => {
    const request = http.request(front.url + path, { method, headers, agent: false }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode ?? 0))
    })
    request.on('error', reject).end(body)
  })
}

async function cookieOf(person: 'alice' | 'adam'): Promise<string> {
  return ownCookie(await signedIn(front, person))
}

function ownCookie(browser: Browser): string {
  const own = [...browser.cookies('localhost')].filter(([name]) => /^claimgate-\d+$/.test(name))
  return own.map(([name, value]) => `${name}=${value}`).join('; ')
}

const on = (path: string): string => join(files, path)

for (const [site, top, disk] of [
  ['http, the path as it is', '/base', 'base'],
  ['http, another path at the server', '/tree', 'base'],
] as const) {
  t.test(
    `mod_dav by ${site}: into a closed folder moves only who may, into an open one everybody`,
    async (t) => {
      const [alice, adam] = [await cookieOf('alice'), await cookieOf('adam')]
      for (const method of ['COPY', 'MOVE']) {
        for (const place of [`${front.url}${top}`, `HTTP://LOCALHOST:${front.gateway.port}${top}`]) {
          writeFileSync(on(`${disk}/open/a`), method)
          chmodSync(on(`${disk}/open/a`), 0o666)
          const what = `${method} to ${place}`
          t.equal(await ask(method, `${top}/open/a`, { to: `${place}/shut/a`, cookie: alice }), 403, what)
          t.notOk(existsSync(on(`${disk}/shut/a`)), 'nothing was written')
          t.ok(existsSync(on(`${disk}/open/a`)), 'nothing was taken away')
          t.equal(
            await ask(method, `${top}/open/a`, { to: `${top}/shut/a`, cookie: alice }),
            403,
            'by its path',
          )
          t.equal(await ask(method, `${top}/open/a`, { to: `${place}/shut/a` }), 401, 'and nobody at all')
          t.equal(await ask(method, `${top}/open/a`, { to: `${place}/open/b%20c`, cookie: alice }), 201, what)
          t.equal(readFileSync(on(`${disk}/open/b c`), 'utf8'), method)
          t.equal(existsSync(on(`${disk}/open/a`)), method === 'COPY')
          t.equal(await ask(method, `${top}/open/b%20c`, { to: `${place}/shut/b`, cookie: adam }), 201, what)
          rmSync(on(`${disk}/shut/b`))
          rmSync(on(`${disk}/open/b c`), { force: true })
          rmSync(on(`${disk}/open/a`), { force: true })
        }
      }
    },
  )
}

t.test('mod_dav by https: the address that browsers know is its own to the server', async (t) => {
  for (const host of ['files.example.com', 'own.example.com']) {
    for (const place of [`https://${host}`, `https://${host}:443`]) {
      t.equal(await ask('PUT', '/open/a', { host, body: 'here' }), 201)
      t.equal(await ask('MOVE', '/open/a', { host, to: `${place}/open/b` }), 201, `to ${place}/open/b`)
      t.equal(readFileSync(on('open/b'), 'utf8'), 'here')
      rmSync(on('open/b'))
    }
  }
  const host = 'files.example.com'
  t.equal(await ask('PUT', '/open/a', { host, body: 'here' }), 201)
  for (const [to, status] of [
    ['https://files.example.com/shut/a', 403],
    ['/shut/a', 403],
    ['/%73hut/a', 403],
    ['https://files.example.com/open/../shut/a', 400],
    ['//files.example.com/shut/a', 400],
    ['http://files.example.com/open/b', 400],
    [`${apache.url}/shut/a`, 400],
    ['https://own.example.com/open/b', 400],
  ] as const) {
    for (const method of ['COPY', 'MOVE'])
      t.equal(await ask(method, '/open/a', { host, to }), status, `${method} ${to}`)
  }
  t.ok(existsSync(on('open/a')))
  t.notOk(existsSync(on('shut/a')))
})

t.test('Radicale: a calendar program makes calendars, looks for events, and moves one', async (t) => {
  const [radicale, op] = [await startRadicale(), await startOp()]
  const gateway = await startTestGateway({
    yaml: ({ url }) => `
providers:
  op: { issuer: "${op.issuer}", client_id: ${op.clientId}, client_secret: ${op.clientSecret} }
api_keys: { store: sqlite }
apps:
  calendar:
    url: ${url}
    upstream: ${radicale.url}
    shared_secret: ${sharedSecret}
    credentials: [session, api_key]
    identity_headers: { X-Remote-User: name }
    require: signed_in
    locations:
      - { path: /, methods: ${methods}, require: signed_in }
`,
  })
  t.teardown(async () => {
    await gateway.close()
    await Promise.all([radicale.stop(), op.close()])
  })
  op.register({ redirectUris: [`${gateway.url}/.auth/callback`] })
  const browser = new Browser()
  await visitAs(browser, 'alice', `${gateway.url}/`)
  const calendars = {
    calendars: ['Team'],
    found: ['lunch', 'review'],
    moved: 201,
    left: 1,
    arrived: 1,
    after: ['Team'],
  }
  const told = await useCalendar(`${gateway.url}/`, ownCookie(browser))
  t.match(told, { principal: /\/Alice\/$/, ...calendars })
  // A phone has a field for a user name and one for a password.
  const key = await storeKey(t, gateway.folder, { claims: { name: 'Phone' } })
  t.match(await useCalendar(`${gateway.url}/`, key.id, key.secret), { principal: /\/Phone\/$/, ...calendars })
  t.equal(radicale.log(), '', 'nothing that it complains about')
})
