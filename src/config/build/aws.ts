import type { z } from 'zod'
import {
  type AwsCredentialSettings,
  type AwsSettings,
  awsSecretPattern,
  type SignedService,
} from '../../core/aws-settings.ts'
import { isStandIn } from '../made-up.ts'
import { type ConfigPath, nodeAt } from '../node.ts'
import type { aws } from '../schema/aws.ts'
import { isLoopback, readWebAddress, type WebAddress } from '../web-address.ts'
import type { AppSettings } from './app-settings.ts'
import { type AwsHost, readAwsHost } from './aws-host.ts'
import { partitionOf } from './aws-partition.ts'
import { faultAt, faultAtKey, isWritten, type Scope } from './scope.ts'
import type { NamedSecret } from './secrets.ts'

export type AwsKeys = z.output<typeof aws>

/** Whether requests go to an address, and are signed. */
export function isSigned({ upstream }: Pick<AppSettings, 'upstream'>): boolean {
  return typeof upstream === 'object' && upstream.aws !== undefined && upstream.url !== undefined
}

/**
 * `upstream.aws` beside `url`: how requests to this address are signed. `path` is that of `aws`. Null when something was
 * faulty, and reported.
 */
export function buildSigning(
  scope: Scope,
  path: ConfigPath,
  keys: AwsKeys,
  { hostname }: WebAddress,
): AwsSettings | null {
  const host = readAwsHost(hostname)
  const service = readService(scope, path, keys, host)
  const region = readRegion(scope, path, keys, host)
  const credentials = region === null ? null : buildAwsCredentials(scope, path, keys, region)
  return service === null || region === null || credentials === null ? null : { service, region, credentials }
}

function readService(scope: Scope, path: ConfigPath, { sign }: AwsKeys, host: AwsHost): SignedService | null {
  const at = [...path, 'sign']
  switch (host.kind) {
    case 'unfit':
      faultAt(scope, [...path.slice(0, -1), 'url'], host.why)
      return null
    case 'lambda-api':
      faultAt(
        scope,
        [...path.slice(0, -1), 'url'],
        'is the API of Lambda itself: write `lambda: {function: "arn:aws:lambda:…"}` instead, or the function’s own URL',
      )
      return null
    case 'service':
      if (sign === host.service) return sign
      faultAt(
        scope,
        at,
        sign === undefined
          ? `is missing: requests to this host are signed for ${host.service}`
          : `does not fit: the host of \`url\` is one of ${host.service}`,
        host.service,
      )
      return null
    case 'other':
      if (sign !== undefined) return sign
      faultAt(
        scope,
        at,
        'is missing: which service verifies the signatures cannot be read from the host of `url`: execute-api, lambda, s3 or vpc-lattice-svcs',
      )
      return null
  }
}

function readRegion(
  scope: Scope,
  path: ConfigPath,
  { region: written }: AwsKeys,
  host: AwsHost,
): string | null {
  const at = [...path, 'region']
  const read = host.kind === 'service' ? host.region : null
  if (read !== null && written !== undefined && read !== written) {
    // What a variable yields is never printed, nor anything made of it.
    const url = nodeAt(scope.root, [...path.slice(0, -1), 'url'])
    const isShown = url?.kind === 'scalar' && !url.interpolated
    const where = isShown ? read : 'another region'
    faultAt(scope, at, `does not fit: the host of \`url\` is in ${where}; leave the key out`)
    return null
  }
  const region = read ?? written
  if (region !== undefined) return region
  // Of such a host the fault is told already.
  if (host.kind === 'unfit' || host.kind === 'lambda-api') return null
  faultAt(
    scope,
    at,
    'is missing: the region cannot be read from the host of `url`: write where the service is, such as eu-west-1',
  )
  return null
}

