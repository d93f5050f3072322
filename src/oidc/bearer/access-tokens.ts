import type { BearerSettings } from '../../core/credential/bearer-settings.ts'
import type { ProviderSettings } from '../../core/gateway.ts'
import type { AccessTokenReading } from '../../core/provider-port.ts'
import { type AskableProvider, createTokenAsking } from './asking.ts'
import { type AccessTokenReader, createJwtReader, type JwtReaderDeps } from './jwt.ts'

export type AccessTokenDeps = Omit<JwtReaderDeps, 'issuer'> & Omit<AskableProvider, 'settings' | 'bearer'>

/** How the access tokens of a provider are read, as its settings say. Asks nobody yet. */
export function createAccessTokenReader(
  settings: ProviderSettings,
  deps: AccessTokenDeps,
): AccessTokenReader {
  const { bearer } = settings
  return bearer === null
    ? { read: () => notAccepted, readRemembered: nothing }
    : readerFor(settings, bearer, deps)
}

function readerFor(
  settings: ProviderSettings,
  bearer: BearerSettings,
  deps: AccessTokenDeps,
): AccessTokenReader {
  switch (bearer.check) {
    case 'jwt':
      return createJwtReader({ ...deps, issuer: settings.issuer })
    case 'introspection':
    case 'userinfo':
      // Their answers are kept by a hash of their own.
      return { read: createTokenAsking({ ...deps, settings, bearer }).read, readRemembered: nothing }
  }
}

const nothing = (): null => null
const notAccepted: AccessTokenReading = {
  kind: 'refused',
  why: 'token-invalid',
  detail: 'tokens of it are not accepted',
}
