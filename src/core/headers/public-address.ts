import type { App } from '../gateway.ts'
import type { Destination } from '../request/destination.ts'
import { upstreamPath } from '../request/target.ts'

/**
 * An app's addresses, as its upstream says them and as browsers know them. What the upstream says of its own origin is
 * mapped back: its base path off, the stripped prefix on. Addresses are parsed; nothing in their middle is touched.
 */
export interface PublicAddress {
  readonly scheme: string
  /** With the port unless it is the scheme's default. */
  readonly host: string
  readonly origin: string
  /** What `strip_prefix` takes off, as it is written in addresses: `/app1`; empty when nothing is. */
  readonly prefix: string
  /** `/prod`, or empty. */
  readonly basePath: string
  /** The origins by which the upstream may call itself: where it is, and under `preserve_host` what it is told. */
  readonly upstreamOrigins: readonly [string, string]
  /** Null: that is the public one, in whose cookies the app may name it. */
  readonly upstreamHostname: string | null
}

export function publicAddress(app: App): PublicAddress {
  const { origin, upstream } = app
  const [scheme = '', host = ''] = origin.split('://')
  const itself = upstream.preserveHost ? `${upstream.scheme}://${host}` : upstream.ownOrigin
  return {
    scheme,
    host,
    origin,
    prefix: upstream.stripPrefix ? app.prefix.map((segment) => `/${encodeURI(segment)}`).join('') : '',
    basePath: upstream.basePath,
    upstreamOrigins: [upstream.ownOrigin, itself],
    upstreamHostname: upstream.ownOrigin === origin ? null : new URL(upstream.ownOrigin).hostname,
  }
}

/** A `Location` or `Content-Location` of the upstream for the browser. Other origins and relative paths stay. */
export function toPublicLocation(address: PublicAddress, value: string): string {
  if (/^\/(?![/\\])/.test(value)) {
    const path = toPublicPath(address, value)
    // Without the base path `/prod//evil.test` would name a host; browsers see through tabs and backslashes.
    return /^\/[\t\r\n]*[/\\]/.test(path) ? address.origin + path : path
  }
  if (!/^(?:https?:)?\/\//i.test(value)) return value
  const url = URL.parse(value, address.upstreamOrigins[0])
  if (url === null || !address.upstreamOrigins.includes(url.origin)) return value
  return address.origin + toPublicPath(address, url.pathname) + url.search + url.hash
}

/**
 * A judged `Destination` for the upstream, the other way round: by the origin that the upstream calls its own, with its
 * base path and without the stripped prefix. A path stays a path. The destination must belong to the app.
 */
export function toUpstreamDestination(app: App, { target, absolute }: Destination): string {
  const path = upstreamPath(app, target)
  return absolute ? publicAddress(app).upstreamOrigins[1] + path : path
}

/** A `Set-Cookie` of the upstream for the browser: `Path` is mapped, a `Domain` that names the upstream goes. */
export function toPublicCookie(address: PublicAddress, value: string): string {
  if (!/;[ \t]*(?:path|domain)[ \t]*=/i.test(value)) return value
  const [pair = '', ...attributes] = value.split(';')
  // Browsers refuse a `__Host-` cookie with another path than `/`.
  const pinned = /^[ \t]*__host-/i.test(pair)
  const mapped = attributes.flatMap((attribute) => {
    const equals = attribute.indexOf('=')
    const name = attribute.slice(0, Math.max(equals, 0)).trim().toLowerCase()
    const text = attribute.slice(equals + 1).trim()
    if (name === 'domain' && text.replace(/^\./, '').toLowerCase() === address.upstreamHostname) return []
    if (name !== 'path' || pinned || !text.startsWith('/')) return [attribute]
    return [` Path=${toPublicCookiePath(address, text)}`]
  })
  return [pair, ...mapped].join(';')
}

/** `/` of a stripped prefix is the prefix itself: `/app1/` would not cover a request for `/app1`. */
function toPublicCookiePath(address: PublicAddress, path: string): string {
  const mapped = toPublicPath(address, path)
  return address.prefix !== '' && mapped === `${address.prefix}/` ? address.prefix : mapped
}

/** An absolute path, with whatever query and fragment follow. One that is public already stays. */
function toPublicPath(address: PublicAddress, path: string): string {
  const { basePath, prefix } = address
  if (basePath === '' && prefix === '') return path
  const cut = liesBelow(path, basePath) ? path.slice(basePath.length) : path
  const rest = cut.startsWith('/') ? cut : `/${cut}`
  return liesBelow(rest, prefix) ? rest : prefix + rest
}

function liesBelow(path: string, base: string): boolean {
  return (
    path.startsWith(base) &&
    (base === '' || path.length === base.length || /[/?#]/.test(path[base.length] ?? ''))
  )
}
