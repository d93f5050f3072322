import type { SignedService } from '../../core/aws-settings.ts'
import { regionSource } from '../schema/aws-region.ts'

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
const domain = 'amazonaws\\.(?:com(?:\\.cn)?|eu)$'
const shortDomain = '\\.on\\.(?:aws|amazonwebservices\\.com\\.cn)$'
/** Of an interface endpoint in a VPC: `vpce-0a1b-c2d3.execute-api.eu-west-1.vpce.amazonaws.com`. */
const endpoint = '(?:vpce\\.)?'

/** General Reference, service endpoints; user guides of S3 (dual-stack, FIPS, access points, PrivateLink) and VPC Lattice. */
const hosts: readonly (readonly [SignedService, RegExp])[] = [
  ['execute-api', new RegExp(`^(?:[a-z0-9-]+\\.)?execute-api(?:-fips)?\\.${region}\\.${endpoint}${domain}`)],
  ['lambda', new RegExp(`^[a-z0-9]+\\.lambda-url\\.${region}${shortDomain}`)],
  [
    's3',
    new RegExp(
      `^(?:.+\\.)?s3(?:-accesspoint)?(?:-fips)?(?:\\.dualstack)?\\.${region}\\.${endpoint}${domain}`,
    ),
  ],
  // The older spelling of regions.
  ['s3', new RegExp(`^(?:.+\\.)?s3-(?:fips-)?${region}\\.${domain}`)],
  ['s3', new RegExp(`^(?:.+\\.)?s3\\.${domain}`)],
  ['vpc-lattice-svcs', new RegExp(`^(?:[a-z0-9-]+\\.)+vpc-lattice-svcs\\.${region}${shortDomain}`)],
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
]

const lambdaApi = new RegExp(
  `^(?:[a-z0-9-]+\\.)?lambda(?:-fips)?\\.${region}\\.(?:${endpoint}${domain}|api\\.aws$|api\\.amazonwebservices\\.com\\.cn$)`,
)

/** What the name of a host says when it is one that AWS gave, in lower case and without a port. */
export function readAwsHost(hostname: string): AwsHost {
  for (const [pattern, why] of unfit) if (pattern.test(hostname)) return { kind: 'unfit', why }
  for (const [service, pattern] of hosts) {
    const found = pattern.exec(hostname)
    if (found !== null) return { kind: 'service', service, region: found.groups?.region ?? null }
  }
  const ofApi = lambdaApi.exec(hostname)?.groups?.region
  return ofApi === undefined ? { kind: 'other' } : { kind: 'lambda-api', region: ofApi }
}

/** Regions by how their names begin; what is not here is `aws`. */
const partitions: readonly (readonly [string, string])[] = [
  ['cn-', 'aws-cn'],
  ['us-gov-', 'aws-us-gov'],
  ['us-iso-', 'aws-iso'],
  ['us-isob-', 'aws-iso-b'],
  ['eu-isoe-', 'aws-iso-e'],
  ['us-isof-', 'aws-iso-f'],
  ['eusc-', 'aws-eusc'],
]

/** Under what the hosts of AWS's services are, by partition; what is not here is under `amazonaws.com`. */
const domains: ReadonlyMap<string, string> = new Map([
  ['aws-cn', 'amazonaws.com.cn'],
  ['aws-iso', 'c2s.ic.gov'],
  ['aws-iso-b', 'sc2s.sgov.gov'],
  ['aws-iso-e', 'cloud.adc-e.uk'],
  ['aws-iso-f', 'csp.hci.ic.gov'],
  ['aws-eusc', 'amazonaws.eu'],
])

/** `amazonaws.com` of `eu-west-1`: what hosts of AWS's services end in there. */
export function domainOf(region: string): string {
  return domains.get(partitionOf(region)) ?? 'amazonaws.com'
}

/** The partition of a region, as ARNs name it: nobody has a role in another one. */
export function partitionOf(region: string): string {
  return partitions.find(([prefix]) => region.startsWith(prefix))?.[1] ?? 'aws'
}
