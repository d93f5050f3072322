// A provider and one question about a pair, as the tests of this folder ask it.
import type { Test } from 'tap'
import type { PairExchange } from '../../../src/core/credential/exchange-settings.ts'
import type { Provider } from '../../../src/core/ports.ts'
import type { Pair, PairAnswer, PairGrant, PairQuestion } from '../../../src/core/provider-port.ts'
import type { ProviderSettings } from '../../../src/core/provider-settings.ts'
import { Secret } from '../../../src/core/secret.ts'
import { defaultLimits, type Limits } from '../../../src/oidc/limits.ts'
import { createProvider } from '../../../src/oidc/provider.ts'
import { createTestClock, type TestClock } from '../../support/clock.ts'
import { type Cognito, startCognito } from '../../support/cognito.ts'
import { random, settingsFor, someday, someNetwork } from '../fixtures.ts'

export const appClient = '4f9appclientofthepool'
export const appSecret = 'the-secret-of-the-app-client-of-a-pool'

export interface PoolRig {
  readonly cognito: Cognito
  readonly provider: Provider
  readonly clock: TestClock
}

/** A user pool with one client, and the gateway's end of it. */
export async function startPool(
  t: Test,
  {
    settings = {},
    limits = {},
    clientSecret = appSecret,
  }: {
    readonly settings?: Partial<ProviderSettings>
    readonly limits?: Partial<Limits>
    /** That of the gateway. */
    readonly clientSecret?: string | null
  } = {},
): Promise<PoolRig> {
  const cognito = await startCognito()
  cognito.now = someday
  cognito.clients.set(appClient, {
    secret: clientSecret === null ? null : appSecret,
    flows: ['ALLOW_USER_PASSWORD_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'],
  })
  const pair: PairExchange = {
    kind: 'cognito_password',
    clientId: appClient,
    clientSecret: clientSecret === null ? null : new Secret(clientSecret),
  }
  const clock = createTestClock(someday)
  const provider = createProvider(
    settingsFor(cognito.issuer, {
      signsIn: false,
      clientId: '',
      clientSecret: null,
      preset: 'cognito',
      exchange: { pair, refreshToken: null, cacheSeconds: 900 },
      ...settings,
    }),
    {
      clock,
      random,
      proxyEnv: { httpsProxy: null, noProxy: null },
      limits: { ...defaultLimits, ...limits },
    },
  )
  t.teardown(async () => {
    await provider.close()
    await cognito.close()
  })
  return { cognito, provider, clock }
}

export function ask(
  { provider, clock }: Pick<PoolRig, 'provider' | 'clock'>,
  id: string,
  secret: string,
  more: Partial<PairQuestion> = {},
): Promise<PairAnswer> {
  const pair: Pair = { id, secret }
  const question: PairQuestion = {
    now: clock.now(),
    network: someNetwork,
    former: null,
    isKnown: false,
    refusedForMs: () => 0,
    ...more,
  }
  return provider.tokenForPair(pair, question)
}

/** What was granted; anything else fails the test. */
export async function granted(asked: Promise<PairAnswer>): Promise<PairGrant> {
  const answer = await asked
  if (answer.kind !== 'granted') throw new Error(JSON.stringify(answer))
  return answer.grant
}
