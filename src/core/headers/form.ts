import type { ClaimPath } from '../rules/claims.ts'

/** Headers as the configuration wants them: on requests to an app, and on answers. */
export interface ResponseHeaders {
  readonly set: readonly { readonly name: string; readonly value: string }[]
  /** In lower case. */
  readonly remove: readonly string[]
}

export interface IdentityHeader {
  readonly name: string
  readonly from: ClaimPath | 'user' | 'provider'
  /** Absent: every element, percent-encoded, joined by commas. */
  readonly form?: HeaderForm
}

/** A token as it came from the provider: it is no claim, and stands in a header alone. */
export interface TokenHeader {
  readonly name: string
  readonly token: 'access_token' | 'id_token'
  /** Before the token, in `Authorization`; absent: nothing. */
  readonly scheme?: 'Bearer'
}

/** What is known of how somebody came. These are no claims. */
export type CredentialWord = 'credential' | 'key_id' | 'key_name' | 'end_user'

/** A header that tells the app how somebody came: by a session, a token or a key, and by which key. */
export interface CredentialHeader {
  readonly name: string
  readonly says: CredentialWord
}

/** How a claim is written into a header. */
export interface HeaderForm {
  /** Null: every element. */
  readonly only: ElementChoice | null
  /** What stands between elements; neither letters, digits nor `%`. Means nothing under `base64`. */
  readonly join: string
  readonly encoding: 'percent' | 'base64'
  readonly lowerCase: boolean
}

/** Which elements of a claim an app is told of. */
export interface ElementChoice {
  readonly texts: readonly string[]
  /** Each as what stands between its `*`. */
  readonly patterns: readonly (readonly string[])[]
}
