// A hostile provider whose access tokens count, and tokens of it as a test bends them.
import type { Test } from 'tap'
import type { BearerSettings } from '../../../src/core/credential/bearer-settings.ts'
import type { AccessTokenReading } from '../../../src/core/provider-port.ts'
import { type Fields, firstKey, signJwt } from '../../support/hostile-op.ts'
import { type Rig, type RigOptions, someday, someNetwork, startRig } from '../fixtures.ts'

export const bearer: BearerSettings = {
  audiences: ['https://api.example'],
  clientIds: [],
  check: 'jwt',
  userId: 'sub',
  acceptClients: false,
  requiredScopes: [],
  cacheSeconds: 60,
  tokenInfo: null,
}

export interface Bent {
  readonly header?: Fields
  readonly claims?: Fields
  readonly without?: readonly string[]
  /** Takes the finished token over. */
  readonly token?: (header: Fields, claims: Fields) => string
}

export interface BearerRig extends Rig {
  token(bent?: Bent): string
  read(raw: string, network?: typeof someNetwork): Promise<AccessTokenReading>
}

/** Access tokens count; `settings` may say otherwise. */
export async function startBearerRig(t: Test, options: RigOptions = {}): Promise<BearerRig> {
  const settings: RigOptions['settings'] = (issuer) => ({ bearer, ...options.settings?.(issuer) })
  const rig = await startRig(t, { ...options, settings })
  return {
    ...rig,
    token: (bent = {}) => tokenOf(rig.op.issuer, bent),
    read: async (raw, network = someNetwork) => rig.provider.readAccessToken(raw, rig.clock.now(), network),
  }
}

function tokenOf(issuer: string, bent: Bent): string {
  const claims: Fields = {
    ...{ iss: issuer, aud: 'https://api.example', client_id: 'app', sub: 'alice' },
    ...{ iat: someday, exp: someday + 300, scope: 'read' },
    ...bent.claims,
  }
  for (const name of bent.without ?? []) delete claims[name]
  const header: Fields = { alg: 'RS256', kid: 'k1', typ: 'at+jwt', ...bent.header }
  return bent.token?.(header, claims) ?? signJwt(header, claims, firstKey().privateKey)
}
