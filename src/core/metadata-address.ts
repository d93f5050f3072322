/** OpenID Connect Discovery 1.0 section 4: below the issuer, whose last slash is not doubled. */
const wellKnown = '/.well-known/openid-configuration'

/** Where the metadata of an issuer is read, unless `metadata_url` says otherwise. */
export function metadataAddress(issuer: string): string {
  return `${issuer.replace(/\/$/, '')}${wellKnown}`
}

/** The issuer that an address of metadata is below, without its last slash; null when it is no such address. */
export function issuerOfMetadata(address: string): string | null {
  const [path = ''] = address.split(/[?#]/, 1)
  return path.endsWith(wellKnown) ? path.slice(0, -wellKnown.length) : null
}
