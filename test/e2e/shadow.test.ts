import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { type RunningGateway, startGateway } from '../../src/http/server/start.ts'
import { Browser } from '../support/browser.ts'
import { startEcho } from '../support/echo.ts'
import { visitAs } from '../support/front.ts'
import { loadFile } from '../support/load.ts'
import { startOp } from '../support/op.ts'
import { freePort } from '../support/ports.ts'
import { poll } from '../support/waiting.ts'

const folder = t.testdir({})
const file = join(folder, 'claimgate.yaml')
const next = join(folder, 'next.yaml')
const op = await startOp()
const echo = await startEcho()
const port = await freePort()
const adminPort = await freePort()
const url = `http://localhost:${port}`
op.register({ redirectUris: [`${url}/.auth/callback`] })

const yaml = (locations: readonly string[], top = '') => `${top}
listen: "127.0.0.1:${port}"
admin: "127.0.0.1:${adminPort}"
session: { secret: a-session-secret-of-thirty-two-bytes-or-more }
providers:
  op: { issuer: "${op.issuer}", client_id: ${op.clientId}, client_secret: ${op.clientSecret} }
apps:
  wiki:
    url: ${url}
    upstream: ${echo.url}
    shared_secret: the-shared-secret-of-32-bytes-or-more
    require: signed_in
    locations:
${locations.map((line) => `      - { ${line} }`).join('\n')}
`
const inForce = ['path: /public, require: anyone', 'path: /admin, require: { groups: admins }']
const strict = ['path: /public, require: signed_in', 'path: /reports, require: { groups: staff }']
const open = ['path: /admin, require: anyone', 'path: /ws, require: nobody']
const rehearsed = [...strict, ...open].map((line) => `${line}, enforce: false`)

writeFileSync(file, yaml([...inForce, ...rehearsed]))
const log: Readonly<Record<string, unknown>>[] = []
const { gateway, warnings, source } = loadFile(file)
const running: RunningGateway = await startGateway(gateway, {
  env: {},
  warnings,
  source,
  logTo: { write: (line) => void log.push(JSON.parse(line)) },
})
t.teardown(async () => {
  await running.close(0)
  await Promise.all([op.close(), echo.close()])
})

const lastOf = (event: string) => log.findLast((line) => line.event === event)

/** The access line of the last request; it is written when the answer has gone. */
async function lineOf(path: string): Promise<Readonly<Record<string, unknown>>> {
  const look = () => log.findLast((one) => one.event === 'request' && one.path === path)
  return (await poll(`the access line of ${path}`, look, (line) => line !== undefined)) ?? {}
}

const nobody = new Browser()
const alice = new Browser()
await visitAs(alice, 'alice', `${url}/`)

t.test('the start says how many locations are rehearsed', async (t) => {
  t.match(lastOf('config.shadow'), { rehearsed: 4 })
  t.notOk('shadow' in (lastOf('config.shadow') ?? {}))
})

t.test('a rehearsal lets nobody in and keeps nobody out, and the log tells the difference', async (t) => {
  t.equal((await nobody.visit(`${url}/public/a`)).status, 200)
  t.match(await lineOf('/public/a'), {
    decision: 'allow',
    shadow_decision: 'challenge',
    shadow_reason: 'no-session',
  })
  t.equal((await alice.visit(`${url}/reports/a`)).status, 200)
  const detail = 'groups was an empty list, rule wants "staff"'
  t.match(await lineOf('/reports/a'), { decision: 'allow', shadow_decision: 'deny', shadow_detail: detail })
  t.equal((await alice.visit(`${url}/admin/a`)).status, 403)
  t.match(await lineOf('/admin/a'), { decision: 'deny', status: 403, shadow_decision: 'allow' })
  t.equal((await nobody.visit(`${url}/admin/b`, { follow: false })).status, 302)
  t.equal((await alice.visit(`${url}/x`)).status, 200)
  t.notOk('shadow_decision' in (await lineOf('/x')))
})

