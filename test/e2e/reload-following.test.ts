// What is under way, or has been learnt, when a configuration changes: sign-ins, people, secrets, the log.
import { closeSync, openSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { startGateway } from '../../src/http/server/start.ts'
import { Browser } from '../support/browser.ts'
import { startEcho } from '../support/echo.ts'
import { startHostileOp } from '../support/hostile-op.ts'
import { type LiveGateway, startLiveGateway } from '../support/live-gateway.ts'
import { loadFile } from '../support/load.ts'

const op = await startHostileOp({ host: 'localhost' })
const echo = await startEcho()

interface Parts {
  readonly secret?: string
  readonly provider?: string
  readonly require?: string
  readonly top?: string
}

const text = (
  url: string,
  {
    secret = 'the-first-client-secret-of-32-bytes',
    provider = '',
    require = 'signed_in',
    top = '',
  }: Parts = {},
): string => `
providers:
  op: { issuer: "${op.issuer}", client_id: gateway, client_secret: ${secret}${provider} }
apps:
  wiki:
    url: ${url}
    upstream: ${echo.url}
    shared_secret: a-shared-secret-of-thirty-two-bytes-and-more
    require: ${require}
${top}
`

const gateway: LiveGateway = await startLiveGateway((url) => text(url))
const { url } = gateway
const reload = (parts: Parts) => gateway.reload(text(url, parts))
t.teardown(async () => {
  await gateway.close()
  await Promise.all([op.close(), echo.close()])
})

async function begin(browser: Browser): Promise<URL> {
  const { location } = (await browser.visit(`${url}/page`, { follow: false })).headers
  return new URL(location ?? 'nowhere:')
}

const finish = (browser: Browser, parameters: URLSearchParams) =>
  browser.visit(`${url}/.auth/callback?${parameters}`, { follow: false })

async function signedIn(): Promise<Browser> {
  const browser = new Browser()
  t.equal((await finish(browser, op.authorize(await begin(browser)))).status, 303)
  return browser
}

const statusOf = async (browser: Browser): Promise<number> =>
  (await browser.visit(`${url}/page`, { follow: false })).status

t.test('a sign-in that is under way completes, and the new rules judge who comes back (S-221)', async (t) => {
  const browser = new Browser()
  const parameters = op.authorize(await begin(browser))
  await reload({ require: '{ groups: admins }' })
  t.match(await finish(browser, parameters), { status: 303, headers: { location: '/page' } })
  t.equal(await statusOf(browser), 403)
  await reload({ require: 'signed_in' })
  t.equal(await statusOf(browser), 200)
  t.equal(
    (await finish(browser, parameters)).status,
    303,
    'used states are remembered: the page alone comes back',
  )
  t.equal(op.tokenRequests.length, 1, 'and no code is asked for twice')
})

t.test(
  'a client secret that is changed counts from the next code on, also for a sign-in under way',
  async (t) => {
    const shown = () => {
      const [, credentials = ''] = op.tokenRequests.at(-1)?.authorization?.split(' ') ?? []
      return Buffer.from(credentials, 'base64').toString().split(':')[1]
    }
    await signedIn()
    t.equal(shown(), 'the-first-client-secret-of-32-bytes')
    const browser = new Browser()
    const parameters = op.authorize(await begin(browser))
    await reload({ secret: 'the-second-client-secret-of-32-bytes' })
    t.equal((await finish(browser, parameters)).status, 303)
    t.equal(shown(), 'the-second-client-secret-of-32-bytes')
  },
)

t.test(
  'settings of a provider that are changed count; what is the same goes on with what it has learnt',
  async (t) => {
    await reload({ provider: ', scopes: [openid, groups]' })
    t.equal((await begin(new Browser())).searchParams.get('scope'), 'openid groups')
    const { metadata } = op.counts
    await reload({ provider: ', scopes: [openid, groups]', require: '{ groups: x }' })
    t.equal((await begin(new Browser())).searchParams.get('scope'), 'openid groups')
    t.equal(op.counts.metadata, metadata, 'its metadata is not read again')
    await reload({ provider: ', scopes: [openid]' })
    t.equal((await begin(new Browser())).searchParams.get('scope'), 'openid')
    t.equal(op.counts.metadata, metadata + 1)
  },
)

t.test(
  'who somebody is, is read anew: an address counts as soon as the file says so, and no longer',
  async (t) => {
    op.bends = { claims: (claims) => ({ ...claims, email: 'alice@acme.example' }) }
    t.teardown(() => {
      op.bends = {}
    })
    const require = '{ email: { domain: acme.example } }'
    await reload({ require, provider: ', claims_from: [id_token]' })
    const alice = await signedIn()
    t.equal(await statusOf(alice), 403)
    await reload({ require, provider: ', claims_from: [id_token], trust_email: true' })
    t.equal(await statusOf(alice), 200, 'without a new sign-in')
    await reload({ require, provider: ', claims_from: [id_token]' })
    t.equal(await statusOf(alice), 403)
  },
)

t.test('the log goes on by its new settings', async (t) => {
  await reload({})
  const alice = await signedIn()
  const subjectOf = async (path: string) => {
    await alice.visit(url + path, { follow: false })
    return gateway.log.findLast((line) => line.path === path)?.subject
  }
  t.match(await subjectOf('/hashed'), /^[\w-]{16}$/)
  await reload({ top: 'log: { subject: plain }' })
  t.equal(await subjectOf('/plain'), 'alice')
  await reload({ top: 'log: { subject: "off" }' })
  t.equal(await subjectOf('/off'), undefined)
})

t.test(
  'a file that was replaced where it is kept is told each time it happens, with the cure, and loads nothing',
  async (t) => {
    const folder = t.testdir({})
    const kept = join(folder, 'claimgate.yaml')
    const session = 'session: { store: memory, secret: a-session-secret-of-thirty-two-bytes-or-more }'
    writeFileSync(kept, `listen: "127.0.0.1:0"\nadmin: false\n${session}\n${text('http://localhost:8080')}`)
    // As a container sees a file that is mounted by itself: the file, whatever its folder holds by now.
    const mount = () => {
      const mounted = openSync(kept, 'r')
      t.teardown(() => closeSync(mounted))
      rmSync(file, { force: true })
      symlinkSync(`/proc/self/fd/${mounted}`, file)
    }
    const file = join(folder, 'mounted.yaml')
    mount()
    const { gateway: model, source } = loadFile(file)
    const log: Readonly<Record<string, unknown>>[] = []
    const logTo = { write: (line: string) => void log.push(JSON.parse(line)) }
    const running = await startGateway(model, { env: {}, warnings: [], source, logTo })
    t.teardown(() => running.close(0))
    const told = (event: string) => log.filter((line) => line.event === event)
    await running.reload()
    t.same(told('config.detached'), [])
    const replace = () => {
      const content = readFileSync(kept)
      rmSync(kept)
      writeFileSync(kept, content)
    }
    replace()
    await running.reload()
    await running.reload()
    t.match(told('config.detached'), [{ level: 50, file }])
    t.equal(told('config.detached').length, 1, 'once')
    mount()
    await running.reload()
    t.equal(told('config.detached').length, 1, 'mounted anew, all is well')
    replace()
    await running.reload()
    await running.reload()
    t.match(told('config.detached'), [{ file }, { file }])
    t.equal(told('config.detached').length, 2, 'the next time it is told again')
    t.equal(told('config.unchanged').length, 6)
    t.same([...told('config.loaded'), ...told('config.rejected')], [])
  },
)
