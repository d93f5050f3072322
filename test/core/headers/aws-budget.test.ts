// What of a request's headers fits through API Gateway, and who is told when it does not.
import t from 'tap'
import type { AwsSettings, LambdaSettings } from '../../../src/core/aws-settings.ts'
import type { UpstreamSettings } from '../../../src/core/gateway.ts'
import {
  type CountedRequest,
  headerBudget,
  leftForIdentity,
  lineBytes,
  overBudget,
  signatureBytes,
  signatureBytesAtMost,
} from '../../../src/core/headers/aws-budget.ts'
import { limits } from '../../../src/core/limits/table.ts'
import { Secret } from '../../../src/core/secret.ts'
import { signatureLines } from '../../../src/upstream/aws/signature.ts'
import { makeApp } from './apps.ts'

const none = { given: null, role: null, region: 'eu-west-1' }
const api: AwsSettings = { service: 'execute-api', region: 'eu-west-1', credentials: none }
const lambda: LambdaSettings = { functionName: 'wiki', payload: '1.0', streaming: false }

function upstream(
  way: Partial<UpstreamSettings> = {},
  at = 'https://abc.execute-api.eu-west-1.amazonaws.com',
) {
  return makeApp({ upstream: { aws: api, origin: at, ownOrigin: at, ...way } }).upstream
}

t.test('who has a budget, and which', async (t) => {
  t.same(headerBudget(upstream()), { own: 5120, all: 10_240 })
  t.same(headerBudget(upstream({}, 'https://api.example.com')), { own: 5120, all: 10_240 })
  for (const [own, at] of [
    [
      'https://abc.execute-api.eu-west-1.amazonaws.com',
      'https://vpce-0a-1b.execute-api.eu-west-1.vpce.amazonaws.com',
    ],
    ['https://api.example.com', 'https://10.0.0.9'],
    ['https://abc-vpce-01234567.execute-api.eu-west-1.amazonaws.com', null],
    ['https://vpce-0123-abc.execute-api.eu-west-1.vpce.amazonaws.com', null],
  ] as const)
    t.same(headerBudget(upstream({ origin: at ?? own }, own)), { own: 5120, all: 8_000 }, own)
  t.same(
    headerBudget(upstream({}, 'https://vpce.example.com')),
    { own: 5120, all: 10_240 },
    'a name of somebody',
  )
  for (const service of ['lambda', 's3', 'vpc-lattice-svcs'] as const)
    t.equal(headerBudget(upstream({ aws: { ...api, service } })), null, service)
  t.equal(headerBudget(upstream({ lambda })), null)
  t.equal(headerBudget(upstream({ aws: null })), null)
})

/** A request whose header lines have just so many bytes: `own` with all that is added to them. */
function counted(own: number, client: number, more: Partial<CountedRequest> = {}): CountedRequest {
  const added = more.added ?? 400
  const line = (name: string, bytes: number) => (bytes === 0 ? [] : [name.repeat(16), 'v'.repeat(bytes - 20)])
  const ofClient = line('c', client)
  // `connection: keep-alive` and the length of a body.
  const connection = 24 + 26
  return {
    ...{ method: 'GET', path: '/', added, ofClient: ofClient.length },
    ...more,
    headers: [...ofClient, ...line('o', own - added - connection)],
  }
}

t.test('lines are counted with all that HTTP/1.1 puts between', async (t) => {
  t.equal(lineBytes(['Host', 'a.example', 'X-A', '']), 'Host: a.example\r\nX-A: \r\n'.length)
  t.equal(lineBytes(['Host', 'a.example', 'X-A', ''], 2), 'X-A: \r\n'.length)
  t.equal(lineBytes([]), 0)
})

t.test('our own have five KiB, whatever the client sends', async (t) => {
  t.equal(overBudget(upstream(), counted(5120, 0)), null)
  t.match(overBudget(upstream(), counted(5121, 0)), {
    reason: 'identity-unsendable',
    detail: /own headers would have 5121 bytes.* signature .* 400 of them.* 5120 at most/,
  })
  t.match(overBudget(upstream(), counted(5121, 20_000)), { reason: 'identity-unsendable' })
  t.match(overBudget(upstream(), counted(3000, 0, { added: 2500 })), null)
  t.match(overBudget(upstream(), counted(5300, 0, { added: 2500 })), { reason: 'identity-unsendable' })
})

