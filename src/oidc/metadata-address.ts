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

/**
 * Where a redirect of the metadata leads, when it stays at one of these origins; null for any other. What is read at the
 * same origin is the provider's own word as before; elsewhere somebody else could speak (RFC 9700 4.4).
 */
export function sameOriginTarget(
  location: string | null,
  asked: string,
  origins: readonly string[],
): string | null {
  const target = location === null || location === '' ? null : URL.parse(location, asked)
  if (target === null || target.username !== '' || target.password !== '') return null
  target.hash = ''
  return origins.includes(target.origin) ? target.href : null
}

/** RFC 9110 15.4: the statuses whose `Location` is where to ask instead. */
export const redirectStatuses: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])
