import { randomBytes } from 'node:crypto'
import type { DemoProviderSettings } from './provider.ts'

export interface DemoAddresses {
  /** What the gateway listens on; people browse `localhost` all the same. */
  readonly host: string
  readonly port: number
}

export interface DemoVariables {
  /** `http://localhost:8080`. */
  readonly url: string
  readonly sharedSecret: string
  readonly provider: DemoProviderSettings
  /** The `${env:DEMO_…}` of the rule file. */
  toEnv(providerOrigin: string, upstream: string): Readonly<Record<string, string>>
}

/** Where everything is, and secrets that live as long as this run. */
export function addressVariables({ host, port }: DemoAddresses, data: string): DemoVariables {
  const url = `http://localhost:${port}`
  const sharedSecret = randomBytes(32).toString('base64url')
  const clientSecret = randomBytes(32).toString('base64url')
  return {
    url,
    sharedSecret,
    provider: {
      issuer: `${url}/.demo`,
      clientId: 'demo',
      clientSecret,
      redirectUri: `${url}/.auth/callback`,
      postLogoutRedirectUri: `${url}/.auth/logged-out`,
    },
    toEnv: (providerOrigin, upstream) => ({
      DEMO_LISTEN: `${host}:${port}`,
      DEMO_URL: url,
      DEMO_DATA: data,
      DEMO_PROVIDER: providerOrigin,
      DEMO_UPSTREAM: upstream,
      DEMO_CLIENT_SECRET: clientSecret,
      DEMO_SHARED_SECRET: sharedSecret,
    }),
  }
}
