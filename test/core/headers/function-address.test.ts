// The addresses of a function, which knows itself by those that browsers know: what it says of them leads back to itself.
import t from 'tap'
import { publicAddress, toPublicCookie, toPublicLocation } from '../../../src/core/headers/public-address.ts'
import { makeApp, makePlan } from './apps.ts'

function addressOf(origin: string, prefix: readonly string[] = []) {
  const host = origin.split('://')[1] ?? ''
  const api = {
    scheme: 'https',
    hostname: 'lambda.eu-west-1.amazonaws.com',
    port: 443,
    origin: 'https://lambda.eu-west-1.amazonaws.com',
    ownOrigin: origin,
    host,
    stripPrefix: prefix.length > 0,
  } as const
  return makeApp({ origin, prefix, upstream: api })
}

const rows: readonly (readonly [string, readonly string[], string, string])[] = [
  ['https://wiki.example', [], 'https://wiki.example/a?b#c', 'https://wiki.example/a?b#c'],
  ['https://wiki.example', [], '/a', '/a'],
  ['https://wiki.example', ['app'], 'https://wiki.example/a?b', 'https://wiki.example/app/a?b'],
  ['https://wiki.example', ['app'], 'https://wiki.example/app/a', 'https://wiki.example/app/a'],
  ['https://wiki.example', ['app'], '/a', '/app/a'],
  ['https://wiki.example', ['app'], '//wiki.example/a', 'https://wiki.example/app/a'],
  ['http://localhost:8080', [], 'http://localhost:8080/a', 'http://localhost:8080/a'],
  ['http://localhost:8080', ['app'], 'http://localhost:8080/a', 'http://localhost:8080/app/a'],
  ['https://wiki.example', ['app'], 'http://wiki.example/a', 'http://wiki.example/a'],
  [
    'https://wiki.example',
    ['app'],
    'https://lambda.eu-west-1.amazonaws.com/a',
    'https://lambda.eu-west-1.amazonaws.com/a',
  ],
  ['https://wiki.example', ['app'], 'https://other.example/a', 'https://other.example/a'],
]

t.test('links of a function to itself', async (t) => {
  for (const [origin, prefix, said, shown] of rows)
    t.equal(toPublicLocation(publicAddress(addressOf(origin, prefix)), said), shown, `${origin} ${said}`)
})

t.test('a cookie may be for the public host, which the function knows', async (t) => {
  const address = publicAddress(addressOf('https://wiki.example', ['app']))
  const cookie = 'a=1; Domain=wiki.example; Path=/x; Secure'
  t.equal(toPublicCookie(address, cookie), 'a=1; Domain=wiki.example; Path=/app/x; Secure')
  t.equal(toPublicCookie(address, 'a=1; Domain='), 'a=1; Domain=')
})

t.test('a function is told the public host, whatever is invoked', async (t) => {
  t.match(makePlan(addressOf('http://localhost:8080')).fixed, [
    ...['Host', 'localhost:8080', 'X-Forwarded-Proto', 'http'],
    ...['X-Forwarded-Host', 'localhost:8080', 'X-Forwarded-Port', '8080'],
  ])
})
