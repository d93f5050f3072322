// A page of the provider signs a person out at the gateway by a frame, in a browser that keeps no cookies for frames of
// other sites. The provider's page is ours: oidc-provider has none any more.
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Page } from 'playwright-core'
import t from 'tap'
import { poll } from '../support/waiting.ts'
import { arrived, heading, openAs, openStage } from './stage.ts'

const features = {
  devInteractions: { enabled: false },
  rpInitiatedLogout: { enabled: true },
  backchannelLogout: { enabled: true },
}
const pages = new Map<string, string>()
const stage = await openStage({
  hosts: ['wiki.example.test'],
  op: { configuration: { features }, pages },
  blocksForeignCookies: true,
  // For the `sid` in its ID tokens; nothing listens there.
  client: { backchannel_logout_uri: 'http://localhost:9/', backchannel_logout_session_required: true },
  apps: ({ url, upstream }) => `
  wiki: { url: "${url}", upstream: "${upstream}", provider: op, require: signed_in }
`,
})
t.teardown(() => stage.close())
const { url, op } = stage

/** Of all sessions there are. */
function sids(): readonly string[] {
  const database = new DatabaseSync(join(stage.gateway.folder, 'sessions.db'), { readOnly: true })
  const rows = database.prepare('SELECT sid FROM session').all()
  database.close()
  return rows.map(({ sid }) => String(sid))
}

/** The page of the provider, or of another site, with a frame; ends when the frame has loaded, or was refused. */
async function showFrame(page: Page, origin: string, address: string): Promise<void> {
  pages.set(
    '/signing-out',
    `<!doctype html><title>Signing out</title><iframe src="${address.replaceAll('&', '&amp;')}"></iframe>`,
  )
  await page.goto(`${origin}/signing-out`, { waitUntil: 'load' })
}

const logoutAddress = (sid: string) =>
  `${url}/.auth/frontchannel-logout?iss=${encodeURIComponent(op.issuer)}&sid=${encodeURIComponent(sid)}`

t.test(
  'S-183: the provider’s page ends the session by its sid, though no cookie comes with the frame',
  async (t) => {
    const page = await stage.newPage()
    await openAs(page, 'alice', `${url}/`)
    await arrived(page, `${url}/`)
    t.equal(await heading(page), 'Hello, alice')
    const [sid = ''] = sids()
    t.match(sid, /^[\w-]{20,}$/, 'the provider told it')

    const context = page.context()
    const signingOut = await context.newPage()
    const asked: { readonly cookie: string | undefined; readonly policy: string | undefined }[] = []
    signingOut.on('requestfinished', async (request) => {
      if (!request.url().includes('frontchannel-logout')) return
      const [sent, answer] = [await request.allHeaders(), await request.response()]
      const policy = (await answer?.allHeaders())?.['content-security-policy']
      asked.push({ cookie: sent.cookie, policy })
    })
    await showFrame(signingOut, op.issuer, logoutAddress('another'))
    await page.reload()
    t.equal(await heading(page), 'Hello, alice', 'not by a sid that is none')

    await showFrame(signingOut, op.issuer, logoutAddress(sid))
    const frame = signingOut.frames().at(1)
    t.match(frame?.url(), /frontchannel-logout/, 'it may stand in a page of the provider')
    t.equal(await frame?.evaluate('document.body.innerHTML'), '')
    t.same(sids(), [])
    await poll(
      'what both were asked with and answered',
      () => asked.length,
      (count) => count === 2,
    )
    t.match(asked.at(-1), { cookie: undefined, policy: `frame-ancestors ${op.issuer};` })

    await context.clearCookies({ domain: 'localhost' }) // The provider would sign her in again unasked.
    await page.goto(`${url}/`)
    await page.getByRole('heading', { name: 'Who are you?' }).waitFor()
    await context.close()
  },
)

t.test('S-183: a page of another site cannot show it, and ends nothing by a guess', async (t) => {
  const page = await stage.newPage()
  await openAs(page, 'adam', `${url}/`)
  await arrived(page, `${url}/`)
  const elsewhere = await page.context().newPage()
  await showFrame(elsewhere, op.issuer.replace('localhost', '127.0.0.1'), logoutAddress('a-guess'))
  const shown = () => elsewhere.frames().at(1)?.url()
  await poll('the frame to be refused', shown, (address) => address?.startsWith('chrome-error:') === true)
  await elsewhere.goto(logoutAddress('a-guess'))
  await page.reload()
  t.equal(await heading(page), 'Hello, adam')
  await page.context().close()
})
