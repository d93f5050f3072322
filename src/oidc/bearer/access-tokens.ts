import type { BearerSettings } from '../../core/credential/bearer-settings.ts'
import type { ProviderSettings } from '../../core/gateway.ts'
import type { AccessTokenReading } from '../../core/provider-port.ts'
import { createJwtReader, type JwtReaderDeps, type ReadAccessToken } from './jwt.ts'

export type AccessTokenDeps = Omit<JwtReaderDeps, 'issuer'>

/** How the access tokens of a provider are read, as its settings say. Asks nobody yet. */
export function createAccessTokenReader(settings: ProviderSettings, deps: AccessTokenDeps): ReadAccessToken {
  const { bearer, issuer } = settings
  return bearer === null ? () => notAccepted : readerFor(bearer.check, { ...deps, issuer })
}

function readerFor(check: BearerSettings['check'], deps: JwtReaderDeps): ReadAccessToken {
  switch (check) {
    case 'jwt':
      return createJwtReader(deps)
    case 'introspection':
    case 'userinfo':
      return () => notAccepted
  }
}

const notAccepted: AccessTokenReading = {
  kind: 'refused',
  why: 'token-invalid',
  detail: 'tokens of it are not accepted',
}
