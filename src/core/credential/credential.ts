/**
 * By what a request may be somebody's at a location: what a header carries, or what is there without one.
 */
export type Credential = AmbientCredential | HeaderCredential

/** What a browser brings by itself: the session that our cookie names, and the certificate of the connection. */
export type AmbientCredential = 'session' | 'client_certificate'

/**
 * What a header carries: an access token of a provider (RFC 6750), a key of ours or a short token that was given for one,
 * a pair of a provider, which gives a token for it, and a token of ours for a page of another origin.
 */
export type HeaderCredential = 'bearer' | 'api_key' | 'exchange' | 'widget'

/** What is known of somebody by the credential alone, where it was no session. */
export type CredentialIdentity =
  /** `isClient`: nobody is behind it, so that it does not meet `signed_in`. */
  | { readonly kind: 'bearer' | 'exchange'; readonly isClient: boolean }
  | { readonly kind: 'api_key'; readonly id: string; readonly name: string }
  /** `id` and `name` of the key that the token was given for; `endUser` as whoever asked for it wrote it. */
  | {
      readonly kind: 'widget'
      readonly id: string
      readonly name: string
      readonly endUser: string | null
    }
  /** SHA-256 of the certificate, in base64url. */
  | { readonly kind: 'client_certificate'; readonly fingerprint: string }

interface ByCredential {
  readonly by?: CredentialIdentity
}

/** By what somebody came; without another credential, by a session. */
export function credentialOf({ by }: ByCredential): Credential {
  return by?.kind ?? 'session'
}

/** The key of ours by which somebody came, whichever of its secrets and tokens it was; null: by none. */
export function keyOf({ by }: ByCredential): { readonly id: string; readonly name: string } | null {
  return by?.kind === 'api_key' || by?.kind === 'widget' ? by : null
}

/** For whom the token of a widget was asked for; null: for nobody in particular, or it is none. */
export function endUserOf({ by }: ByCredential): string | null {
  return by?.kind === 'widget' ? by.endUser : null
}

/** Whether a key of ours opens something where these are listed: by itself, or by a token for a widget. */
export function areOpenedByKeys(credentials: readonly Credential[]): boolean {
  return credentials.includes('api_key') || credentials.includes('widget')
}

/** Whether somebody came by a token behind which nobody is. */
export function hasNobodyBehind({ by }: ByCredential): boolean {
  return (by?.kind === 'bearer' || by?.kind === 'exchange') && by.isClient
}

export function isHeaderCredential(credential: Credential): credential is HeaderCredential {
  return credential !== 'session' && credential !== 'client_certificate'
}

/** Who vouches for claims that no provider said. No provider of the file has such a name. */
export const reservedProviders = { apiKeys: 'api_keys', certificates: 'certificates' } as const
