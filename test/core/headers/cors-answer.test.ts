import t from 'tap'
import type { App, Location } from '../../../src/core/gateway.ts'
import type { Cors } from '../../../src/core/headers/cors.ts'
import { corsAnswer, governsCors, mayCall } from '../../../src/core/headers/cors-answer.ts'
import { forwarding, makeApp } from './apps.ts'

const shop = 'https://shop.example'
const origins: Cors = { kind: 'origins', origins: [shop, 'http://localhost:5173'] }
const keys: Cors = { kind: 'keys' }

function at(
  cors: Cors,
  more: { methods?: readonly string[] | null; path?: string; exact?: boolean; corsHeaders?: string[] } = {},
): Location {
  const { methods = null, path = 'api', exact = false, corsHeaders = [] } = more
  const segments = [path]
  return {
    ...makeApp().fallback,
    pattern: { segments, written: segments, exact },
    methods: methods === null ? null : new Set(methods),
    forwarding: { ...forwarding, cors, corsHeaders },
  }
}

function told(
  judges: readonly Location[],
  origin: string | undefined,
  cookie?: string,
  app: App = makeApp(),
) {
  return corsAnswer(app, judges, { origin, cookie })?.headers ?? null
}

t.test('a listed origin is told so, exactly as it stands there', async (t) => {
  t.same(told([at(origins)], shop), {
    'access-control-allow-origin': shop,
    'access-control-allow-methods': 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS',
    'access-control-allow-headers': 'Authorization, Content-Type',
    'access-control-max-age': '600',
    'access-control-expose-headers': 'Retry-After, WWW-Authenticate',
  })
  for (const origin of [
    ...['https://other.example', 'https://SHOP.example', 'https://shop.example:443', 'https://shop.example/'],
    ...['http://shop.example', 'https://shop.example.evil.test', 'null', '*', '', `${shop}, ${shop}`],
  ])
    t.same(told([at(origins)], origin), {}, origin)
  t.same(told([at(origins)], undefined), {})
})

t.test('`keys` answers every https origin that is one, and nothing else', async (t) => {
  for (const origin of [
    shop,
    'https://a.b-c.example:8443',
    'https://[2001:db8::1]',
    'https://xn--bcher-kva.example',
  ])
    t.match(told([at(keys)], origin), { 'access-control-allow-origin': origin }, origin)
  for (const origin of [
    ...[
      'null',
      '*',
      '',
      'http://shop.example',
      'https://',
      'https://shop.example/',
      'https://shop.example/a',
    ],
    ...[
      'https://SHOP.example',
      'https://shop.example:443',
      'https://a@shop.example',
      'https://bücher.example',
    ],
    ...['https://shop.example, https://shop.example', ' https://shop.example', 'https:shop.example'],
    ...[
      'moz-extension://x',
      'file://',
      'https://shop.example?',
      'https://shop.example#',
      'https://a\tb.example',
    ],
    `https://${'a'.repeat(300)}.example`,
  ])
    t.same(told([at(keys)], origin), {}, origin)
})

t.test('what came with a cookie is read by no page of another origin', async (t) => {
  t.same(told([at(origins)], shop, 'any=cookie'), {})
  t.same(told([at(keys)], shop, ''), {})
})

t.test('without `cors` the app speaks for itself', async (t) => {
  t.equal(told([at({ kind: 'deny' })], shop), null)
  t.notOk(governsCors([at({ kind: 'deny' })]))
  t.ok(governsCors([at({ kind: 'deny' }), at(keys)]))
})

t.test('of several readings of a path all must let the page call, with what all of them take', async (t) => {
  t.same(told([at(origins), at({ kind: 'deny' })], shop), {})
  t.same(told([at(keys), at({ kind: 'origins', origins: ['https://other.example'] })], shop), {})
  t.notOk(mayCall([at(keys), at({ kind: 'deny' })], shop))
  const first = at(origins, { methods: ['GET', 'POST'], corsHeaders: ['X-A', 'X-B'] })
  const second = at(keys, { methods: ['GET'], corsHeaders: ['x-b'] })
  t.match(told([first, second], shop), {
    'access-control-allow-methods': 'GET, HEAD',
    'access-control-allow-headers': 'Authorization, Content-Type, X-B',
  })
})

t.test('the methods are those that lead to the location, and none of another at the same path', async (t) => {
  const reading = at(origins, { methods: ['GET'] })
  const removing = at({ kind: 'deny' }, { methods: ['DELETE'] })
  const elsewhere = at(origins, { methods: ['PUT'], path: 'other' })
  const exactly = at(origins, { methods: ['POST'], exact: true })
  const others = at(origins)
  const app = { ...makeApp(), allLocations: [reading, removing, others, elsewhere, exactly] }
  t.match(told([others], shop, undefined, app), {
    'access-control-allow-methods': 'POST, PUT, PATCH, OPTIONS',
  })
  t.match(told([reading], shop, undefined, app), { 'access-control-allow-methods': 'GET, HEAD' })
})

t.test('credentials are never allowed', async (t) => {
  for (const cors of [origins, keys])
    t.notOk(Object.keys(told([at(cors)], shop) ?? {}).some((name) => name.includes('credentials')))
})
