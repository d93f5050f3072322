// A person's own key at two gateways on one data folder: it goes by what the provider says of its owner, and sleeps when a
// group is lost, when the provider calls them gone, and when an operator signs them out.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { command as keysCommand } from '../../src/commands/keys.ts'
import { command as sessionsCommand } from '../../src/commands/sessions.ts'
import { runIn } from '../commands/run.ts'
import { Browser } from '../support/browser.ts'
import { createTestClock } from '../support/clock.ts'
import { startEcho } from '../support/echo.ts'
import { startTestGateway } from '../support/gateway.ts'
import { type Bends, startHostileOp } from '../support/hostile-op.ts'
import { freePort } from '../support/ports.ts'
import { poll } from '../support/waiting.ts'

const [op, echo] = await Promise.all([startHostileOp({ host: 'localhost' }), startEcho()])
const folder = mkdtempSync(join(tmpdir(), 'claimgate-persons-keys-'))
const clock = createTestClock(Math.floor(Date.now() / 1000))
const yaml = ({ url }: { readonly url: string }): string => `
session: { store: sqlite }
api_keys:
  store: sqlite
  self_service: { at: ${url}, require: { groups: developers }, claims: [groups] }
providers:
  op: { issuer: "${op.issuer}", client_id: gateway, client_secret: canary-client-secret-of-32-bytes-or-more, recheck: { every: 15m, unanswered: 1h } }
apps:
  portal:
    url: ${url}
    upstream: ${echo.url}
    credentials: [session, api_key]
    require: signed_in
    identity_headers: { X-User: user, X-Groups: groups, X-Key: key_id }
`
const port = await freePort()
const portal = `http://localhost:${port}`
const first = await startTestGateway({ yaml, clock, folder, port })
const second = await startTestGateway({ yaml, clock, folder })
const file = join(folder, 'claimgate.yaml')
writeFileSync(file, `data: ${JSON.stringify(folder)}\n${yaml({ url: portal })}`)
t.teardown(async () => {
  await Promise.all([first.close(), second.close()])
  await Promise.all([op.close(), echo.close()])
  rmSync(folder, { recursive: true, force: true })
})

function says(groups: readonly string[]): void {
  const claims: Bends['claims'] = (proper) => ({ ...proper, groups })
  op.bends = { claims, refresh: { claims } }
}

function pass(seconds: number): void {
  clock.time += seconds
  op.now = clock.time
}

async function signIn(browser = new Browser()): Promise<Browser> {
  const { headers } = await browser.visit(`${portal}/.auth/login?return_to=/`, { follow: false })
  const back = op.authorize(new URL(headers.location ?? ''))
  await browser.visit(`${portal}/.auth/callback?${back}`, { follow: false })
  return browser
}

const run = (command: typeof keysCommand, ...args: readonly string[]) =>
  runIn(command, [...args, '-c', file], { cwd: folder, now: () => clock.time })

/** What both gateways come to say: they know within a second. */
async function both(key: string, wanted: number): Promise<readonly unknown[]> {
  const answers = await Promise.all(
    [first, second].map(({ url }) =>
      poll(
        `${wanted} at ${url}`,
        async () => {
          const answer = await fetch(`${url}/x`, { headers: { 'x-api-key': key }, redirect: 'manual' })
          return { status: answer.status, text: await answer.text() }
        },
        ({ status }) => status === wanted,
      ),
    ),
  )
  return answers.map(({ text }) => (wanted === 200 ? null : JSON.parse(text).reason))
}

Object.assign(op.refreshTokens, { issues: true, rotates: true, bringsIdToken: true, forgets: false })

t.test('a person’s key goes by what the provider says of its owner', async (t) => {
  says(['developers', 'people'])
  const browser = await signIn()
  const { user } = JSON.parse((await browser.visit(`${portal}/.auth/me`, { follow: false })).body)
  const made = await run(keysCommand, 'create', '--name', 'laptop', '--person', user, '--json')
  t.equal(made.stderr, '')
  const { api_key: key, id } = JSON.parse(made.stdout)
  await both(key, 200)
  const seen = { 'x-user': [user], 'x-groups': ['developers,people'], 'x-key': [id.slice(3)] }
  t.match(echo.received.at(-1)?.headers, seen)

  says(['people'])
  await signIn()
  t.same(await both(key, 401), ['key-asleep', 'key-asleep'], 'a group that was lost, at a sign-in')
  says(['developers'])
  await signIn(browser)
  await both(key, 200)

  says(['people'])
  pass(901)
  await browser.visit(`${portal}/x`, { follow: false })
  t.same(await both(key, 401), ['key-asleep', 'key-asleep'], 'the same when the provider is asked again')
  says(['developers'])
  pass(901)
  await browser.visit(`${portal}/x`, { follow: false })
  await both(key, 200)

  const kept = await run(sessionsCommand, 'revoke', '--user', user, '--keep-keys')
  t.match(kept, { code: 0, stdout: /^Revoked \d+ sessions?\.\nWhoever/ })
  await both(key, 200)
  await signIn(browser)
  const ended = await run(sessionsCommand, 'revoke', '--user', user)
  t.match(ended, { code: 0, stdout: /^Revoked 1 session\.\nPut 1 API key to sleep\.\n/ })
  t.same(await both(key, 401), ['key-asleep', 'key-asleep'], 'an operator signed them out')
  await signIn(browser)
  await both(key, 200)

  op.refreshTokens.endAll()
  pass(901)
  await browser.visit(`${portal}/x`, { follow: false })
  t.same(await both(key, 401), ['key-asleep', 'key-asleep'], 'the provider knows them no more')
})
