import type { ExchangeSettings, PairExchange } from '../../core/credential/exchange-settings.ts'
import type { Preset } from '../../core/preset.ts'
import type { ProviderSettings } from '../../core/provider-settings.ts'
import type { ConfigPath } from '../node.ts'
import type { providerKeys } from '../schema/provider.ts'
import type { Checked } from '../validate.ts'
import { faultAt, faultAtKey, isWritten, type Scope, warnAt } from './scope.ts'

type ProviderKeys = Checked<typeof providerKeys>
type Keys = NonNullable<ProviderKeys['exchange']>

/** `exchange` of a provider; null where there is none, or where it was faulty and reported. */
export function buildExchange(
  scope: Scope,
  path: ConfigPath,
  keys: ProviderKeys,
  preset: Preset,
): ExchangeSettings | null {
  const { exchange } = keys
  if (exchange === undefined) return null
  const at = [...path, 'exchange']
  const has = (key: keyof Keys) => isWritten(scope, [...at, key])
  if (!isWritten(scope, [...path, 'bearer']))
    faultAt(scope, at, 'needs `bearer`, which says which of the provider’s tokens count')
  const [hasClients, hasUsers] = [has('client_credentials'), has('cognito_password')]
  if (hasClients && hasUsers)
    faultAtKey(
      scope,
      [...at, 'cognito_password'],
      'stands beside `client_credentials`: nobody could tell whether a pair is a client’s or a user’s',
    )
  if (!hasClients && !hasUsers && !has('refresh_token'))
    faultAt(scope, at, 'exchanges nothing: write `client_credentials`, `cognito_password` or `refresh_token`')
  if (!hasClients && !hasUsers && has('cache'))
    faultAtKey(scope, [...at, 'cache'], 'means nothing without `client_credentials` or `cognito_password`')
  checkTokenEndpoint(scope, at, keys, preset)
  checkClients(scope, at, keys, preset)
  if (!hasClients) checkUsers(scope, at, keys, preset)
  const { refresh_token: refresh } = exchange
  return {
    pair: pairOf(exchange),
    refreshToken: refresh === undefined ? null : clientOf(refresh),
    cacheSeconds: exchange.cache,
  }
}

function pairOf({ client_credentials: clients, cognito_password: users }: Keys): PairExchange | null {
  if (clients !== undefined)
    return {
      kind: 'client_credentials',
      scopes: [...new Set(clients.scopes)],
      audience: clients.audience ?? null,
    }
  return users === undefined ? null : { kind: 'cognito_password', ...clientOf(users) }
}

function clientOf({
  client_id: clientId,
  client_secret: clientSecret,
}: NonNullable<Keys['refresh_token']>): NonNullable<ExchangeSettings['refreshToken']> {
  return { clientId, clientSecret: clientSecret ?? null }
}

/** Both ask at an address that only metadata names. */
function checkTokenEndpoint(scope: Scope, at: ConfigPath, keys: ProviderKeys, preset: Preset): void {
  const asking = (['client_credentials', 'refresh_token'] as const).filter((key) =>
    isWritten(scope, [...at, key]),
  )
  for (const key of asking) {
    if (preset === 'facebook')
      faultAtKey(scope, [...at, key], 'is not for Facebook, which has no token endpoint of OpenID Connect')
    else if (keys.jwks_uri !== undefined)
      faultAtKey(
        scope,
        [...at, key],
        'needs the token endpoint that the provider’s metadata names, and `jwks_uri` is for providers without metadata',
      )
  }
}

/** Whose tokens are a person's all the same: Salesforce has each client run as one of its users. */
const givesPersons: ReadonlySet<Preset> = new Set(['salesforce'])

function checkClients(scope: Scope, at: ConfigPath, { bearer }: ProviderKeys, preset: Preset): void {
  const key = [...at, 'client_credentials']
  if (!isWritten(scope, key) || bearer === undefined) return
  if (bearer.accept_clients !== true && !givesPersons.has(preset))
    warnAt(
      scope,
      key,
      'gives tokens with nobody behind them, which `bearer` refuses: write `accept_clients: true` there',
    )
}

function checkUsers(scope: Scope, at: ConfigPath, keys: ProviderKeys, preset: Preset): void {
  const key = [...at, 'cognito_password']
  if (!isWritten(scope, key)) return
  if (preset !== 'cognito')
    faultAtKey(
      scope,
      key,
      'is for user pools of Amazon Cognito: the issuer is https://cognito-idp.REGION.amazonaws.com/POOL-ID',
    )
  const clientId = keys.exchange?.cognito_password?.client_id
  const { bearer } = keys
  if (clientId === undefined || bearer === undefined) return
  // Cognito's access tokens have no `aud`.
  if (!(bearer.client_ids ?? []).includes(clientId))
    faultAt(
      scope,
      [...key, 'client_id'],
      'is none of `bearer.client_ids`, so that no token of it would count: list it there',
    )
}

/**
 * A refresh token of a sign-in that leaked would become access tokens for whoever has it: its client is another one than
 * those with which people sign in.
 */
export function checkRefreshClients(
  scope: Scope,
  drafts: ReadonlyMap<
    string,
    Pick<ProviderSettings, 'name' | 'issuer' | 'signsIn' | 'clientId' | 'exchange'>
  >,
): void {
  for (const { name, issuer, exchange } of drafts.values()) {
    const clientId = exchange?.refreshToken?.clientId
    const owner = [...drafts.values()].find(
      (other) => other.signsIn && other.issuer === issuer && other.clientId === clientId,
    )
    if (owner === undefined) continue
    const at = ['providers', name, 'exchange', 'refresh_token', 'client_id']
    const message = `is the client with which people sign in at "${owner.name}": name the client of the programs to which refresh tokens are given`
    faultAt(scope, at, message)
  }
}
