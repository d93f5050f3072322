import { showOwn } from '../core/show.ts'
import type { Registration, TokenProvider } from './registration.ts'

/** What to enter at each provider, as lines for people. */
export function registrationText(registrations: readonly Registration[]): string {
  return registrations.map(oneProvider).join('\n')
}

/** Of what nobody signs in with, a line each. */
export function tokenProvidersText(providers: readonly TokenProvider[]): string {
  return providers
    .map(({ provider, issuer, clientId }) => {
      const client =
        clientId === null
          ? ''
          : ` Its client ${showOwn(clientId)} may have to be allowed to ask about tokens.`
      return `Nothing to register at ${provider} (${showOwn(issuer)}): nobody signs in with it.${client}\n`
    })
    .join('')
}

function oneProvider({
  provider,
  issuer,
  clientId,
  redirectUris,
  postLogoutRedirectUris,
  backchannelLogoutUri,
  frontchannelLogoutUri,
  grantTypes,
}: Registration): string {
  const head = `Register at ${provider} (${showOwn(issuer)}, client ${showOwn(clientId)}):\n`
  if (redirectUris.length === 0) return `${head}  nothing: no app has people sign in with this provider\n`
  return [
    head,
    ...block('redirect URI', redirectUris),
    ...block('post-logout redirect URI', postLogoutRedirectUris),
    ...block('back-channel logout URI', some(backchannelLogoutUri)),
    ...block('front-channel logout URI', some(frontchannelLogoutUri)),
    backchannelLogoutUri === null ? '' : eitherLogout,
    // The other one is what every client has.
    ...(grantTypes.length > 1 ? block('grant types', [grantTypes.join(', ')]) : []),
  ].join('')
}

/** Optional, unlike the rest; and few providers have both. */
const eitherLogout =
  '  one of these two, if it has it, with “session required”: it then ends sessions of all hosts\n'

function some(uri: string | null): readonly string[] {
  return uri === null ? [] : [uri]
}

function block(title: string, uris: readonly string[]): readonly string[] {
  return uris.map((uri) => `  ${title.padEnd(24)}  ${uri}\n`)
}
