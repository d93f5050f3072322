// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the configuration's own syntax
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { startGateway } from '../../src/http/server/start.ts'
import { Browser } from '../support/browser.ts'
import { startEcho } from '../support/echo.ts'
import { visitAs } from '../support/front.ts'
import { loadFile } from '../support/load.ts'
import { startOp } from '../support/op.ts'
import { freePort } from '../support/ports.ts'

const folder = t.testdir({})
const file = join(folder, 'claimgate.yaml')
const [allowed, banned] = [join(folder, 'people.txt'), join(folder, 'banned.txt')]
const op = await startOp()
const echo = await startEcho()
const port = await freePort()
const url = `http://localhost:${port}`
op.register({ redirectUris: [`${url}/.auth/callback`] })

writeFileSync(allowed, 'alice@acme.example\n')
writeFileSync(banned, 'bob@acme.example\n')
writeFileSync(
  file,
  `
listen: "127.0.0.1:${port}"
admin: false
session: { secret: a-session-secret-of-thirty-two-bytes-or-more }
providers:
  op: { issuer: "${op.issuer}", client_id: ${op.clientId}, client_secret: ${op.clientSecret} }
apps:
  wiki:
    url: ${url}
    upstream: ${echo.url}
    require: signed_in
    locations:
      - { path: /members, require: { email: "\${lines:people.txt}" } }
      - { path: /shop, require: { none: [{ email: "\${lines:${banned}}" }] } }
`,
)
const log: Readonly<Record<string, unknown>>[] = []
const { gateway, source } = loadFile(file)
const running = await startGateway(gateway, {
  env: {},
  warnings: [],
  source,
  logTo: { write: (line) => void log.push(JSON.parse(line)) },
})
t.teardown(async () => {
  await running.close(0)
  await Promise.all([op.close(), echo.close()])
})

const told = (event: string) => log.filter((line) => line.event === event)
const alice = new Browser()
await visitAs(alice, 'alice', `${url}/`)

async function change(path: string, content: string): Promise<readonly number[]> {
  writeFileSync(path, content)
  await running.reload()
  return [(await alice.visit(`${url}/members`)).status, (await alice.visit(`${url}/shop`)).status]
}

t.test('a list that changes is in force with the next request, without a sign-in', async (t) => {
  t.same(await change(allowed, 'alice@acme.example\n'), [200, 200])
  t.same(await change(allowed, 'carol@acme.example\n'), [403, 200])
  t.same(await change(allowed, '# members\r\n  alice@acme.example \r\n'), [200, 200])
  t.same(await change(banned, 'bob@acme.example\nalice@acme.example\n'), [200, 403])
  t.same(told('config.list-empty'), [])
})

t.test('a list that is emptied lets nobody in, and one that cannot be read changes nothing', async (t) => {
  t.same(await change(banned, ''), [200, 403], 'a deny list that was cut off')
  t.match(told('config.list-empty'), [{ level: 50, file: banned }])
  t.same(await change(allowed, '# nobody\n'), [403, 403])
  t.match(told('config.list-empty').slice(1), [{ file: allowed }, { file: banned }])
  t.same(
    await change(banned, 'bob@acme.example\nmal\u0007lory\n'),
    [403, 403],
    'a fault: the one before stays',
  )
  t.match(told('config.rejected').at(-1)?.faults, /banned.txt has a control character in line 2/)
  t.notMatch(JSON.stringify(told('config.rejected')), 'lory')
  await change(allowed, 'alice@acme.example\n')
  t.same(await change(banned, 'bob@acme.example\n'), [200, 200])
})
