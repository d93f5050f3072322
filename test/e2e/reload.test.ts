import { readFileSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import { join } from 'node:path'
import t from 'tap'
import { type RunningGateway, startGateway } from '../../src/http/server/start.ts'
import { Browser } from '../support/browser.ts'
import { startEcho } from '../support/echo.ts'
import { visitAs } from '../support/front.ts'
import { loadFile } from '../support/load.ts'
import { startOp } from '../support/op.ts'
import { freePort, portOf } from '../support/ports.ts'
import { poll } from '../support/waiting.ts'
import { openWebSocket, startWebSocketApp } from '../support/websocket-app.ts'

const folder = t.testdir({})
const file = join(folder, 'claimgate.yaml')
const secretFile = join(folder, 'shared-secret')
const op = await startOp()
const echo = await startEcho()
const port = await freePort()
const url = `http://localhost:${port}`
op.register({ redirectUris: [`${url}/.auth/callback`] })

const yaml = (rules: string, upstream = echo.url) => `
listen: "127.0.0.1:${port}"
admin: false
session: { secret: a-session-secret-of-thirty-two-bytes-or-more }
providers:
  op: { issuer: "${op.issuer}", client_id: ${op.clientId}, client_secret: ${op.clientSecret} }
apps:
  wiki:
    url: ${url}
    upstream: ${upstream}
    shared_secret: "\${file:${secretFile}}"
    require: signed_in
    locations:
      - { path: /public, require: anyone }
${rules}`

writeFileSync(secretFile, 'the-first-shared-secret-of-32-bytes-or-more', { mode: 0o600 })
writeFileSync(file, yaml(''))
const log: Readonly<Record<string, unknown>>[] = []
const { gateway, source } = loadFile(file)
const running: RunningGateway = await startGateway(gateway, {
  env: {},
  warnings: [],
  source,
  logTo: { write: (line) => void log.push(JSON.parse(line)) },
})
t.teardown(async () => {
  await running.close(0)
  await Promise.all([op.close(), echo.close()])
})

const lastOf = (event: string) => log.findLast((line) => line.event === event)
const alice = new Browser()
await visitAs(alice, 'alice', `${url}/`)

t.test(
  'new rules are in force with the next request, and who is signed in stays so (S-162, S-221)',
  async (t) => {
    t.equal((await alice.visit(`${url}/admin`)).status, 200)
    writeFileSync(file, yaml('      - { path: /admin, require: { groups: admins } }'))
    await running.reload()
    t.match(lastOf('config.loaded'), { edition: 2, apps: 1 })
    t.equal((await alice.visit(`${url}/admin`)).status, 403)
    t.equal((await alice.visit(`${url}/`)).status, 200)
    t.match(lastOf('request'), { edition: 2 })
  },
)

t.test('pages follow: names, words, colour and language are those of the edition', async (t) => {
  const before = readFileSync(file, 'utf8')
  const refused = async () => (await alice.visit(`${url}/admin`)).body
  t.match(await refused(), '<bdi>Alice</bdi>')
  const texts = join(folder, 'texts.yaml')
  writeFileSync(texts, 'de: { forbidden.title: Kein Zutritt }\n')
  const pages = 'pages: { language: de, accent: "#808080", texts: texts.yaml }\n'
  writeFileSync(file, pages + before.replace('  op: { ', '  op: { display_name: email, '))
  await running.reload()
  const page = await refused()
  t.match(page, '<h1>Kein Zutritt</h1>')
  t.match(page, '<bdi>alice@acme.example</bdi>', 'she signed in before it was asked for')
  t.match(page, '--accent: #808080;')
  writeFileSync(texts, 'de: { forbidden.title: Heute nicht }\n')
  await running.reload()
  t.match(await refused(), '<h1>Heute nicht</h1>', 'a file that the configuration names is read again')
  writeFileSync(texts, 'de: { forbidden.titel: Nie }\n')
  await running.reload()
  t.match(lastOf('config.rejected')?.faults, [
    /texts\.yaml:1:7 de\."forbidden\.titel": unknown sentence; did you mean/,
  ])
  t.match(await refused(), '<h1>Heute nicht</h1>')
  writeFileSync(file, before)
  await running.reload()
})

t.test('a configuration with faults changes nothing, and every fault is told (S-208)', async (t) => {
  const good = readFileSync(file, 'utf8')
  writeFileSync(file, `${good.replace('require: signed_in', 'requier: signed_in')}\nnonsense: true\n`)
  await running.reload()
  const rejected = lastOf('config.rejected')
  t.match(rejected, { edition: 5 })
  t.match(rejected?.faults, [/requier/, /nonsense/])
  t.equal((await alice.visit(`${url}/admin`)).status, 403, 'the rules before are in force')
  writeFileSync(file, good)
  await running.reload()
  t.match(lastOf('config.unchanged'), { edition: 5 })
  t.match(log.at(-1), { event: 'config.unchanged' }, 'what is in force is not loaded again')
})

t.test('what only a restart can change is refused, with the key', async (t) => {
  const good = readFileSync(file, 'utf8')
  writeFileSync(
    file,
    good
      .replace(`listen: "127.0.0.1:${port}"`, 'listen: "127.0.0.1:1"')
      .replace('secret: a-', 'store: memory, secret: a-'),
  )
  await running.reload()
  t.match(lastOf('config.rejected')?.faults, [/listen: .*restart/, /session\.store: .*restart/])
  writeFileSync(file, good)
})

t.test('a secret that is changed in its own file goes to the app without anybody saying so', async (t) => {
  const before = log.filter((line) => line.event === 'config.loaded').length
  writeFileSync(secretFile, 'the-second-shared-secret-of-32-bytes-or-more')
  const loaded = () => log.filter((line) => line.event === 'config.loaded').length
  await poll('the configuration to be loaded again', loaded, (count) => count > before)
  const page = await alice.visit(`${url}/`)
  t.same(JSON.parse(page.body).headers['x-gateway-secret'], ['the-second-shared-secret-of-32-bytes-or-more'])
})

t.test('a request in flight is answered by the app that it went to', async (t) => {
  const held: http.ServerResponse[] = []
  const slow = http.createServer((_request, response) => {
    response.writeHead(200).write('first ')
    held.push(response)
  })
  await new Promise<void>((resolve) => slow.listen(0, '127.0.0.1', resolve))
  t.teardown(() => slow.close())
  writeFileSync(file, yaml('', `http://127.0.0.1:${portOf(slow)}`))
  await running.reload()
  const page = alice.visit(`${url}/public/slow`)
  const asked = () => held[0]
  const response = await poll('the app to be asked', asked, (one) => one !== undefined)
  writeFileSync(file, yaml(''))
  await running.reload()
  t.equal(
    JSON.parse((await alice.visit(`${url}/public/x`)).body).target,
    '/public/x',
    'the next goes to the new one',
  )
  response?.end('and last')
  t.equal((await page).body, 'first and last')
})

t.test('a WebSocket stays over a reload, unless its rules keep the person out now', async (t) => {
  const app = await startWebSocketApp()
  t.teardown(() => app.close())
  const open = (rules: string) => yaml(`      - { path: /ws, websocket: true, ${rules} }`, app.url)
  const reload = async (text: string) => {
    writeFileSync(file, text)
    await running.reload()
  }
  await reload(open('require: signed_in'))
  const cookie = [...alice.cookies('localhost')].map(([name, value]) => `${name}=${value}`).join('; ')
  const socket = await openWebSocket(`ws://localhost:${port}/ws`, { cookie, origin: url })
  let closed: number | null = null
  socket.closed.then((code) => {
    closed = code
  })
  await reload(open('require: { email: { domain: acme.example } }'))
  await alice.visit(`${url}/public/x`, { follow: false })
  t.equal(closed, null, 'she meets the new rule too')
  await reload(open('require: { groups: admins }'))
  t.equal(await socket.closed, 1008)
  await reload(yaml(''))
})

t.test('under load, a thousand reloads fail not one request', async (t) => {
  const rules = [yaml(''), yaml('      - { path: /admin, require: { groups: admins } }')]
  const agent = new http.Agent({ keepAlive: true, maxSockets: 4 })
  const cookie = [...alice.cookies('localhost')].map(([name, value]) => `${name}=${value}`).join('; ')
  const get = (path: string) =>
    new Promise<number>((resolve, reject) => {
      http
        .get(`${url}${path}`, { agent, headers: { cookie } }, (response) => {
          response.resume().on('end', () => resolve(response.statusCode ?? 0))
        })
        .on('error', reject)
    })
  let going = true
  const statuses = new Map<number, number>()
  const client = async () => {
    while (going) {
      const status = await get('/x')
      statuses.set(status, (statuses.get(status) ?? 0) + 1)
    }
  }
  const clients = [client(), client(), client(), client()]
  for (let count = 0; count < 1000; count++) {
    writeFileSync(file, rules[count % 2] ?? '')
    await running.reload()
    await new Promise((resolve) => setImmediate(resolve))
  }
  going = false
  await Promise.all(clients)
  agent.destroy()
  t.same([...statuses.keys()], [200])
  t.ok((statuses.get(200) ?? 0) > 100, `${statuses.get(200)} requests`)
})
