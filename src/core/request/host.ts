/** The one Host of a request in lower case, as `Gateway.hosts` is keyed. */
export type HostReading =
  | { readonly ok: true; readonly host: string }
  | { readonly ok: false; readonly reason: 'host-invalid' }

const invalid: HostReading = { ok: false, reason: 'host-invalid' }

// RFC 3986 3.2.2 without userinfo, escapes and the sub-delimiters that no host name has (a comma joins two hosts).
const plainHost = /^[a-z0-9._-]+(?::[0-9]{1,5})?$/
const bracketedHost = /^\[[0-9a-f:.]+\](?::[0-9]{1,5})?$/

/**
 * Reads the Host of a request from its raw headers (name, value, name, value …). Exactly one line, no more and no less:
 * Node passes a second one on in silence. X-Forwarded-Host is never read.
 */
export function readHost(rawHeaders: readonly string[]): HostReading {
  let host: string | null = null
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]
    if (name?.length !== 4 || (name !== 'Host' && name.toLowerCase() !== 'host')) continue
    if (host !== null) return invalid
    host = (rawHeaders[i + 1] ?? '').toLowerCase()
  }
  if (host === null || !(plainHost.test(host) || bracketedHost.test(host))) return invalid
  return { ok: true, host }
}
