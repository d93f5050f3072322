// The usual set-up of an end-to-end test with a provider that bends what a test wants bent: no page, no waiting, so
// that a whole sign-in is three requests.

import { Browser, type Page } from './browser.ts'
import { type Echo, startEcho } from './echo.ts'
import { startTestGateway, type TestGateway, type TestGatewayOptions } from './gateway.ts'
import { type HostileOp, startHostileOp } from './hostile-op.ts'
import { freePort } from './ports.ts'

export interface HostileFront {
  readonly op: HostileOp
  readonly echo: Echo
  readonly gateway: TestGateway
  readonly url: string
  /** Asks for an address and goes to the provider: what comes back from there, not yet asked for. */
  begin(browser: Browser, address?: string): Promise<URLSearchParams>
  /** Comes back from the provider. */
  finish(browser: Browser, parameters: URLSearchParams): Promise<Page>
  /** A browser that is signed in. */
  signedIn(): Promise<Browser>
  close(): Promise<void>
}

export interface HostileFrontOptions extends Omit<TestGatewayOptions, 'yaml' | 'port'> {
  /** Lines below the app, indented by four. More apps may follow, for which it is told the gateway's url. */
  readonly app?: string | ((url: string) => string)
  /** Lines below the provider, indented by four. */
  readonly provider?: string
  /** Lines at the top level. */
  readonly top?: string
}

const usualApp = `
    shared_secret: a-shared-secret-of-thirty-two-bytes-and-more
    require: signed_in
    locations:
      - { path: /public, require: anyone }
      - { path: /admin, require: { groups: admins } }
`

export async function startHostileFront(options: HostileFrontOptions = {}): Promise<HostileFront> {
  const op = await startHostileOp({ host: 'localhost' })
  const echo = await startEcho()
  const port = await freePort()
  const url = `http://localhost:${port}`
  const gateway = await startTestGateway({
    ...options,
    port,
    yaml: () => `
providers:
  op:
    issuer: ${op.issuer}
    client_id: gateway
    client_secret: canary-client-secret-of-32-bytes-or-more
${options.provider ?? ''}
apps:
  wiki:
    url: ${url}
    upstream: ${echo.url}
${typeof options.app === 'function' ? options.app(url) : (options.app ?? usualApp)}
${options.top ?? ''}`,
  })
  const begin = async (browser: Browser, address = '/'): Promise<URLSearchParams> => {
    const page = await browser.visit(url + address, { follow: false })
    const { location } = page.headers
    if (location === undefined) throw new Error(`${address} led to no provider: ${page.status} ${page.body}`)
    return op.authorize(new URL(location))
  }
  const finish = (browser: Browser, parameters: URLSearchParams): Promise<Page> =>
    browser.visit(`${url}/.auth/callback?${parameters}`, { follow: false })
  return {
    op,
    echo,
    gateway,
    url,
    begin,
    finish,
    signedIn: async () => {
      const browser = new Browser()
      const page = await finish(browser, await begin(browser))
      if (page.status !== 303) throw new Error(`the sign-in ended in ${page.status} ${page.body}`)
      return browser
    },
    close: async () => {
      await gateway.close()
      await Promise.all([echo.close(), op.close()])
    },
  }
}
