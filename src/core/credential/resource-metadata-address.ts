/** Where an app says how it is to be asked with access tokens (RFC 9728 section 3.1): taken before any location. */
export interface ResourceMetadataAddress {
  /** `https://api.example.com/.well-known/oauth-protected-resource/v1`. */
  readonly uri: string
  readonly path: string
  readonly segments: readonly string[]
  /** The app's name. */
  readonly app: string
}
