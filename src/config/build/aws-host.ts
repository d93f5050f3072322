import type { SignedService } from '../../core/aws-settings.ts'
import { regionSource } from '../schema/aws-region.ts'
import { partitionOf, suffixes, suffixOf } from './aws-partition.ts'

export type AwsHost =
  /** `region`: null where the host is that of all regions. */
  | { readonly kind: 'service'; readonly service: SignedService; readonly region: string | null }
  /** The API of Lambda itself, at which functions are invoked. */
  | { readonly kind: 'lambda-api'; readonly region: string }
  /** One of AWS that no request of ours can be signed for; a sentence says why. */
  | { readonly kind: 'unfit'; readonly why: string }
  /** A custom domain, or nothing of AWS. */
  | { readonly kind: 'other' }

const region = `(?<region>${regionSource})`
/** Of an interface endpoint in a VPC: `vpce-0a1b-c2d3.execute-api.eu-west-1.vpce.amazonaws.com`. */
const endpoint = '(?:vpce\\.)?'

const oneOf = (kind: Parameters<typeof suffixes>[0]) =>
  `(?<${kind}>${suffixes(kind)
    .map((suffix) => suffix.replaceAll('.', '\\.'))
    .join('|')})$`
const domain = oneOf('domain')
const eitherDomain = `(?:${endpoint}${domain}|${oneOf('dualStack')})`
const short = oneOf('short')

/** General Reference, service endpoints; user guides of S3 (dual-stack, FIPS, access points, PrivateLink) and VPC Lattice. */
const hosts: readonly (readonly [SignedService, RegExp])[] = [
  ['execute-api', new RegExp(`^(?:[a-z0-9-]+\\.)?execute-api(?:-fips)?\\.${region}\\.${eitherDomain}`)],
  ['lambda', new RegExp(`^[a-z0-9]+\\.lambda-url\\.${region}\\.${short}`)],
  [
    's3',
    new RegExp(
      `^(?:.+\\.)?s3(?:-accesspoint)?(?:-fips)?(?:\\.dualstack)?\\.${region}\\.${endpoint}${domain}`,
    ),
  ],
  // The older spelling of regions.
  ['s3', new RegExp(`^(?:.+\\.)?s3-(?:fips-)?${region}\\.${domain}`)],
  ['s3', new RegExp(`^(?:.+\\.)?s3\\.${domain}`)],
  ['vpc-lattice-svcs', new RegExp(`^(?:[a-z0-9-]+\\.)+vpc-lattice-svcs\\.${region}\\.${short}`)],
]

const unfit: readonly (readonly [RegExp, string])[] = [
  [
    new RegExp(`(?:^|\\.)s3-website[.-]${region}\\.${domain}`),
    'an S3 website verifies no signature: write the address of the bucket itself, such as https://bucket.s3.eu-west-1.amazonaws.com',
  ],
  [
    new RegExp(`\\.s3-global\\.${domain}`),
    'a multi-Region access point demands signatures of another kind (SigV4A): write the address of one bucket',
  ],
  [
    new RegExp(`(?:^|\\.)s3express-[a-z0-9-]+\\.${region}\\.${domain}`),
    'a directory bucket demands sessions of its own: write the address of a general purpose bucket',
  ],
  [
    new RegExp(
      `(?:^|\\.)s3-(?:object-lambda|outposts|control)(?:-fips)?\\.(?:dualstack\\.)?${region}\\.${domain}`,
    ),
    'requests to this host are signed for another service than s3: write the address of a bucket or of an access point',
  ],
]

const lambdaApi = new RegExp(`^(?:[a-z0-9-]+\\.)?lambda(?:-fips)?\\.${region}\\.${eitherDomain}`)

/** Of a service that is none of these. `vpce-svc-…` is one of anybody's own, behind which all may be. */
const foreignEndpoint = new RegExp(
  `^vpce-[a-z0-9-]+\\.(?!vpce-svc-)(?<service>[a-z][a-z0-9.-]*)\\.${region}\\.vpce\\.${domain}`,
)

/** What the name of a host says when it is one that AWS gave, in lower case and without a port. */
export function readAwsHost(hostname: string): AwsHost {
  for (const [pattern, why] of unfit) if (pattern.test(hostname)) return { kind: 'unfit', why }
  for (const [service, pattern] of hosts) {
    const found = pattern.exec(hostname)
    if (found === null) continue
    const why = elsewhere(found.groups)
    if (why !== null) return { kind: 'unfit', why }
    return { kind: 'service', service, region: found.groups?.region ?? null }
  }
  const groups = lambdaApi.exec(hostname)?.groups
  if (groups?.region === undefined) return readForeignEndpoint(hostname)
  const why = elsewhere(groups)
  return why === null ? { kind: 'lambda-api', region: groups.region } : { kind: 'unfit', why }
}

function readForeignEndpoint(hostname: string): AwsHost {
  const service = foreignEndpoint.exec(hostname)?.groups?.service
  if (service === undefined) return { kind: 'other' }
  const why = `is an endpoint of ${service}, which no signed request leads to an app: write one of execute-api, lambda or s3`
  return { kind: 'unfit', why }
}

/** Why there is no such host: it names a region under the domain of another partition. */
function elsewhere(groups: RegExpExecArray['groups']): string | null {
  const name = groups?.region
  if (name === undefined) return null
  for (const kind of ['domain', 'dualStack', 'short'] as const) {
    const written = groups?.[kind]
    if (written === undefined) continue
    const right = suffixOf(name, kind)
    if (written === right) return null
    const known = right === null ? '' : `: hosts of ${name} end in ${right}`
    return `there is no such host, as ${name} is of the partition ${partitionOf(name)}${known}`
  }
  return null
}
