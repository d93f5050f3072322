/**
 * By what a request may be somebody's at a location: the session that our cookie names, an access token of a provider
 * (RFC 6750), or a key of ours.
 */
export type Credential = 'session' | HeaderCredential

/** Those that a header carries. A browser adds none of them by itself. */
export type HeaderCredential = 'bearer' | 'api_key'

/** What is known of somebody by the header credential alone. */
export type HeaderIdentity =
  /** `isClient`: nobody is behind it, so that it does not meet `signed_in`. */
  | { readonly kind: 'bearer'; readonly isClient: boolean }
  | { readonly kind: 'api_key'; readonly id: string; readonly name: string }

/** By what somebody came; without a header credential, by a session. */
export function credentialOf({ by }: { readonly by?: HeaderIdentity }): Credential {
  return by?.kind ?? 'session'
}

export function isHeaderCredential(credential: Credential): credential is HeaderCredential {
  return credential !== 'session'
}

/** Who vouches for claims that no provider said. No provider of the file has such a name. */
export const reservedProviders = { apiKeys: 'api_keys', certificates: 'certificates' } as const
