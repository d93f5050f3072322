// A gateway whose one app accepts two providers, one honest and one that attacks.
import type { Browser, Page } from './browser.ts'
import { type Echo, startEcho } from './echo.ts'
import { startTestGateway, type TestGateway } from './gateway.ts'
import { type HostileOp, startHostileOp } from './hostile-op.ts'
import { freePort } from './ports.ts'

export type ProviderName = 'honest' | 'evil'

export interface TwoProviders {
  readonly honest: HostileOp
  readonly evil: HostileOp
  readonly echo: Echo
  readonly gateway: TestGateway
  readonly url: string
  /** Begins to sign in: the authorization URL that the browser is sent to. */
  begin(browser: Browser, at: ProviderName, path?: string): Promise<URL>
  /** What comes back at a path of the gateway. */
  comeBack(browser: Browser, path: string, parameters: URLSearchParams): Promise<Page>
  /** How often the token endpoints were asked, both together. */
  asked(): number
  close(): Promise<void>
}

export interface TwoProvidersOptions {
  /** Keys of each provider, as they follow others in flow style: `, response_iss: required`. */
  readonly honest?: string
  readonly evil?: string
  /** Lines below the app, indented by four. */
  readonly app?: string
}

export async function startTwoProviders(options: TwoProvidersOptions = {}): Promise<TwoProviders> {
  const [honest, evil] = [
    await startHostileOp({ host: 'localhost' }),
    await startHostileOp({ host: 'localhost' }),
  ]
  const echo = await startEcho()
  const port = await freePort()
  const url = `http://localhost:${port}`
  const client = 'client_id: gateway, client_secret: canary-client-secret-of-32-bytes-or-more'
  const gateway = await startTestGateway({
    port,
    yaml: () => `
providers:
  honest: { issuer: "${honest.issuer}", ${client}${options.honest ?? ''} }
  evil: { issuer: "${evil.issuer}", ${client}, user_id_prefix: "evil:"${options.evil ?? ''} }
apps:
  wiki:
    url: ${url}
    upstream: ${echo.url}
    shared_secret: a-shared-secret-of-thirty-two-bytes-and-more
    provider: [honest, evil]
    require: signed_in
${options.app ?? ''}`,
  })
  return {
    honest,
    evil,
    echo,
    gateway,
    url,
    begin: async (browser, at, path = '/') => {
      const login = `${url}/.auth/login?provider=${at}&return_to=${encodeURIComponent(path)}`
      const page = await browser.visit(login, { follow: false })
      if (page.headers.location === undefined) throw new Error(`no sign-in: ${page.status} ${page.body}`)
      return new URL(page.headers.location)
    },
    comeBack: (browser, path, parameters) => browser.visit(`${url}${path}?${parameters}`, { follow: false }),
    asked: () => honest.counts.token + evil.counts.token,
    close: async () => {
      await gateway.close()
      await Promise.all([honest.close(), evil.close(), echo.close()])
    },
  }
}
