interface Partition {
  /** As ARNs name it. */
  readonly id: string
  /** How the names of its regions begin. */
  readonly regions: string
  /** Under what the hosts of its services are. */
  readonly domain: string
  /** The same of those that have IPv6 addresses too. */
  readonly dualStack: string
  /** Under what the URLs of functions and the services of VPC Lattice are; null: it has none that we know of. */
  readonly short: string | null
}

const usual: Partition = {
  ...{ id: 'aws', regions: '', domain: 'amazonaws.com' },
  ...{ dualStack: 'api.aws', short: 'on.aws' },
}

/** Regions that are in none of these are in the usual one. General Reference; partitions.json of AWS's SDKs. */
const others: readonly Partition[] = [
  {
    ...{ id: 'aws-cn', regions: 'cn-', domain: 'amazonaws.com.cn' },
    ...{ dualStack: 'api.amazonwebservices.com.cn', short: 'on.amazonwebservices.com.cn' },
  },
  { ...usual, id: 'aws-us-gov', regions: 'us-gov-' },
  {
    ...{ id: 'aws-eusc', regions: 'eusc-', domain: 'amazonaws.eu' },
    ...{ dualStack: 'api.amazonwebservices.eu', short: 'on.amazonwebservices.eu' },
  },
  {
    ...{ id: 'aws-iso', regions: 'us-iso-', domain: 'c2s.ic.gov' },
    ...{ dualStack: 'api.aws.ic.gov', short: null },
  },
  {
    ...{ id: 'aws-iso-b', regions: 'us-isob-', domain: 'sc2s.sgov.gov' },
    ...{ dualStack: 'api.aws.scloud', short: null },
  },
  {
    ...{ id: 'aws-iso-e', regions: 'eu-isoe-', domain: 'cloud.adc-e.uk' },
    ...{ dualStack: 'api.cloud-aws.adc-e.uk', short: null },
  },
  {
    ...{ id: 'aws-iso-f', regions: 'us-isof-', domain: 'csp.hci.ic.gov' },
    ...{ dualStack: 'api.aws.hci.ic.gov', short: null },
  },
]

type Suffix = 'domain' | 'dualStack' | 'short'

/** Every ending of one kind, whatever the partition. */
export function suffixes(kind: Suffix): readonly string[] {
  return [...new Set([usual, ...others].flatMap((partition) => partition[kind] ?? []))]
}

/** What hosts of a region end in; null: nothing that we know of. */
export function suffixOf(region: string, kind: Suffix): string | null {
  return of(region)[kind]
}

/** `amazonaws.com` of `eu-west-1`: what hosts of AWS's services end in there. */
export function domainOf(region: string): string {
  return of(region).domain
}

/** The partition of a region, as ARNs name it: nobody has a role in another one. */
export function partitionOf(region: string): string {
  return of(region).id
}

function of(region: string): Partition {
  return others.find(({ regions }) => region.startsWith(regions)) ?? usual
}