t.test('the client’s have the rest', async (t) => {
  for (const own of [500, 3000, 5120]) {
    t.equal(overBudget(upstream(), counted(own, 10_240 - own)), null)
    t.match(overBudget(upstream(), counted(own, 10_241 - own)), {
      reason: 'headers-too-large',
      detail: new RegExp(`would have 10241 bytes, the client’s ${10_241 - own} and the gateway’s ${own}`),
    })
  }
  const inVpc = upstream({ origin: 'https://10.0.0.9' })
  t.equal(overBudget(inVpc, counted(1000, 7000)), null)
  t.match(overBudget(inVpc, counted(1000, 7001)), { reason: 'headers-too-large' })
})

t.test('where the request line counts, the names do not', async (t) => {
  // `GET  HTTP/1.1` and the end of the line are 15, the names and what follows them 20 each.
  const path = (bytes: number) => `/${'p'.repeat(bytes - 1)}`
  const lines = 4_000
  const most = 10_240 - 15 - lines + 40
  t.equal(overBudget(upstream(), counted(1000, 3000, { path: path(most) })), null)
  t.match(overBudget(upstream(), counted(1000, 3000, { path: path(most + 1) })), {
    reason: 'headers-too-large',
    detail: new RegExp(`beside a request line of ${most + 1 + 15}`),
  })
})

t.test('nobody else is refused anything', async (t) => {
  const huge = counted(30_000, 30_000, { path: '/'.repeat(8_000) })
  for (const way of [{ aws: null }, { lambda }, { aws: { ...api, service: 'lambda' as const } }])
    t.equal(overBudget(upstream(way), huge), null)
})

t.test('what is taken for the signature is what it has', async (t) => {
  for (const [accessKeyId, sessionToken] of [
    ['AKIAIOSFODNN7EXAMPLE', null],
    ['ASIAIOSFODNN7EXAMPLE', 'x'.repeat(900)],
  ] as const) {
    const request = {
      ...{ method: 'POST', path: '/', host: 'abc.execute-api.eu-west-1.amazonaws.com' },
      ...{ headers: ['Content-Type', 'text/plain'], payload: Buffer.from('x') },
      ...{ service: 'execute-api', region: 'eu-west-1', nowSeconds: 1_800_000_000 },
    }
    const credentials = { accessKeyId, secretAccessKey: 's', sessionToken, endsAtMs: null }
    const bytes = lineBytes(signatureLines(request, credentials))
    const taken = signatureBytes(api, accessKeyId.length, sessionToken?.length ?? 0)
    t.ok(taken >= bytes && taken - bytes <= ';x-amz-security-token'.length, `${bytes}, taken for ${taken}`)
  }
})

t.test('whoever knows no credentials takes the longest, but for those of the file', async (t) => {
  const role = { arn: 'arn:aws:iam::123456789012:role/gateway', externalId: null, sessionName: 'claimgate' }
  const given = { accessKeyId: 'A'.repeat(20), secretAccessKey: new Secret('s'), sessionToken: null }
  const token = { ...given, sessionToken: new Secret('t'.repeat(700)) }
  const at = (credentials: Partial<AwsSettings['credentials']>) =>
    signatureBytesAtMost({ ...api, credentials: { ...none, ...credentials } })
  const longest = signatureBytes(api, 20, limits.awsTokenBytes)
  t.equal(at({}), longest)
  t.equal(at({ role }), longest)
  t.equal(at({ given, role }), longest)
  t.equal(at({ given }), signatureBytes(api, 20, 0))
  t.equal(at({ given: token }), signatureBytes(api, 20, 700))
})

t.test('what is left to identity headers is what a request may have, and not a byte more', async (t) => {
  const always = ['Host', 'abc.execute-api.eu-west-1.amazonaws.com', 'X-Gateway-Secret', 'a-secret']
  const added = signatureBytesAtMost(api)
  const left = leftForIdentity(upstream(), always, added) ?? 0
  t.ok(left > 2000 && left < 5120 - added)
  const overWith = (bytes: number) => {
    const value = 'x'.repeat(bytes - lineBytes(['X-Groups', '']))
    const request = { method: 'GET', path: '/', headers: [...always, 'X-Groups', value], ofClient: 0, added }
    return overBudget(upstream(), request)?.reason ?? null
  }
  t.equal(overWith(left), null)
  t.equal(overWith(left + 1), 'identity-unsendable')
  t.ok((leftForIdentity(upstream(), ['X-Large', 'x'.repeat(6000)], added) ?? 0) < 0, 'nothing fits')
  t.equal(leftForIdentity(upstream({ aws: null }), always, added), null)
})
