import t, { type Test } from 'tap'
import { readTarget } from '../../src/core/request/target.ts'
import { corpus } from '../corpus/lines.ts'
import { cookieLine, fire, navigation } from '../support/attack.ts'
import { Browser } from '../support/browser.ts'
import { startFront, visitAs } from '../support/front.ts'

const every = '[slash, empty_segment, semicolon, hash, question_mark, percent]'

const front = await startFront({
  app: (port, upstream) => `
    allow_encoded: ${every}
    require: anyone
    locations:
      - { path: /admin, require: { groups: admins } }
      - { path: /admin/open, require: anyone }
      - { path: /files, require: anyone, cache: upstream, max_body: 1KiB }
      - { path: /files/mine, require: maybe_signed_in, max_body: none }
      - { path: /form, methods: [POST], require: anyone }
      - { path: /in/*/x, require: { groups: admins } }
  plain:
    url: http://localhost:${port}/plain
    upstream: ${upstream}
    shared_secret: a-shared-secret-of-thirty-two-bytes-and-more
    require: anyone
  java:
    url: http://localhost:${port}/java
    upstream: ${upstream}
    shared_secret: a-shared-secret-of-thirty-two-bytes-and-more
    allow_encoded: [semicolon]
    require: anyone
    locations:
      - { path: /java/admin, require: { groups: admins } }
  cut:
    url: http://localhost:${port}/cut
    upstream: { url: "${upstream}", strip_prefix: true }
    shared_secret: a-shared-secret-of-thirty-two-bytes-and-more
    allow_encoded: ${every}
    require: anyone
`,
})
t.teardown(() => front.close())

async function cookieOf(id: 'alice' | 'adam'): Promise<string> {
  const browser = new Browser()
  await visitAs(browser, id, `${front.url}/.auth/login?return_to=/`)
  return cookieLine(front, browser)
}

const [alice, adam] = [await cookieOf('alice'), await cookieOf('adam')]

type Row = readonly [target: string, who: readonly string[], status: number, sent?: string]

/** Fires each, and looks at what the app was sent. */
async function judge(test: Test, rows: readonly Row[]): Promise<void> {
  for (const [target, headers, status, sent] of rows) {
    const before = front.echo.received.length
    const name = `${target} as ${headers.includes(adam) ? 'adam' : headers.length === 0 ? 'nobody' : 'alice'}`
    test.equal((await fire(front, { target, headers })).status, status, name)
    const after = front.echo.received.slice(before).map((request) => request.target)
    test.same(after, sent === undefined ? [] : [sent], name)
  }
}

t.test('S-012: who is kept out of a path is kept out of every way to write it', async (t) => {
  const attempts = [
    ...['/admin;x', '/admin;x=1/y', '/admin%3Bx', '/admin%3bx/y', '/admin;/y', '/admin;jsessionid=1'],
    ...['/admin%23x', '/admin%23/y', '/admin%3Fx', '/admin%3F/y', '/admin/%3F'],
    ...['/admin//y', '/admin//', '/admin%2Fy', '/admin%2F', '/admin/%2Fy', '/admin%2F%2Fy'],
    ...['/%2561dmin', '/%252561dmin', '/admin%252Fy', '/admin%253Bx', '/admin%253Fx', '/admin%2523x'],
    ...['/admin;x%2Fy', '/admin%3Bx%3Fy', '/%2561dmin;x', '/admin%25252Fy', '/%2561dmin%2Fy'],
    // Cut at `;` alone, or at `%3B` too: the one is closed though the other is open.
    ...['/admin;x/open%3By', '/admin;x/open%253By'],
    // An empty segment is no `*`, and left out it moves the next into its place.
    ...['/in//a/x', '/in/a//x', '/in/a%2Fx', '/in/%2F/a/x'],
  ]
  await judge(
    t,
    attempts.flatMap((target): Row[] => [
      [target, [], 401],
      [target, [alice], 403],
    ]),
  )
  await judge(t, [
    ['/admin;x', [adam], 200, '/admin;x'],
    ['/admin%3bx/y', [adam], 200, '/admin%3Bx/y'],
    ['/%2561dmin%2fy', [adam], 200, '/%2561dmin%2Fy'],
    ['/in/%2F/a/x', [adam], 200, '/in/%2F/a/x'],
    ['/admin;x/open', [], 200, '/admin;x/open'],
    ['/in//x', [], 200, '/in//x'],
  ])
})

t.test('S-001 … S-029: what no reading may make is refused, whatever the app allows', async (t) => {
  await judge(
    t,
    corpus('targets.txt')
      .filter((line) => line !== '')
      .map((target): Row => [target, [adam], 400]),
  )
})

