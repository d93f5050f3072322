import t, { type Test } from 'tap'
import { corpus } from '../corpus/lines.ts'
import { cookieLine, fire, type Shot } from '../support/attack.ts'
import { Browser } from '../support/browser.ts'
import { startFront, visitAs } from '../support/front.ts'

const secret = 'a-shared-secret-of-thirty-two-bytes-and-more'
const front = await startFront({
  app: (port, upstream) => `
    ignore_case: true
    allow_encoded: [slash, semicolon, percent]
    require: anyone
    locations:
      - { path: /admin, require: { groups: admins } }
      - { path: /Files, methods: [GET, PUT, webdav], require: signed_in, max_body: 10B }
      - { path: /files/Board, methods: [GET, PUT, webdav], require: { groups: admins } }
      - { path: /Own, require: signed_in, cache: upstream, response_headers: { set: { X-At: own } } }
  exact:
    url: http://localhost:${port}/Exact
    upstream: ${upstream}
    shared_secret: ${secret}
    require: signed_in
  cut:
    url: http://localhost:${port}/Cut
    upstream: { url: "${upstream}/base", strip_prefix: true }
    shared_secret: ${secret}
    ignore_case: true
    require: anyone
    locations:
      - { path: /Cut/Admin, require: { groups: admins } }
`,
})
t.teardown(() => front.close())

async function cookieOf(id: 'alice' | 'adam'): Promise<string> {
  const browser = new Browser()
  await visitAs(browser, id, `${front.url}/.auth/login?return_to=/`)
  return cookieLine(front, browser)
}

const [alice, adam] = [await cookieOf('alice'), await cookieOf('adam')]

/** Fires it, and looks at what the app was sent. */
async function judge(test: Test, shot: Shot, status: number, sent?: string): Promise<void> {
  const before = front.echo.received.length
  const who = shot.headers?.includes(adam) ? 'adam' : shot.headers?.includes(alice) ? 'alice' : 'nobody'
  const name = `${shot.method ?? 'GET'} ${shot.target} ${shot.headers?.filter((line) => !line.startsWith('Cookie')).join() ?? ''} as ${who}`
  test.equal((await fire(front, shot)).status, status, name)
  const after = front.echo.received.slice(before).map((request) => request.target)
  test.same(after, sent === undefined ? [] : [sent], name)
}

t.test('S-019: no spelling of a closed path is open, before an app that ignores case', async (t) => {
  for (const line of corpus('caseless-targets.txt')) {
    const [kind = '', target = ''] = line.split(' ')
    await judge(t, { target }, kind === 'judged' ? 401 : 400)
    await judge(t, { target, headers: [alice] }, kind === 'judged' ? 403 : 400)
    if (kind === 'refused') await judge(t, { target, headers: [adam] }, 400)
  }
})

t.test('what is let in arrives as it was written', async (t) => {
  await judge(t, { target: '/ADMIN/X?Q=A', headers: [adam] }, 200, '/ADMIN/X?Q=A')
  await judge(t, { target: '/%61DMIN', headers: [adam] }, 200, '/aDMIN')
  await judge(t, { target: '/%C3%84', headers: [] }, 200, '/%C3%84')
  await judge(t, { target: '/CUT/x' }, 200, '/base/x')
  await judge(t, { target: '/cut' }, 200, '/base/')
  await judge(t, { target: '/cUT/ADMIN/x', headers: [adam] }, 200, '/base/ADMIN/x')
  await judge(t, { target: '/cUT/ADMIN/x', headers: [alice] }, 403)
  t.same(front.echo.received.at(-1)?.headers['x-forwarded-prefix'], ['/Cut'])
})

t.test('own addresses are never an app’s, and have one spelling', async (t) => {
  for (const target of [
    ...[
      '/.AUTH/login',
      '/.Auth/callback?code=c&state=s',
      '/.auTH',
      '/.AUTH/x',
      '/.AUTH%2Flogin',
      '/.AUTH;x/me',
    ],
    ...['/.auth/LOGIN', '/.%EF%BD%81uth/me', '/.AUTH/health'],
  ])
    await judge(t, { target, headers: [adam] }, 404)
  for (const raw of ['/.AUTH/logout', '/.Auth%2Flogout']) {
    const answer = await fire(front, {
      target: `/.auth/login?return_to=${encodeURIComponent(raw)}`,
      headers: ['Accept: text/html'],
    })
    t.equal(answer.status, 302, raw)
  }
})

t.test('an app that does not ignore case keeps what lies below its prefix, or nobody has it', async (t) => {
  await judge(t, { target: '/Exact/x', headers: [alice] }, 200, '/Exact/x')
  await judge(t, { target: '/Exact/x' }, 401)
  for (const target of ['/exact/x', '/EXACT', '/e%78act%2Fx'])
    await judge(t, { target, headers: [adam] }, 400)
})

t.test('a Destination is judged without case too', async (t) => {
  const copy = (destination: string, who: string): Shot => ({
    method: 'COPY',
    target: '/FILES/a',
    headers: [who, `Destination: ${destination}`],
  })
  await judge(t, copy('/files/b', alice), 200, '/FILES/a')
  await judge(t, copy('/FILES/BOARD/b', alice), 403)
  await judge(t, copy('/FILES/BOARD/b', adam), 200, '/FILES/a')
  t.same(front.echo.received.at(-1)?.headers.destination, ['/FILES/BOARD/b'])
  await judge(t, copy('/FILES/B%C4%B0', adam), 400)
  await judge(t, copy('/EXACT/b', adam), 400)
  await judge(t, copy('/.AUTH/logout', adam), 400)
})

t.test('what else a location says holds for every spelling', async (t) => {
  await judge(
    t,
    { method: 'PUT', target: '/fiLES/a', headers: [alice, 'Content-Length: 11'], body: '01234567890' },
    413,
  )
  const { text } = await fire(front, { target: '/oWN', headers: [alice] })
  t.match(text, /^x-at: own/im)
  t.notMatch(text, /^cache-control: private/im)
  t.match((await fire(front, { target: '/oWNx', headers: [alice] })).text, /^HTTP\/1.1 200/)
  await judge(t, { method: 'DELETE', target: '/FILES/a', headers: [adam] }, 405)
})

t.test('who signs in comes back to the spelling that was asked for, and is let in', async (t) => {
  const browser = new Browser()
  const page = await visitAs(browser, 'adam', `${front.url}/ADMIN/Users?x=Y`)
  t.equal(page.url.href, `${front.url}/ADMIN/Users?x=Y`)
  t.equal(page.status, 200)
  t.equal(front.echo.received.at(-1)?.target, '/ADMIN/Users?x=Y')
})

t.test('the line of access has the path as it came and the location as it is written', async (t) => {
  await fire(front, { target: '/fILES/z', headers: [alice] })
  const line = await front.gateway.logged((one) => one.event === 'request' && one.path === '/fILES/z')
  t.match(line, { app: 'wiki', location: '/Files [GET PUT webdav]', decision: 'allow' })
  await fire(front, { target: '/%C4%B1', headers: [alice] })
  const refusal = await front.gateway.logged((one) => one.event === 'request' && one.path === '/%C4%B1')
  t.match(refusal, { app: 'wiki', decision: 'reject', reason: 'target-case', status: 400 })
})