/** Where the credentials come from; null when reported. `region`: of the service that verifies. */
export function buildAwsCredentials(
  scope: Scope,
  path: ConfigPath,
  keys: AwsKeys,
  region: string,
): AwsCredentialSettings | null {
  const { role_arn: arn, external_id: externalId, session_name: sessionName, credentials: given } = keys
  if (arn === undefined) {
    for (const key of ['external_id', 'session_name'])
      if (isWritten(scope, [...path, key]))
        faultAtKey(scope, [...path, key], 'means nothing without `role_arn`')
  } else if (arn.split(':')[1] !== partitionOf(region)) {
    faultAt(
      scope,
      [...path, 'role_arn'],
      `is of another partition than the region: expected arn:${partitionOf(region)}:iam::…`,
    )
  }
  if (given !== undefined) checkGiven(scope, [...path, 'credentials'], given)
  return {
    given:
      given === undefined
        ? null
        : {
            accessKeyId: given.access_key_id,
            secretAccessKey: given.secret_access_key,
            sessionToken: given.session_token ?? null,
          },
    role: arn === undefined ? null : { arn, externalId: externalId ?? null, sessionName },
    region,
  }
}

/** IAM, `AccessKey`: 16 to 128 word characters, and by their beginning what they are. Never repeats one. */
function checkGiven(scope: Scope, path: ConfigPath, given: NonNullable<AwsKeys['credentials']>): void {
  const { access_key_id: id, session_token: token } = given
  for (const name of ['secret_access_key', 'session_token'] as const) {
    const secret = given[name]
    if (secret !== undefined && !awsSecretPattern.test(secret.reveal()))
      faultAt(
        scope,
        [...path, name],
        'holds what no key or token of AWS does, such as a space or the end of a line: write it as AWS showed it',
      )
  }
  const at = [...path, 'access_key_id']
  const node = nodeAt(scope.root, at)
  if (node !== undefined && isStandIn(node, scope.surroundings.madeUp)) return
  if (!/^\w{16,128}$/.test(id)) {
    faultAt(scope, at, 'expected the id of an access key: 16 letters and digits or more, such as AKIA…')
  } else if (id.startsWith('ASIA') && token === undefined) {
    faultAt(
      scope,
      [...path, 'session_token'],
      'is missing: the id begins with ASIA, so that the credentials are temporary and have a token',
    )
  } else if (id.startsWith('AKIA') && token !== undefined) {
    faultAt(
      scope,
      [...path, 'session_token'],
      'does not belong to the key: one whose id begins with AKIA has none; leave it out',
    )
  }
}

/** Secrets of an app's `upstream.aws`, to be held against the others of the file. */
export function awsSecrets(path: ConfigPath, { upstream }: AppSettings): readonly NamedSecret[] {
  const given = typeof upstream === 'object' ? upstream.aws?.credentials : undefined
  if (given === undefined) return []
  const at = [...path, 'upstream', 'aws', 'credentials']
  const { secret_access_key: key, session_token: token } = given
  return [
    { purpose: 'aws', path: [...at, 'secret_access_key'], secret: key },
    ...(token === undefined
      ? []
      : [{ purpose: 'aws' as const, path: [...at, 'session_token'], secret: token }]),
  ]
}

/** What an endpoint must not contradict, where its name is one of AWS. */
export interface Endpoint {
  readonly service: SignedService
  readonly region: string
}

/** `aws.endpoint`: where connections go instead. Undefined: not written; null: faulty, and reported. */
export function readEndpoint(
  scope: Scope,
  path: ConfigPath,
  { endpoint: text }: AwsKeys,
  { service, region }: Endpoint,
): WebAddress | null | undefined {
  if (text === undefined) return undefined
  const at = [...path, 'endpoint']
  const read = readWebAddress(text)
  if (!read.ok) {
    faultAt(scope, at, read.message)
    return null
  }
  const fault = endpointFault(read.address, { service, region })
  if (fault === null) return read.address
  faultAt(scope, at, fault)
  return null
}

function endpointFault({ scheme, hostname, path }: WebAddress, { service, region }: Endpoint): string | null {
  if (path !== '') return 'expected scheme, host and port alone: the path is that of `url`'
  if (scheme === 'http' && !isLoopback(hostname)) return 'must be https: http is for loopback hosts'
  const host = readAwsHost(hostname)
  if (host.kind === 'unfit') return host.why
  if (host.kind === 'other') return null
  const of = host.kind === 'service' ? host.service : 'lambda'
  if (of !== service) return `is an address of ${of}, and requests are signed for ${service}`
  if (host.region !== null && host.region !== region)
    return 'is in another region than what requests are signed for'
  return null
}