t.test('apps get the bytes of paths that they allow, and no others', async (t) => {
  for (const line of corpus('ambiguous-targets.txt')) {
    const [kinds = '', raw = ''] = line.split(' ')
    const reading = readTarget(raw)
    if (!reading.ok) throw new Error(`${raw} is no path`)
    const { path } = reading.target
    const java: Row =
      kinds === 'semicolon' ? [`/java${raw}`, [adam], 200, `/java${path}`] : [`/java${raw}`, [adam], 400]
    await judge(t, [[raw, [adam], 200, path], [`/plain${raw}`, [adam], 400], java])
  }
})

t.test('paths of RabbitMQ, Jenkins, wikis and Java apps arrive as they were sent', async (t) => {
  await judge(
    t,
    [
      '/api/queues/%2F/orders?columns=name',
      '/api/vhosts/%2F',
      '/api/exchanges/%2F/amq.default/publish',
      '/job/team/job/feature%252Flogin/1/console',
      '/wiki/What%3F',
      '/wiki/C%23',
      '/app/;jsessionid=0A1B',
      '/app/list;jsessionid=0A1B?page=2',
      '/api/cars;color=red;year=2012/doors',
      '/files/100%2525',
    ].map((target): Row => [target, [], 200, target]),
  )
})

t.test('a reading below the prefix of the gateway, or of another app, is nobody’s', async (t) => {
  await judge(
    t,
    [
      ...['/.auth;x/me', '/.auth%2Fme', '/.auth%3Fx', '/.auth%23x', '/%252Eauth/me', '/.auth%252Fcallback'],
      ...['/plain;x', '/plain%2Fx', '/plain%3Fx', '/java;x/admin', '/%256Aava/admin', '/cut%2Fx'],
    ].map((target): Row => [target, [adam], 400]),
  )
  await judge(t, [['/.auth//me', [adam], 404]])
})

t.test('S-030: without its prefix no path begins as another host’s address', async (t) => {
  await judge(t, [
    ['/cut/a//b', [], 200, '/a//b'],
    ['/cut/;x', [], 200, '/;x'],
    ['/cut//evil.test', [], 400],
    ['/cut//', [], 400],
    ['/cut/%2Fevil.test', [], 400],
    ['/cut/;x/evil.test', [], 400],
    ['/cut/%252Fevil.test', [], 400],
  ])
})

t.test('a method must be there under every reading', async (t) => {
  await judge(t, [
    ['/form;x', [], 405],
    ['/form%3Fx', [], 405],
  ])
  t.equal(
    (await fire(front, { method: 'POST', target: '/form;x', headers: ['Content-Length: 0'] })).status,
    200,
  )
})

t.test('an answer that depended on a session under one reading is kept from shared caches', async (t) => {
  t.same((await fire(front, { target: '/files/yours' })).values('cache-control'), [])
  for (const target of ['/files/mine', '/files/mine%2Fx', '/files/mine;x', '/files//mine']) {
    t.same((await fire(front, { target })).values('cache-control'), ['private'], target)
  }
})

t.test('what else a location says is that of the path as it stands', async (t) => {
  const post = (target: string) =>
    fire(front, { method: 'POST', target, headers: ['Content-Length: 2000'], body: 'x'.repeat(2000) })
  t.equal((await post('/files/mine/x')).status, 200)
  t.equal((await post('/files/mine%2Fx')).status, 413)
})

t.test('a person is sent to sign in when one reading asks for it, and comes back to that path', async (t) => {
  const answer = await fire(front, { target: '/admin;x', headers: navigation })
  t.equal(answer.status, 302)
  for (const path of ['/admin;x', '/admin//x', '/admin%252Fx%3Fy']) {
    const page = await visitAs(new Browser(), 'adam', `${front.url}${path}`)
    t.equal(page.url.pathname, path)
    t.equal(page.status, 200)
  }
})

t.test('the access line names the locations of every reading', async (t) => {
  const lines = () => front.gateway.log.filter((line) => line.event === 'request')
  await fire(front, { target: '/admin;x', headers: [alice] })
  t.match(lines().at(-1), { path: '/admin;x', location: '/admin', other_locations: ['*'], decision: 'deny' })
  await fire(front, { target: '/admin;x', headers: [adam] })
  t.match(lines().at(-1), { location: '*', other_locations: ['/admin'], decision: 'allow' })
  await fire(front, { target: '/admin', headers: [adam] })
  t.equal(lines().at(-1)?.other_locations, undefined)
})
