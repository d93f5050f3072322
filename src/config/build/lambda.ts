import type { z } from 'zod'
import type { UpstreamSettings } from '../../core/gateway.ts'
import type { ConfigPath } from '../node.ts'
import type { upstreamMapping } from '../schema/app.ts'
import { aws } from '../schema/aws.ts'
import type { lambda } from '../schema/lambda.ts'
import { readWebAddress, type WebAddress } from '../web-address.ts'
import { type AppSettings, whereWritten } from './app-settings.ts'
import { type AwsKeys, buildAwsCredentials, readEndpoint } from './aws.ts'
import { readAwsHost } from './aws-host.ts'
import { domainOf, partitionOf } from './aws-partition.ts'
import { buildSetHeaders } from './forwarding.ts'
import type { Place } from './forwarding-place.ts'
import { faultAt, faultAtKey, isWritten, type Scope } from './scope.ts'

type UpstreamKeys = z.output<typeof upstreamMapping>
type LambdaKeys = z.output<typeof lambda>

/** Whether a function is invoked instead of an address. */
export function isFunction({ upstream }: Pick<AppSettings, 'upstream'>): boolean {
  return typeof upstream === 'object' && upstream.lambda !== undefined && upstream.url === undefined
}

/**
 * `upstream.lambda`. Connections go to the Lambda API of the function's region, or to `aws.endpoint`; the function itself
 * knows the app by its public address, as it gets no other. `path` is that of `upstream`. Null when something was
 * faulty, and reported.
 */
export function buildFunction(
  scope: Scope,
  path: ConfigPath,
  settings: UpstreamKeys & { readonly lambda: LambdaKeys },
  { publicAddress, ca }: { readonly publicAddress: WebAddress | null; readonly ca: string | null },
): UpstreamSettings | null {
  const { lambda: keys, aws: written } = settings
  const [, partition = '', , region = ''] = keys.function.split(':')
  checkBeside(scope, path, settings)
  if (partition !== partitionOf(region)) {
    const message = `is of the partition ${partition}, and ${region} belongs to ${partitionOf(region)}`
    faultAt(scope, [...path, 'lambda', 'function'], message)
    return null
  }
  const awsKeys = written ?? aws.parse({})
  const credentials = buildAwsCredentials(scope, [...path, 'aws'], awsKeys, region)
  const endpoint = readFunctionEndpoint(scope, [...path, 'aws'], awsKeys, region)
  if (credentials === null || endpoint === null || publicAddress === null) return null
  return {
    socketPath: null,
    scheme: endpoint.scheme,
    hostname: endpoint.hostname.replace(/^\[|\]$/g, ''),
    port: endpoint.port,
    origin: endpoint.origin,
    ownOrigin: publicAddress.origin,
    host: publicAddress.host,
    basePath: '',
    ca,
    headers: buildSetHeaders(settings.headers),
    preserveHost: false,
    stripPrefix: settings.strip_prefix,
    maxConnections: settings.max_connections,
    aws: { service: 'lambda', region, credentials },
    lambda: { functionName: keys.function, payload: keys.payload, streaming: keys.streaming },
  }
}

/** What means something for an address alone. */
function checkBeside(
  scope: Scope,
  path: ConfigPath,
  settings: UpstreamKeys & { readonly lambda: LambdaKeys },
): void {
  const { aws: written, preserve_host: preservesHost } = settings
  if (written?.sign !== undefined)
    faultAtKey(
      scope,
      [...path, 'aws', 'sign'],
      'means nothing beside `lambda`: invocations are signed for Lambda; leave it out',
    )
  if (written?.region !== undefined)
    faultAtKey(
      scope,
      [...path, 'aws', 'region'],
      'means nothing beside `lambda`: the region is that of the function’s ARN; leave it out',
    )
  if (preservesHost)
    faultAtKey(
      scope,
      [...path, 'preserve_host'],
      'means nothing beside `lambda`: a function is told the app’s public host at all events; leave it out',
    )
}

/** The Lambda API, https://docs.aws.amazon.com/general/latest/gr/lambda-service.html; null when reported. */
function readFunctionEndpoint(
  scope: Scope,
  path: ConfigPath,
  keys: AwsKeys,
  region: string,
): WebAddress | null {
  const written = readEndpoint(scope, path, keys, { service: 'lambda', region })
  if (written === null) return null
  if (written === undefined) {
    const read = readWebAddress(`https://lambda.${region}.${domainOf(region)}`)
    if (!read.ok) throw new Error(`${region} makes no address: ${read.message}`)
    return read.address
  }
  if (readAwsHost(written.hostname).kind !== 'service') return written
  const message = `is the URL of a function: expected an endpoint of the Lambda API, such as https://lambda.${region}.${domainOf(region)}`
  faultAt(scope, [...path, 'endpoint'], message)
  return null
}

/** What an app and its locations may not say where a function is invoked. `ofApp`: where the app's own key stands. */
export function checkFunctionForwarding(
  scope: Scope,
  ofApp: (key: string) => ConfigPath,
  places: readonly Place[],
): void {
  for (const { path, location } of places) {
    const at = path === null ? ofApp('websocket') : [...path, 'websocket']
    // What the app says for all of its places is told once.
    if (location.forwarding.websocketOrigins === null || !isWritten(scope, at)) continue
    faultAt(
      scope,
      at,
      'cannot stand where a function is invoked (`upstream.lambda`): it answers once, and holds no connection; write `websocket: false`',
    )
  }
}

/** Adapters decode a path before the app sees it, each in its own way: readings of it cannot be told apart there. */
export function checkFunctionPaths(scope: Scope, path: ConfigPath, settings: AppSettings): void {
  if (!isFunction(settings) || settings.allow_encoded.length === 0) return
  faultAt(
    scope,
    whereWritten(scope, path, 'allow_encoded'),
    'cannot stand where a function is invoked (`upstream.lambda`): adapters decode such a path before the app sees it; write `allow_encoded: []`, or leave it out',
  )
}
