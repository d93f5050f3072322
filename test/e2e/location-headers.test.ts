// `headers` of a location: set there in place of the app's own, and never by a client, anywhere.
import t from 'tap'
import { cookieLine, seenBy } from '../support/attack.ts'
import { startEcho } from '../support/echo.ts'
import { signedIn, startFront } from '../support/front.ts'

const elsewhere = await startEcho()
const front = await startFront({
  app: (port, upstream) => `
    require: signed_in
    locations:
      - { path: /own, require: signed_in, headers: { X-Key-Of-Own: the-key-of-own, Authorization: Basic b3du } }
      - { path: /bare, require: anyone, headers: {} }
      - { path: /post, methods: [POST], require: signed_in, headers: { x-key-of-post: posts } }
  keyed:
    url: http://localhost:${port}/keyed
    upstream: { url: "${upstream}", headers: { X-Key: the-key-of-the-app, X-Second: second } }
    require: anyone
    locations:
      - { path: /keyed/own, require: anyone, headers: { X-Key-Of-Keyed: other } }
      - { path: /keyed/none, require: anyone, headers: {} }
  third:
    url: http://localhost:${port}/third
    upstream: ${elsewhere.url}
    require: anyone
`,
})
t.teardown(async () => {
  await front.close()
  await elsewhere.close()
})
const adam = cookieLine(front, await signedIn(front, 'adam'))

const names = ['x-key', 'x-second', 'x-key-of-own', 'x-key-of-post', 'x-key-of-keyed', 'authorization']
const forged = names.flatMap((name) => [`${name}: canary`, `${name.toUpperCase()}: canary`])
const folded = names.map((name) => `${name.replaceAll('-', '_')}: canary`)

t.test('a location sets its own, and none of the app', async (t) => {
  const rows: readonly (readonly [string, Readonly<Record<string, string>>, string?])[] = [
    ['/own/x', { 'x-key-of-own': 'the-key-of-own', authorization: 'Basic b3du' }],
    ['/x', {}],
    ['/bare', {}],
    ['/post', { 'x-key-of-post': 'posts' }, 'POST'],
    ['/keyed/x', { 'x-key': 'the-key-of-the-app', 'x-second': 'second' }],
    ['/keyed/own', { 'x-key-of-keyed': 'other' }],
    ['/keyed/none', {}],
  ]
  for (const [target, wanted, method = 'GET'] of rows) {
    const isOfClients = (line: string) => target.startsWith('/keyed') && /^authorization/i.test(line)
    const lines = [...forged, ...folded].filter((line) => !isOfClients(line))
    const { headers } = await seenBy(front, { method, target, headers: [adam, ...lines] })
    for (const name of names) {
      const value = wanted[name]
      t.same(headers[name], value === undefined ? undefined : [value], `${name} at ${target}`)
    }
    t.notMatch(JSON.stringify(headers), 'canary', target)
  }
})

t.test('another app gets none of these names from a client, but for its own Authorization', async (t) => {
  const site = { ...front, echo: elsewhere }
  const others = [...forged, ...folded].filter((line) => !/^authorization/i.test(line))
  const { headers } = await seenBy(site, { target: '/third/x', headers: others })
  t.notMatch(JSON.stringify(headers), 'canary')
  const bearer = await seenBy(site, {
    target: '/third/x',
    headers: ['Authorization: Bearer of-the-client'],
  })
  t.same(bearer.headers.authorization, ['Bearer of-the-client'])
})
