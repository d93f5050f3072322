// `max_body` of apps that take a body only as a whole, and `aws.held_bodies`, of which all such bodies come.
import t from 'tap'
import { loadGatewayFromText } from '../../../src/config/load.ts'
import type { Gateway } from '../../../src/core/gateway.ts'
import { surroundings } from '../surroundings.ts'

const MiB = 1024 * 1024
const api = '{ url: "https://abc123.execute-api.eu-west-1.amazonaws.com/prod", aws: { sign: execute-api } }'
const address = '{ url: "https://abc.lambda-url.eu-west-1.on.aws", aws: { sign: lambda } }'
const bucket = '{ url: "https://b.s3.eu-west-1.amazonaws.com", aws: { sign: s3 } }'
const plain = 'http://10.0.0.5'

interface Written {
  readonly upstream: string
  readonly app?: string
  readonly top?: string
}

function load({ upstream, app = '', top = '' }: Written) {
  const text = `
${top}
providers:
  acme: { issuer: "https://id.example.com", client_id: gate, client_secret: "\${env:SECRET}" }
apps:
  wiki:
    url: https://wiki.example.com
    upstream: ${upstream}
    shared_secret: "\${env:SHARED}"
    require: signed_in
${app}`
  const env = { ...surroundings.env, SHARED: 'a-shared-secret-of-thirty-two-bytes!' }
  return loadGatewayFromText(text, { ...surroundings, env })
}

function gatewayOf(written: Written): Gateway {
  const loaded = load(written)
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.issues))
  return loaded.gateway
}

function faults(written: Written): readonly string[] {
  const loaded = load(written)
  return loaded.ok
    ? []
    : loaded.issues.map(({ path, message, suggestion }) => `${path}: ${message} → ${suggestion}`)
}

const longestOf = (written: Written) => {
  const [app] = gatewayOf(written).apps
  return [app?.fallback, ...(app?.allLocations ?? [])].map((one) => one?.forwarding.maxBodyBytes)
}

const uploads = (size: string) => `    locations: [{ path: /up, require: signed_in, max_body: ${size} }]`
const bare = '    locations: [{ path: /up, require: signed_in }]'

t.test('what is not written is what AWS takes at most', async (t) => {
  t.same(longestOf({ upstream: api, app: bare }), [10 * MiB, 10 * MiB])
  t.same(longestOf({ upstream: address, app: bare }), [6 * MiB, 6 * MiB])
  t.same(longestOf({ upstream: bucket, app: bare }), [10 * MiB, 10 * MiB])
  t.same(longestOf({ upstream: plain, app: bare }), [10 * MiB, 10 * MiB])
})

t.test('less may be written, and anything where bodies pass as they come', async (t) => {
  t.same(longestOf({ upstream: api, app: `    max_body: 1MiB\n${uploads('10MiB')}` }), [MiB, 10 * MiB])
  t.same(longestOf({ upstream: address, app: uploads('6MiB') }), [6 * MiB, 6 * MiB])
  t.same(longestOf({ upstream: address, top: 'defaults: { max_body: 5MiB }' }), [5 * MiB])
  for (const upstream of [bucket, plain])
    t.same(longestOf({ upstream, app: `    max_body: none\n${uploads('1GiB')}` }), [null, 1024 * MiB])
})

t.test('more, or no bound, is an error at the place where it stands', async (t) => {
  t.same(faults({ upstream: api, app: '    max_body: 11MiB' }), [
    'apps.wiki.max_body: is 11MiB, and AWS takes no larger body there: write at most 10MiB → 10MiB',
  ])
  t.same(faults({ upstream: api, app: '    max_body: none' }), [
    'apps.wiki.max_body: is `none`, and AWS takes no larger body there: write at most 10MiB → 10MiB',
  ])
  t.same(faults({ upstream: address, app: uploads('6291457B') }), [
    'apps.wiki.locations[0].max_body: is 6291457B, and AWS takes no larger body there: write at most 6MiB → 6MiB',
  ])
  t.same(faults({ upstream: address, app: uploads('none') }), [
    'apps.wiki.locations[0].max_body: is `none`, and AWS takes no larger body there: write at most 6MiB → 6MiB',
  ])
  t.same(faults({ upstream: address, top: 'defaults: { max_body: 10MiB }' }), [
    'apps.wiki: `max_body` of `defaults` is 10MiB, and AWS takes no larger body there: write at most 6MiB here → null',
  ])
  t.same(faults({ upstream: address, top: 'defaults: { max_body: 10MiB }', app: '    max_body: 6MiB' }), [])
})

t.test('how much is held at once, and what cannot be meant', async (t) => {
  t.equal(gatewayOf({ upstream: api }).heldBodyBytes, 256 * MiB)
  t.equal(gatewayOf({ upstream: plain }).heldBodyBytes, 256 * MiB)
  t.equal(gatewayOf({ upstream: api, top: 'aws: { held_bodies: 10MiB }' }).heldBodyBytes, 10 * MiB)
  t.same(faults({ upstream: api, top: 'aws: { held_bodies: 9MiB }' }), [
    'aws.held_bodies: is 9MiB, and `max_body` of the app wiki lets one body have 10MiB → 10MiB',
  ])
  t.same(faults({ upstream: api, top: 'aws: { held_bodies: 9MiB }', app: '    max_body: 9MiB' }), [])
  for (const upstream of [plain, bucket])
    t.match(faults({ upstream, top: 'aws: { held_bodies: 1GiB }' }), [
      /^aws\.held_bodies: means nothing here: no app takes its bodies only as a whole/,
    ])
  for (const wrong of ['256', 'none', '0B', '[1MiB]', '256MB'])
    t.match(faults({ upstream: api, top: `aws: { held_bodies: ${wrong} }` }), [/^aws\.held_bodies: /], wrong)
  t.match(faults({ upstream: api, top: 'aws: { hold_bodies: 1MiB }' }), [/^aws\.hold_bodies: .*held_bodies/])
  t.match(faults({ upstream: api, top: 'aws: 1MiB' }), [/^aws: /])
})

t.test('a fault elsewhere is told alone', async (t) => {
  const found = faults({ upstream: '{ url: "nonsense" }', top: 'aws: { held_bodies: 1GiB }' })
  t.equal(found.length, 1)
  t.match(found[0], /^apps\.wiki\.upstream\.url/)
})
