// Tokens for apps with a real provider, which rotates refresh tokens, and a real app: Flask under gunicorn.
import http from 'node:http'
import t from 'tap'
import { Browser } from '../support/browser.ts'
import { createTestClock } from '../support/clock.ts'
import { startFlask } from '../support/flask.ts'
import { visitAs } from '../support/front.ts'
import { startTestGateway } from '../support/gateway.ts'
import { startOp } from '../support/op.ts'
import { freePort } from '../support/ports.ts'

const flask = await startFlask({
  folder: new URL('../support/', import.meta.url),
  app: 'strict_echo:app',
  env: {},
})
const op = await startOp({
  configuration: {
    rotateRefreshToken: true,
    issueRefreshToken: async () => true,
    scopes: ['openid', 'offline_access'],
    ttl: { AccessToken: 61, IdToken: 7200, RefreshToken: 86_400, Grant: 86_400, Session: 86_400 },
  },
})
const port = await freePort()
const url = `http://localhost:${port}`
op.register({
  redirectUris: [`${url}/.auth/callback`],
  metadata: { grant_types: ['authorization_code', 'refresh_token'] },
})
const clock = createTestClock(Math.floor(Date.now() / 1000))
const gateway = await startTestGateway({
  port,
  clock,
  yaml: () => `
providers:
  op: { issuer: "${op.issuer}", client_id: ${op.clientId}, client_secret: ${op.clientSecret} }
apps:
  wiki:
    url: ${url}
    upstream: ${flask.origin}
    require: signed_in
    identity_headers:
      X-Forwarded-User: user
      X-Forwarded-Access-Token: access_token
      X-Forwarded-Id-Token: id_token
`,
})
t.teardown(async () => {
  await gateway.close()
  await flask.stop()
  await op.close()
})

type Lines = readonly (readonly [name: string, value: string])[]

/** What Flask makes of the headers: WSGI folds names, and joins lines of one name by commas. */
function read(body: string): { readonly access: readonly string[]; readonly id: readonly string[] } {
  const { headers }: { headers: Lines } = JSON.parse(body)
  const valuesOf = (name: string) => headers.filter((line) => line[0] === name).map(([, value]) => value)
  return { access: valuesOf('X-Forwarded-Access-Token'), id: valuesOf('X-Forwarded-Id-Token') }
}

t.test('a real app has exactly the two tokens of the person, whatever the client sends', async (t) => {
  const browser = new Browser()
  const first = read((await visitAs(browser, 'alice', `${url}/admin`)).body)
  t.match(first.access, [/^[\w-]{20,}$/])
  t.match(first.id, [/^ey[\w-]+\.ey[\w-]+\.[\w-]+$/])
  t.equal(first.access.length + first.id.length, 2)
  const cookie = [...browser.cookies('localhost')].map(([name, value]) => `${name}=${value}`).join('; ')
  const mine = [
    'X-Forwarded-Access-Token',
    'X_Forwarded_Access_Token',
    'x-forwarded-access_token',
    'X-FORWARDED-ID-TOKEN',
  ]
  const spoofed = await get(`${url}/admin`, ['Cookie', cookie, ...mine.flatMap((name) => [name, 'mine'])])
  t.same(read(spoofed), first)
})

t.test(
  'a token that ends soon is another one before the app is asked, and rotation takes no alarm',
  async (t) => {
    const browser = new Browser()
    const first = read((await visitAs(browser, 'adam', `${url}/admin`)).body)
    const seen = new Set(first.access)
    for (let round = 1; round <= 3; round++) {
      clock.time += 35
      const pages = await Promise.all(
        [1, 2, 3, 4].map(() => browser.visit(`${url}/admin`, { follow: false })),
      )
      const tokens = pages.map(({ body }) => read(body).access)
      t.equal(new Set(tokens.flat()).size, 1, 'one for all that waited')
      t.notOk(seen.has(tokens[0]?.[0] ?? ''), `a new one, round ${round}`)
      seen.add(tokens[0]?.[0] ?? '')
    }
    t.equal(seen.size, 4)
  },
)

function get(address: string, headers: readonly string[]): Promise<string> {
  const { hostname, port, pathname } = new URL(address)
  const host = ['Host', `${hostname}:${port}`]
  return new Promise((resolve, reject) => {
    const asked = { hostname, port, path: pathname, headers: [...host, ...headers] }
    http
      .get(asked, (response) => {
        let body = ''
        response.on('data', (piece: Buffer) => {
          body += piece.toString()
        })
        response.on('end', () => resolve(body))
      })
      .on('error', reject)
  })
}
