// The usual set-up of a test in a browser: providers, an app with pages, the gateway between them, Chromium in front.
import { createHash, X509Certificate } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import t from 'tap'
import { openChromium } from '../support/chromium.ts'
import { startTestGateway, type TestGateway } from '../support/gateway.ts'
import { type Op, type OpOptions, type PersonId, startOp } from '../support/op.ts'
import { freePort } from '../support/ports.ts'
import { type Site, startSite } from '../support/site.ts'
import { createAuthority } from '../support/tls.ts'
import { patienceMs } from '../support/waiting.ts'

export interface Stage {
  /** Of the first host. */
  readonly url: string
  readonly port: number
  /** Both on `http://localhost`. */
  readonly op: Op
  /** A second provider, whose user ids begin with `partner-`. */
  readonly partner: Op
  readonly site: Site
  readonly gateway: TestGateway
  readonly browser: Browser
  /** A page of a browser that nobody used before. */
  newPage(options?: BrowserContextOptions): Promise<Page>
  close(): Promise<void>
}

export interface StageOptions {
  readonly apps: (at: { readonly url: string; readonly port: number; readonly upstream: string }) => string
  /** Names that the gateway serves on https; without them it is `http://localhost`. */
  readonly hosts?: readonly string[]
  /** Lines below `providers`. */
  readonly providers?: string
  /** Lines at the top level. */
  readonly top?: string
  /** Of the provider `op`. */
  readonly op?: OpOptions
  /** Of its client, more of the metadata. */
  readonly client?: object
  /** As the browser of somebody who allows sites no cookies in pages of other sites. */
  readonly blocksForeignCookies?: boolean
  /** Whether Chromium keeps pages for the back button; playwright waits in vain for those to load. */
  readonly keepsPages?: boolean
}

export async function openStage(options: StageOptions): Promise<Stage> {
  // A browser takes several cores where there are any; on one that others use too, a file of these takes minutes.
  t.setTimeout(900_000)
  const { hosts = [], keepsPages = false, blocksForeignCookies = false } = options
  const [op, site, port] = [await startOp(options.op), await startSite(), await freePort()]
  // Cookies ignore ports: two providers on one host would overwrite each other's.
  const names = { session: 'partner', interaction: 'partner-interaction', resume: 'partner-resume' }
  const partner = await startOp({ configuration: { cookies: { keys: ['another-key'], names } } })
  const origins =
    hosts.length === 0 ? [`http://localhost:${port}`] : hosts.map((host) => `https://${host}:${port}`)
  const client = {
    // Without a name for stages that accept one provider alone.
    redirectUris: origins.flatMap((origin) => [
      `${origin}/.auth/callback`,
      ...['op', 'partner', 'gone'].map((name) => `${origin}/.auth/callback/${name}`),
    ]),
    postLogoutRedirectUris: origins.map((origin) => `${origin}/.auth/logged-out`),
  }
  op.register({ ...client, metadata: options.client ?? {} })
  partner.register(client)
  const url = origins[0] ?? ''
  const tls = hosts.length === 0 ? null : certify(hosts)
  const gateway = await startTestGateway({
    port,
    ...(tls === null ? {} : { listen: `{ address: "127.0.0.1:${port}", tls: [${tls.pair}] }` }),
    yaml: () => `
providers:
  op: { label: Acme, ${registration(op)} }
  posting: { label: Acme by form, response_mode: form_post, ${registration(op)} }
  partner: { label: Partners, user_id_prefix: partner-, ${registration(partner)} }
${options.providers ?? ''}
apps:
${options.apps({ url, port, upstream: site.url })}
${options.top ?? ''}`,
  })
  const trustedKeys = tls === null ? [] : [tls.keyHash]
  const browser = await openChromium({ trustedKeys, keepsPages, blocksForeignCookies })
  return {
    ...{ url, port, op, partner, site, gateway, browser },
    newPage: async (pageOptions = {}) => {
      const context = await browser.newContext(pageOptions)
      context.setDefaultTimeout(patienceMs)
      return context.newPage()
    },
    close: async () => {
      await browser.close()
      await gateway.close()
      await Promise.all([op.close(), partner.close(), site.close()])
    },
  }
}

function registration(op: Op): string {
  return `issuer: "${op.issuer}", client_id: ${op.clientId}, client_secret: ${op.clientSecret}`
}

/** A certificate for these names, as `listen` wants it, and the hash of its key for Chromium. */
function certify(hosts: readonly string[]): { readonly pair: string; readonly keyHash: string } {
  const { cert, key } = createAuthority().issue({ names: hosts.map((host) => `DNS:${host}`) })
  const folder = mkdtempSync(join(tmpdir(), 'claimgate-stage-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  writeFileSync(join(folder, 'certificate.pem'), cert)
  writeFileSync(join(folder, 'key.pem'), key, { mode: 0o600 })
  const publicKey = new X509Certificate(cert).publicKey.export({ type: 'spki', format: 'der' })
  return {
    pair: `{ certificate: "${folder}/certificate.pem", key: "${folder}/key.pem" }`,
    keyHash: createHash('sha256').update(publicKey).digest('base64'),
  }
}

/** At the provider's page, once it is there: who one is. Ends on the page that the gateway shows next. */
export async function choose(page: Page, id: PersonId): Promise<void> {
  const link = page.getByRole('link', { name: id, exact: true })
  await link.waitFor()
  const { origin } = new URL(page.url())
  await link.click()
  await page.waitForURL((address) => address.origin !== origin, { waitUntil: 'commit' })
}

/** Waits until the page is at this address, however it gets there. */
export async function arrived(page: Page, address: string): Promise<void> {
  await page.waitForURL(address, { waitUntil: 'commit' })
}

/** Asks for an address and signs in where the provider asks. */
export async function openAs(page: Page, id: PersonId, address: string): Promise<void> {
  await page.goto(address)
  await choose(page, id)
}

export function heading(page: Page): Promise<string | null> {
  return page.textContent('h1')
}

/** A page that comes out of the browser's memory does not load again. */
export async function goBack(page: Page): Promise<void> {
  await page.goBack({ waitUntil: 'commit' })
}
