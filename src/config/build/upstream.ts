import type { z } from 'zod'
import type { AwsSettings } from '../../core/aws-settings.ts'
import type { UpstreamSettings } from '../../core/gateway.ts'
import type { ConfigPath } from '../node.ts'
import { type ownAppKeys, upstreamMapping } from '../schema/app.ts'
import { readUpstreamAddress } from '../upstream-address.ts'
import type { Checked } from '../validate.ts'
import { isLoopback, readSegments, type WebAddress } from '../web-address.ts'
import { buildSigning, readEndpoint } from './aws.ts'
import { buildSetHeaders } from './forwarding.ts'
import { buildFunction } from './lambda.ts'
import { readCertificateFile } from './pem.ts'
import { faultAt, faultAtKey, isWritten, type Scope } from './scope.ts'

type UpstreamKeys = z.output<typeof upstreamMapping>

/** An app's `upstream`, a URL or a mapping; null when reported. `publicAddress`: of its `url`; null when that was faulty. */
export function buildUpstream(
  scope: Scope,
  path: ConfigPath,
  value: Checked<typeof ownAppKeys>['upstream'],
  publicAddress: WebAddress | null,
): UpstreamSettings | null {
  if (value === undefined) return null
  // A URL alone stands for a mapping of nothing else: the defaults are the schema's.
  const settings = typeof value === 'string' ? upstreamMapping.parse({ url: value }) : value
  const { url } = settings
  const urlPath = isWritten(scope, [...path, 'url']) ? [...path, 'url'] : path
  const caFile = settings.ca_file
  const ca = caFile === undefined ? null : readCertificateFile(scope, [...path, 'ca_file'], caFile)
  const { lambda } = settings
  if (url === undefined) {
    if (lambda !== undefined)
      return buildFunction(scope, path, { ...settings, lambda }, { publicAddress, ca })
    faultAt(scope, path, 'has neither `url` nor `lambda`: write where the app is, or which function it is')
    return null
  }
  if (lambda !== undefined) {
    faultAtKey(scope, [...path, 'lambda'], 'stands beside `url`: an app is at an address, or is a function')
    return null
  }
  const read = readUpstreamAddress(url)
  if (!read.ok) {
    faultAt(scope, urlPath, read.message)
    return null
  }
  const basePath = readBasePath(scope, urlPath, read.address.path)
  const signed = readSigned(scope, path, settings, read)
  if (basePath === null || signed === 'faulty') return null
  const { scheme, hostname, port, origin } = signed?.endpoint ?? read.address
  return {
    socketPath: read.socketPath,
    scheme,
    hostname: hostname.replace(/^\[|\]$/g, ''),
    port,
    origin,
    ownOrigin: read.address.origin,
    host: read.address.host,
    basePath,
    ca,
    headers: buildSetHeaders(settings.headers),
    preserveHost: settings.preserve_host,
    stripPrefix: settings.strip_prefix,
    maxConnections: settings.max_connections,
    aws: signed?.aws ?? null,
    lambda: null,
  }
}

interface Signed {
  readonly aws: AwsSettings
  /** Where connections go instead; undefined: nowhere else. */
  readonly endpoint: WebAddress | undefined
}

/** `upstream.aws` of an address, and what must not stand beside it; `faulty` when reported. */
function readSigned(
  scope: Scope,
  path: ConfigPath,
  { aws: keys, preserve_host: preservesHost }: Pick<UpstreamKeys, 'aws' | 'preserve_host'>,
  { address, socketPath }: { readonly address: WebAddress; readonly socketPath: string | null },
): Signed | null | 'faulty' {
  if (keys === undefined) return null
  const at = [...path, 'aws']
  if (socketPath !== null) {
    faultAtKey(scope, at, 'means nothing at a Unix socket: nothing of AWS listens there')
    return 'faulty'
  }
  if (address.scheme === 'http' && !isLoopback(address.hostname))
    faultAt(scope, [...path, 'url'], 'must be https where requests are signed: http is for loopback hosts')
  if (preservesHost)
    faultAt(
      scope,
      [...path, 'preserve_host'],
      'cannot stand beside `aws`: AWS finds the app by its own host, which the signature holds for; leave it out',
    )
  const aws = buildSigning(scope, at, keys, address)
  const endpoint = aws === null ? null : readEndpoint(scope, at, keys, aws)
  return aws === null || endpoint === null ? 'faulty' : { aws, endpoint }
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