t.test('neither the client nor the app hears of it', async (t) => {
  const page = await alice.visit(`${url}/public/b`)
  const seen = JSON.parse(page.body)
  t.notMatch(page.body, /alice|shadow|rehears|op\.example/, 'nobody is identified at a location that is open')
  t.notOk('x-forwarded-user' in seen.headers)
  t.notOk('set-cookie' in page.headers)
  t.not(page.headers['cache-control'], 'private')
  t.match(await lineOf('/public/b'), {
    decision: 'allow',
    reason: 'open-to-anyone',
    shadow_reason: 'rule-met',
  })
  t.notOk('subject' in (await lineOf('/public/b')))
  const refused = await alice.visit(`${url}/admin/c`)
  t.notMatch(refused.body, /shadow|rehears|anyone/)
  const me = await alice.visit(`${url}/.auth/me`)
  t.notMatch(me.body, /staff|shadow/)
})

t.test('a WebSocket is judged by both too', async (t) => {
  await alice.visit(`${url}/ws/a`, { headers: { connection: 'Upgrade', upgrade: 'websocket' } })
  t.match(await lineOf('/ws/a'), {
    reason: 'websocket-invalid',
    shadow_decision: 'deny',
    shadow_reason: 'nobody-allowed',
    shadow_location: '/ws',
  })
})

t.test('the metric counts both verdicts', async (t) => {
  const metrics = await nobody.visit(`http://127.0.0.1:${adminPort}/metrics`)
  t.match(
    metrics.body,
    /^claimgate_shadow_decisions_total\{app="wiki",decision="allow",shadow="deny"\} \d+$/m,
  )
  t.match(
    metrics.body,
    /^claimgate_shadow_decisions_total\{app="wiki",decision="deny",shadow="allow"\} \d+$/m,
  )
})

t.test('a shadow file is rehearsed from the reload on, and its changes are noticed', async (t) => {
  writeFileSync(next, yaml([...inForce, strict[1] ?? '']))
  writeFileSync(file, yaml(inForce, 'shadow: next.yaml'))
  await running.reload()
  t.match(lastOf('config.loaded'), { edition: 2 })
  t.match(lastOf('config.shadow'), { rehearsed: 3, shadow: next })
  t.equal((await alice.visit(`${url}/reports/c`)).status, 200)
  t.match(await lineOf('/reports/c'), {
    edition: 2,
    location: '*',
    shadow_location: '/reports',
    shadow_decision: 'deny',
  })

  writeFileSync(next, yaml([...inForce, 'path: /reports, require: signed_in', 'path: /y, require: nobody']))
  const edition = () => lastOf('config.loaded')?.edition
  await poll('edition 3', edition, (number) => number === 3)
  t.match(lastOf('config.shadow'), { rehearsed: 4 })
  t.equal((await alice.visit(`${url}/reports/d`)).status, 200)
  t.notOk('shadow_decision' in (await lineOf('/reports/d')))
})

t.test('a shadow with faults is refused with its own places, and what was in force goes on', async (t) => {
  writeFileSync(next, `${yaml(inForce)}      - { path: /z, requier: signed_in }\n`)
  await running.reload()
  const { faults = [] } = lastOf('config.rejected') ?? {}
  t.match(faults, [/^\S+next\.yaml:\d+:9 apps\.wiki\.locations\[2\]\.require: is missing/, /requier/])
  t.equal((await alice.visit(`${url}/y`)).status, 200)
  t.match(await lineOf('/y'), { edition: 3, shadow_decision: 'deny' }, 'the shadow before it too')
})

t.test('without a shadow nothing is told any more', async (t) => {
  writeFileSync(file, yaml(inForce))
  await running.reload()
  t.match(lastOf('config.loaded'), { edition: 4 })
  await alice.visit(`${url}/reports/e`)
  t.notOk('shadow_decision' in (await lineOf('/reports/e')))
})
