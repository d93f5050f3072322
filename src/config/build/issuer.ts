import { issuerOfMetadata } from '../../core/metadata-address.ts'

/** Another address of a provider, as its pages show it to be copied. */
const endpoint =
  /^(.*?)\/(?:protocol\/openid-connect(?:\/.*)?|(?:oauth2?|connect)\/(?:v[\d.]+\/)?(?:auth|authorize|token|userinfo|certs|keys|jwks(?:\.json)?))\/?$/

/**
 * What is said of an address that is the provider's and not its issuer: the metadata's, or an endpoint's; null for
 * every other one.
 */
export function notTheIssuer(address: string): string | null {
  const bare = issuerOfMetadata(address.replace(/\/$/, ''))
  if (bare !== null)
    return `this is the address of the metadata: write the issuer that it names, ${bare} or ${bare}/`
  const wellKnown = address.indexOf('/.well-known')
  if (wellKnown > 0)
    return `an issuer does not go on by "/.well-known": write what stands before it, ${address.slice(0, wellKnown)}`
  const before = endpoint.exec(address)?.[1]
  if (before === undefined) return null
  return `this is an endpoint: write the issuer as the provider's metadata names it, such as ${before}`
}
