// The usual set-up of a test in a browser: providers, an app with pages, the gateway between them, Chromium in front.
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { openChromium } from '../support/chromium.ts'
import { startTestGateway, type TestGateway } from '../support/gateway.ts'
import { type Op, type PersonId, startOp } from '../support/op.ts'
import { freePort } from '../support/ports.ts'
import { type Site, startSite } from '../support/site.ts'

export interface Stage {
  readonly url: string
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

export async function openStage(apps: (at: { url: string; upstream: string }) => string): Promise<Stage> {
  const [op, site, port] = [await startOp(), await startSite(), await freePort()]
  // Cookies ignore ports: two providers on one host would overwrite each other's.
  const names = { session: 'partner', interaction: 'partner-interaction', resume: 'partner-resume' }
  const partner = await startOp({ configuration: { cookies: { keys: ['another-key'], names } } })
  const url = `http://localhost:${port}`
  const client = {
    redirectUris: [`${url}/.auth/callback`],
    postLogoutRedirectUris: [`${url}/.auth/logged-out`],
  }
  op.register(client)
  partner.register(client)
  const gateway = await startTestGateway({
    port,
    yaml: () => `
providers:
  op:
    label: Acme
    ${registration(op)}
  partner:
    label: Partners
    user_id_prefix: partner-
    ${registration(partner)}
apps:
${apps({ url, upstream: site.url })}`,
  })
  const browser = await openChromium({ keepsPages: true })
  return {
    ...{ url, op, partner, site, gateway, browser },
    newPage: async (options = {}) => {
      const context = await browser.newContext(options)
      context.setDefaultTimeout(10_000)
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
  return `issuer: ${op.issuer}
    client_id: ${op.clientId}
    client_secret: ${op.clientSecret}`
}

/** At the provider's page: who one is. */
export async function choose(page: Page, id: PersonId): Promise<void> {
  await page.getByRole('link', { name: id, exact: true }).click()
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
