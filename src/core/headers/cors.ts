/** Which pages of other origins may call a location and read what it answers (`cors`). */
export type Cors =
  | { readonly kind: 'deny' }
  | { readonly kind: 'origins'; readonly origins: readonly string[] }
  /** Any https origin is answered; the request itself is judged by its token or key. */
  | { readonly kind: 'keys' }

/**
 * What becomes of `Authorization` on the way to the app: the client's own goes on; it stays here; a bearer token that
 * counted goes on; a token is sent as Bearer, the one that counted or the session's.
 */
export type UpstreamAuthorization = 'pass' | 'strip' | 'forward' | 'access_token'
