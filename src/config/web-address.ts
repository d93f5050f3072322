/** An http or https address of the file: an app's `url`, an upstream, an issuer. */
export interface WebAddress {
  readonly scheme: 'http' | 'https'
  /** In lower case and punycode; an IPv6 address in brackets. */
  readonly hostname: string
  readonly port: number
  /** With the port unless it is the scheme's default. */
  readonly host: string
  readonly origin: string
  /** As written, from its first `/` on; empty when there is none or it is `/`. */
  readonly path: string
}

export type ReadWebAddress =
  | { readonly ok: true; readonly address: WebAddress }
  | { readonly ok: false; readonly message: string }

/**
 * Reads an address that an operator wrote. Nothing in it is repaired: what a URL parser would silently drop or turn
 * (a name and password, a fragment, a backslash, a dot segment) is a reason to refuse it.
 */
export function readWebAddress(text: string): ReadWebAddress {
  const fault = webAddressFault(text)
  if (fault !== null) return { ok: false, message: fault }
  const [, , path = ''] = /^https?:\/\/([^/]+)(\/.*)?$/.exec(text) ?? []
  const url = URL.parse(text)
  if (url === null)
    return { ok: false, message: 'is no valid address: expected https://host or https://host:port' }
  if (url.hostname.endsWith('.')) return { ok: false, message: 'the host must not end with a dot' }
  const hostFault = hostNameFault(url.hostname)
  if (hostFault !== null) return { ok: false, message: hostFault }
  const scheme = url.protocol === 'https:' ? 'https' : 'http'
  const port = url.port === '' ? defaultPort(scheme) : Number(url.port)
  if (port === 0) return { ok: false, message: 'the port must not be 0' }
  const { hostname, host, origin } = url
  return { ok: true, address: { scheme, hostname, port, host, origin, path: path === '/' ? '' : path } }
}

/** More stands in headers, in signatures and in what providers are told than everybody takes. */
const longest = { address: 2000, path: 1000 } as const

/** RFC 1035 section 2.3.4, in the form of a text: no resolver is asked for a longer one. */
function hostNameFault(hostname: string): string | null {
  if (hostname.length > 253) return 'a host has at most 253 characters'
  return hostname.split('.').some((label) => label.length > 63)
    ? 'a part of a host, between dots, has at most 63 characters'
    : null
}

function webAddressFault(text: string): string | null {
  if (text.length > longest.address) return `must have at most ${longest.address} characters`
  if (!/^https?:\/\//.test(text)) {
    return 'expected an address that begins with https:// or http://, in lower case'
  }
  if (/[\s\\\u0000-\u001f\u007f]/.test(text)) return 'must not hold spaces, controls or backslashes'
  if (text.includes('#')) return 'must not hold a fragment ("#")'
  if (text.includes('?')) return 'must not hold a query ("?")'
  const [, authority = ''] = /^https?:\/\/([^/]*)/.exec(text) ?? []
  if (authority.includes('@')) return 'must not hold a name or password ("@")'
  if (authority.includes('%') || authority.includes('*'))
    return 'the host must be written in full, without "%" or "*"'
  return null
}

export function defaultPort(scheme: 'http' | 'https'): number {
  return scheme === 'https' ? 443 : 80
}

/** A host that never leaves the machine: `localhost` and below (RFC 6761 section 6.3), 127.0.0.0/8, ::1. */
export function isLoopback(hostname: string): boolean {
  return /^(?:.+\.)?localhost$|^127(?:\.\d{1,3}){3}$|^\[::1\]$/.test(hostname)
}

/** Every spelling that a Host header may have: the default port may be written. */
export function hostSpellings({ scheme, hostname, port, host }: WebAddress): readonly string[] {
  return port === defaultPort(scheme) ? [host, `${hostname}:${port}`] : [host]
}

export type ReadSegments =
  | { readonly ok: true; readonly segments: readonly string[] }
  | { readonly ok: false; readonly message: string }

/**
 * A path of the file as decoded segments: as browsers show it, so Unicode is raw and nothing is escaped; `/` has
 * none. The same words as for `path` of a location, of which this is the part without `*`.
 */
export function readSegments(path: string): ReadSegments {
  if (path === '' || path === '/') return { ok: true, segments: [] }
  if (!path.startsWith('/')) return { ok: false, message: 'must begin with "/"' }
  if (path.length > longest.path)
    return { ok: false, message: `must have at most ${longest.path} characters` }
  const refused = /[%;\\?#*\s\u0000-\u001f\u007f"<>^`{|}]/.exec(path)
  if (refused !== null) {
    return {
      ok: false,
      message: `must not hold ${JSON.stringify(refused[0])}: a path is written as browsers show it`,
    }
  }
  const segments = path.slice(1).split('/')
  if (segments.at(-1) === '') {
    return { ok: false, message: `must not end with "/": write ${path.replace(/\/+$/, '')}` }
  }
  if (segments.includes('')) return { ok: false, message: 'must not hold "//"' }
  if (segments.some((segment) => segment === '.' || segment === '..')) {
    return { ok: false, message: 'must not hold "." or ".." as a segment' }
  }
  return { ok: true, segments }
}
