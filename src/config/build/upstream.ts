import type { UpstreamSettings } from '../../core/gateway.ts'
import type { ConfigPath } from '../node.ts'
import { type ownAppKeys, upstreamMapping } from '../schema/app.ts'
import { readUpstreamAddress } from '../upstream-address.ts'
import type { Checked } from '../validate.ts'
import { readSegments } from '../web-address.ts'
import { buildSetHeaders } from './forwarding.ts'
import { readCertificateFile } from './pem.ts'
import { faultAt, isWritten, type Scope } from './scope.ts'

/** An app's `upstream`, a URL or a mapping; null when reported. */
export function buildUpstream(
  scope: Scope,
  path: ConfigPath,
  value: Checked<typeof ownAppKeys>['upstream'],
): UpstreamSettings | null {
  if (value === undefined) return null
  // A URL alone stands for a mapping of nothing else: the defaults are the schema's.
  const settings = typeof value === 'string' ? upstreamMapping.parse({ url: value }) : value
  const { url } = settings
  const urlPath = isWritten(scope, [...path, 'url']) ? [...path, 'url'] : path
  const caFile = settings.ca_file
  const ca = caFile === undefined ? null : readCertificateFile(scope, [...path, 'ca_file'], caFile)
  const read = readUpstreamAddress(url)
  if (!read.ok) {
    faultAt(scope, urlPath, read.message)
    return null
  }
  const { scheme, hostname, port, origin, host } = read.address
  const basePath = readBasePath(scope, urlPath, read.address.path)
  if (basePath === null) return null
  return {
    socketPath: read.socketPath,
    scheme,
    hostname: hostname.replace(/^\[|\]$/g, ''),
    port,
    origin,
    ownOrigin: origin,
    host,
    basePath,
    ca,
    headers: buildSetHeaders(settings.headers),
    preserveHost: settings.preserve_host,
    stripPrefix: settings.strip_prefix,
    maxConnections: settings.max_connections,
    aws: null,
    lambda: null,
  }
}

/** `/prod` of `https://host/prod`, as it goes on the wire; one last slash is taken for no part of it. */
function readBasePath(scope: Scope, path: ConfigPath, written: string): string | null {
  const basePath = written.replace(/\/$/, '')
  const read = readSegments(basePath)
  if (read.ok) return read.segments.map((segment) => `/${wireForm(segment)}`).join('')
  faultAt(scope, path, `the path ${read.message}`)
  return null
}

/** RFC 3986 section 3.3 lets more stand in a path than `encodeURIComponent` leaves. */
function wireForm(segment: string): string {
  return encodeURIComponent(segment).replace(/%(?:24|26|2B|2C|3A|3D|40)/g, decodeURIComponent)
}
