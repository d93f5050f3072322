// Host names that AWS gives, in every partition: the names of endpoints as botocore's own table has them (partitions.json:
// dnsSuffix, dualStackDnsSuffix), and what looks like one and is none.
import t from 'tap'
import { readAwsHost } from '../../../src/config/build/aws-host.ts'
import { domainOf, partitionOf } from '../../../src/config/build/aws-partition.ts'

interface Partition {
  readonly region: string
  readonly id: string
  readonly domain: string
  readonly dualStack: string
}

const partitions: readonly Partition[] = [
  { region: 'eu-west-1', id: 'aws', domain: 'amazonaws.com', dualStack: 'api.aws' },
  { region: 'mx-central-1', id: 'aws', domain: 'amazonaws.com', dualStack: 'api.aws' },
  {
    region: 'cn-northwest-1',
    id: 'aws-cn',
    domain: 'amazonaws.com.cn',
    dualStack: 'api.amazonwebservices.com.cn',
  },
  { region: 'us-gov-east-1', id: 'aws-us-gov', domain: 'amazonaws.com', dualStack: 'api.aws' },
  { region: 'eusc-de-east-1', id: 'aws-eusc', domain: 'amazonaws.eu', dualStack: 'api.amazonwebservices.eu' },
  { region: 'us-iso-east-1', id: 'aws-iso', domain: 'c2s.ic.gov', dualStack: 'api.aws.ic.gov' },
  { region: 'us-isob-east-1', id: 'aws-iso-b', domain: 'sc2s.sgov.gov', dualStack: 'api.aws.scloud' },
  {
    region: 'eu-isoe-west-1',
    id: 'aws-iso-e',
    domain: 'cloud.adc-e.uk',
    dualStack: 'api.cloud-aws.adc-e.uk',
  },
  { region: 'us-isof-south-1', id: 'aws-iso-f', domain: 'csp.hci.ic.gov', dualStack: 'api.aws.hci.ic.gov' },
]

t.test('each partition: its name, its domain, and its hosts', async (t) => {
  for (const { region, id, domain, dualStack } of partitions) {
    t.equal(partitionOf(region), id)
    t.equal(domainOf(region), domain)
    const apis = [
      `abc123.execute-api.${region}.${domain}`,
      `abc123.execute-api-fips.${region}.${domain}`,
      `abc123-vpce-0a1b.execute-api.${region}.${domain}`,
      `vpce-0a1b-c2d3.execute-api.${region}.vpce.${domain}`,
      `abc123.execute-api.${region}.${dualStack}`,
      `execute-api.${region}.${dualStack}`,
    ]
    for (const host of apis)
      t.same(readAwsHost(host), { kind: 'service', service: 'execute-api', region }, host)
    const buckets = [
      `bucket.s3.${region}.${domain}`,
      `bucket.s3.dualstack.${region}.${domain}`,
      `bucket.s3-fips.${region}.${domain}`,
      `bucket.bucket.vpce-0a1b-c2d3.s3.${region}.vpce.${domain}`,
    ]
    for (const host of buckets) t.same(readAwsHost(host), { kind: 'service', service: 's3', region }, host)
    const lambda = [
      `lambda.${region}.${domain}`,
      `lambda-fips.${region}.${domain}`,
      `lambda.${region}.${dualStack}`,
      `vpce-0a1b-c2d3.lambda.${region}.vpce.${domain}`,
    ]
    for (const host of lambda) t.same(readAwsHost(host), { kind: 'lambda-api', region }, host)
  }
})

t.test('a region under the domain of another partition is no host that there is', async (t) => {
  const cases: Readonly<Record<string, RegExp>> = {
    'abc123.execute-api.cn-north-1.amazonaws.com': /cn-north-1 .*amazonaws\.com\.cn/,
    'abc123.execute-api.eu-west-1.amazonaws.com.cn': /eu-west-1 .*amazonaws\.com/,
    'abc123.execute-api.eusc-de-east-1.amazonaws.com': /amazonaws\.eu/,
    'abc123.execute-api.us-iso-east-1.amazonaws.com': /c2s\.ic\.gov/,
    'abc123.execute-api.us-gov-west-1.amazonaws.com.cn': /amazonaws\.com/,
    'lambda.cn-north-1.api.aws': /api\.amazonwebservices\.com\.cn/,
    'bucket.s3.eu-west-1.amazonaws.eu': /amazonaws\.com/,
    'bucket.s3-cn-north-1.amazonaws.com': /amazonaws\.com\.cn/,
    'abcdefghij.lambda-url.cn-north-1.on.aws': /on\.amazonwebservices\.com\.cn/,
    'svc-0123.7d67968.vpc-lattice-svcs.us-west-2.on.amazonwebservices.com.cn': /on\.aws/,
    'vpce-0a1b.execute-api.cn-north-1.vpce.amazonaws.com': /amazonaws\.com\.cn/,
  }
  for (const [host, why] of Object.entries(cases)) {
    const read = readAwsHost(host)
    t.equal(read.kind, 'unfit', host)
    t.match(read.kind === 'unfit' ? read.why : '', why, host)
  }
})

t.test('hosts of other services, for which nothing can be signed', async (t) => {
  for (const host of [
    'point-123456789012.s3-object-lambda.eu-west-1.amazonaws.com',
    'point-123456789012.op-0123.s3-outposts.eu-west-1.amazonaws.com',
    '123456789012.s3-control.eu-west-1.amazonaws.com',
  ])
    t.match(readAwsHost(host), { kind: 'unfit', why: /signed for another service/ }, host)
})

t.test('an endpoint in a VPC that leads to another service', async (t) => {
  for (const service of ['sts', 'dynamodb', 'ecr.api', 'apigateway', 'vpc-lattice'])
    for (const host of [
      `vpce-0a1b-c2d3.${service}.eu-west-1.vpce.amazonaws.com`,
      `vpce-0a1b-c2d3-eu-west-1a.${service}.cn-north-1.vpce.amazonaws.com.cn`,
    ])
      t.match(readAwsHost(host), { kind: 'unfit', why: new RegExp(`endpoint of ${service},`) }, host)
})

t.test('what only looks like one', async (t) => {
  for (const host of [
    'abc123.execute-api.eu-west-1.amazonaws.com.example.com',
    'abc123.execute-api.eu-west-1.amazonaws.co',
    'abc123.execute-api.eu-west-1.amazonawsxcom',
    'abc123.execute-api.eu-west.amazonaws.com',
    'abc123xexecute-api.eu-west-1.amazonaws.com',
    'execute-api.amazonaws.com',
    'lambda-url.eu-west-1.on.aws',
    'abc.def.lambda-url.eu-west-1.on.aws',
    'lb-1.eu-west-1.elb.amazonaws.com',
    'vpce-0a1b.vpce-svc-0c2d.eu-west-1.vpce.amazonaws.com',
    'd111.cloudfront.net',
    'abc.awsapprunner.com',
    'evil-s3.eu-west-1.amazonaws.com.cn.example',
    'api.aws',
    `${'a-'.repeat(100_000)}.execute-api`,
  ])
    t.same(readAwsHost(host), { kind: 'other' }, host.slice(0, 80))
})
