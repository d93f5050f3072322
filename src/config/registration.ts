import type { Gateway } from '../core/gateway.ts'
import { redirectUriOf } from '../core/request/redirect-uri.ts'

/** What a provider must know of this gateway: addresses it may send people back to. */
export interface Registration {
  readonly provider: string
  readonly issuer: string
  readonly clientId: string
  readonly redirectUris: readonly string[]
  readonly postLogoutRedirectUris: readonly string[]
}

/** For each provider the addresses of the origins that accept it, in the order of the file. */
export function registrationsOf(gateway: Gateway): readonly Registration[] {
  const origins = [...new Set(gateway.hosts.values())]
  return [...gateway.providers.values()].map(({ name, issuer, clientId }) => {
    const own = origins.filter((origin) => origin.providers.includes(name))
    return {
      provider: name,
      issuer,
      clientId,
      redirectUris: own.map((origin) => redirectUriOf(origin, name).uri),
      postLogoutRedirectUris: [...new Set(own.map((origin) => origin.postLogoutRedirectUri))],
    }
  })
}
