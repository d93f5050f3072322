// Who gets in at the administrators’ address.
import t from 'tap'
import { Secret } from '../../../../src/core/secret.ts'
import { checkAdminToken } from '../../../../src/http/operations/keys/admin-token.ts'
import { bearer, json, open, settings, shop, token } from './rig.ts'

t.test('without the token nothing is read, and nothing is told', async (t) => {
  const { ask, post, keys } = open(t)
  const challenge = 'Bearer realm="claimgate admin"'
  for (const [url, method] of [
    ['/keys', 'GET'],
    ['/keys', 'POST'],
    ['/keys/cg_x', 'GET'],
    ['/keys/cg_x', 'PATCH'],
    ['/keys/cg_x', 'DELETE'],
    ['/keys/cg_x/rotate', 'POST'],
    ['/keys/cg_x/usage', 'GET'],
  ] as const) {
    const { status, headers, body } = await ask(url, { method, headers: {} })
    t.equal(status, 401, `${method} ${url}`)
    t.equal(headers['www-authenticate'], challenge)
    t.equal(headers['content-type'], 'application/problem+json; charset=utf-8')
    t.equal(headers['cache-control'], 'no-store')
    t.match(body, { status: 401, title: 'Unauthorized', detail: /Authorization: Bearer/ })
  }
  for (const wrong of [
    `Bearer ${token}x`,
    `Bearer ${token.slice(1)}`,
    `Basic ${token}`,
    `${token}`,
    'Bearer',
    `Bearer ${token} ${token}`,
  ]) {
    const { status, headers } = await ask('/keys', {
      headers: { authorization: wrong },
      remoteAddress: `10.0.0.${wrong.length}`,
    })
    t.equal(status, 401, wrong)
    t.equal(headers['www-authenticate'], `${challenge}, error="invalid_token"`)
  }
  t.equal(
    (await post('/keys', 'x'.repeat(100_000), { 'content-type': 'application/json' })).status,
    401,
    'not even how long a body is',
  )
  t.same((await keys.list({ after: null, most: 10 })).keys, [])
  t.equal((await ask('/keys')).status, 200)
  t.equal(
    (await ask('/keys', { headers: { authorization: `bearer ${token}` } })).status,
    200,
    'a scheme has no case',
  )
})

t.test('what is open stays open', async (t) => {
  const { admin } = open(t)
  for (const url of ['/livez', '/readyz', '/metrics'])
    t.equal((await admin.inject({ method: 'GET', url })).statusCode, 200, url)
})

t.test('without `admin.token` there is no such address', async (t) => {
  const { admin } = open(t, { token: () => null })
  const other = await admin.inject({ method: 'GET', url: '/other', headers: bearer })
  for (const [method, url] of [
    ['GET', '/keys'],
    ['POST', '/keys'],
    ['PATCH', '/keys/cg_x'],
    ['DELETE', '/keys/cg_x'],
    ['GET', '/keys/cg_x/usage'],
  ] as const) {
    const { statusCode, body } = await admin.inject({ method, url, headers: bearer })
    t.equal(statusCode, 404, `${method} ${url}`)
    t.equal(body.replace(`${method}:${url}`, 'GET:/other'), other.body, 'as any that is not there')
  }
})

t.test('ten wrong tokens a minute, then nobody of that network gets in', async (t) => {
  const { ask, clock, refused } = open(t)
  const wrong = { headers: { authorization: 'Bearer wrong' } }
  for (let i = 0; i < 10; i++) t.equal((await ask('/keys', wrong)).status, 401)
  t.match(await ask('/keys', wrong), {
    status: 429,
    headers: { 'retry-after': '60' },
    body: { title: 'Too Many Requests' },
  })
  t.equal((await ask('/keys')).status, 429, 'nor who has the token: else each guess would be answered')
  t.equal((await ask('/keys', { remoteAddress: '10.0.0.1' })).status, 200, 'another network')
  t.equal((await ask('/keys', { headers: {} })).status, 429)
  clock.time += 59
  t.equal((await ask('/keys')).status, 429)
  clock.time += 1
  t.equal((await ask('/keys')).status, 200)
  t.same(refused, Array(10).fill('127.0.0.1'))
  for (let i = 0; i < 10; i++) await ask('/keys', { ...wrong, remoteAddress: `2001:db8::${i}` })
  t.equal((await ask('/keys', { remoteAddress: '2001:db8::ffff' })).status, 429, 'an IPv6 /64 is one')
  t.equal((await ask('/keys', { remoteAddress: '2001:db8:0:1::1' })).status, 200)
  for (let i = 0; i < 20; i++) await ask('/keys', { headers: {}, remoteAddress: '10.0.0.2' })
  t.equal(
    (await ask('/keys', { remoteAddress: '10.0.0.2' })).status,
    200,
    'without a token nothing was guessed',
  )
})

t.test('a request of a browser is refused, whatever it bears', async (t) => {
  const { ask, post, keys, refused } = open(t)
  for (const more of [
    { origin: 'http://127.0.0.1:9090' },
    { origin: 'null' },
    { 'sec-fetch-site': 'same-origin' },
    { 'sec-fetch-site': 'none' },
  ]) {
    t.match(await ask('/keys', { headers: { ...bearer, ...more } }), { status: 403 })
    t.match(await post('/keys', shop, { ...json, ...more }), { status: 403 })
    t.match(await ask('/keys', { headers: { authorization: 'Bearer wrong', ...more } }), { status: 403 })
  }
  t.same(refused, [])
  t.same((await keys.list({ after: null, most: 10 })).keys, [])
})

t.test('the token of the edition in force counts', async (t) => {
  let now = settings.token
  const { ask } = open(t, { token: () => now })
  t.equal((await ask('/keys')).status, 200)
  now = new Secret('another-token-of-thirty-two-bytes')
  t.equal((await ask('/keys')).status, 401)
  t.equal(
    (await ask('/keys', { headers: { authorization: 'Bearer another-token-of-thirty-two-bytes' } })).status,
    200,
  )
})

t.test('two lines of Authorization are none that counts', async (t) => {
  const check = checkAdminToken(
    () => 0,
    () => {},
  )
  const right = ['Authorization', `Bearer ${token}`]
  const refuse = (...rawHeaders: string[]) =>
    check.refuse({ rawHeaders, socket: { remoteAddress: '127.0.0.1' } } as never, new Secret(token))
  t.equal(refuse(...right), null)
  t.match(refuse(...right, ...right), { status: 401 })
  t.match(refuse(...right, 'authorization', 'Bearer other'), { status: 401 })
  t.match(refuse(...right, 'ORIGIN', 'https://a.example'), { status: 403 })
})
