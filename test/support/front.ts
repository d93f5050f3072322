// The usual set-up of an end-to-end test: provider, app that shows what it received, gateway between them.

import { Browser, type Page } from './browser.ts'
import { type Echo, startEcho } from './echo.ts'
import { startTestGateway, type TestGateway, type TestGatewayOptions } from './gateway.ts'
import { type Op, type OpOptions, type PersonId, startOp } from './op.ts'
import { freePort } from './ports.ts'

export interface Front {
  readonly op: Op
  readonly echo: Echo
  readonly gateway: TestGateway
  readonly url: string
  close(): Promise<void>
}

export const sharedSecret = 'a-shared-secret-of-thirty-two-bytes-and-more'

export interface FrontOptions extends Omit<TestGatewayOptions, 'yaml' | 'port'> {
  /**
   * Lines below the app, indented by four; the default has an open, a signed-in and an admin part. More apps may
   * follow, for which it is told the gateway's port and the address of the app.
   */
  readonly app?: string | ((port: number, upstream: string) => string)
  /** Lines at the top level. */
  readonly top?: string
  readonly op?: OpOptions
  /** Lines below the provider, indented by four. */
  readonly provider?: string
}

const usualApp = `
    require: signed_in
    locations:
      - { path: /public, require: anyone }
      - { path: /maybe, require: maybe_signed_in }
      - { path: /admin, require: { groups: admins } }
      - { path: /nobody, require: nobody }
      - { path: /api, require: signed_in, unauthenticated: deny }
`

export async function startFront(options: FrontOptions = {}): Promise<Front> {
  const op = await startOp(options.op)
  const echo = await startEcho()
  const port = await freePort()
  const url = `http://localhost:${port}`
  op.register({
    redirectUris: [`${url}/.auth/callback`],
    postLogoutRedirectUris: [`${url}/.auth/logged-out`],
  })
  const gateway = await startTestGateway({
    ...options,
    port,
    yaml: () => `
providers:
  op:
    issuer: ${op.issuer}
    client_id: ${op.clientId}
    client_secret: ${op.clientSecret}
${options.provider ?? ''}
apps:
  wiki:
    url: ${url}
    upstream: ${echo.url}
    shared_secret: ${sharedSecret}
${typeof options.app === 'function' ? options.app(port, echo.url) : (options.app ?? usualApp)}
${options.top ?? ''}`,
  })
  return {
    op,
    echo,
    gateway,
    url,
    close: async () => {
      await gateway.close()
      await Promise.all([echo.close(), op.close()])
    },
  }
}

/** Asks for an address and signs in as the person when the provider asks. */
export async function visitAs(browser: Browser, id: PersonId, address: string): Promise<Page> {
  const page = await browser.visit(address)
  if (!page.url.pathname.startsWith('/interaction/')) return page
  page.url.searchParams.set('as', id)
  return browser.visit(page.url)
}

/** A browser that is signed in. */
export async function signedIn(front: Front, id: PersonId): Promise<Browser> {
  const browser = new Browser()
  await visitAs(browser, id, `${front.url}/`)
  return browser
}
