/**
 * Where the gateway itself reaches an address of the provider: `internal_url` stands in for the issuer. With a path
 * it replaces the issuer, path included; without one only the origin. Addresses of other origins stay as they are,
 * and browsers are always sent to the public ones.
 */
export function internalAddress(address: string, issuer: string, internalUrl: string | null): string {
  if (internalUrl === null) return address
  const url = new URL(address)
  const publicBase = new URL(issuer)
  if (url.origin !== publicBase.origin) return address
  const base = new URL(internalUrl)
  const publicPath = withoutSlash(publicBase.pathname)
  const below = url.pathname === publicPath || url.pathname.startsWith(`${publicPath}/`)
  const path =
    base.pathname !== '/' && below
      ? withoutSlash(base.pathname) + url.pathname.slice(publicPath.length)
      : url.pathname
  return base.origin + path + url.search
}

function withoutSlash(path: string): string {
  return path.endsWith('/') ? path.slice(0, -1) : path
}
