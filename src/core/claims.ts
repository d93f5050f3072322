/** A JSON value as providers send it. Numbers beyond 2^53-1 do not survive parsing and are judged unknown. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json }

/** What a provider says of a person. Own properties only; a key `__proto__` is never looked up. */
export type Claims = { readonly [claim: string]: Json }

/** A claim path as written, such as `realm_access.roles`; resolution is by the claims' own keys. */
export type ClaimPath = string
