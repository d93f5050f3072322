// `/keys` at the admin address: who gets in, what is read of a body, and what is answered.
import t from 'tap'
import { StoreFault } from '../../../../src/core/fault.ts'
import type { ApiKey } from '../../../../src/core/keys/api-key.ts'
import { hashKeySecret } from '../../../../src/core/keys/key-secret.ts'
import { limits } from '../../../../src/core/limits/table.ts'
import { apiKey } from '../../../support/accepting.ts'
import { selfService, start } from '../../../support/key-place.ts'
import { bearer, json, open, shop } from './rig.ts'

t.test('without `api_keys` there are no keys', async (t) => {
  const { ask } = open(t, { place: () => null })
  t.match(await ask('/keys'), { status: 404, body: { detail: 'the configuration has no `api_keys`' } })
})

t.test('a key is made, shown once, seen, used by its hash, and revoked', async (t) => {
  const { ask, post, keys, told } = open(t)
  const made = await post('/keys', {
    ...shop,
    claims: { plan: 'paid' },
    apps: ['wiki'],
    methods: ['GET'],
    from: ['10.0.0.0/8'],
  })
  t.equal(made.status, 201)
  const { id, secret, api_key, ...facts } = made.body
  t.match([id, secret, api_key], [/^cg_\w{16}$/, /^\w{43}$/, new RegExp(`^${id}_${secret}_\\w{6}$`)])
  t.equal(made.headers.location, `/keys/${id}`)
  t.equal(made.headers['cache-control'], 'no-store')
  t.same(facts, {
    ...{ name: 'shop', user: 'key:shop', provider: 'api_keys', source: 'store', state: 'active' },
    ...{ claims: { plan: 'paid' }, created_at: start, expires_at: start + 365 * 86_400, revoked_at: null },
    ...{ sleeps_at: null, former_secret_until: null },
    ...{ apps: ['wiki'], methods: ['GET'], origins: [], from: ['10.0.0.0/8'] },
  })
  t.same(
    await ask(`/keys/${id}`),
    { ...(await ask(`/keys/${id}`)), body: { id, ...facts } },
    'and no secret any more',
  )
  t.match(await ask('/keys'), { status: 200, body: { keys: [{ id }], next: null } })
  const bare = id.slice(3)
  t.match((await keys.load(bare))?.secrets, [{ hash: hashKeySecret(secret) }])
  const gone = await ask(`/keys/${id}`, { method: 'DELETE' })
  t.match(gone, { status: 200, body: { id, state: 'revoked', revoked_at: start } })
  t.match(
    await ask(`/keys/${id}`, { method: 'DELETE' }),
    { status: 200, body: { state: 'revoked' } },
    'again',
  )
  t.same(told, [
    { event: 'key.created', fields: { key: bare, name: 'shop', by: 'admin', subject: 'key:shop' } },
    { event: 'key.revoked', fields: { key: bare, name: 'shop', by: 'admin', subject: 'key:shop' } },
  ])
  t.notMatch(JSON.stringify(told), new RegExp(secret))
})

t.test('a rotation gives a new secret, and says until when the former one opens', async (t) => {
  const { ask, post, told } = open(t)
  const { id, secret } = (await post('/keys', shop)).body
  const next = await post(`/keys/${id}/rotate`, { overlap: '7d' })
  t.match(next, { status: 200, body: { id, former_secret_until: start + 7 * 86_400, api_key: /^cg_/ } })
  t.not(next.body.secret, secret)
  t.match(await post(`/keys/${id}/rotate`, { overlap: '0s' }), { body: { former_secret_until: null } })
  t.match(await post(`/keys/${id}/rotate`, {}), {
    status: 400,
    body: { errors: [{ field: 'overlap', message: /^is missing/ }] },
  })
  t.match(await post(`/keys/${id}/rotate`, { overlap: 7 }), {
    status: 400,
    body: { errors: [{ field: 'overlap' }] },
  })
  t.match(await post(`/keys/${id}/rotate`, { overlap: '7d', until: 1 }), {
    status: 400,
    body: { errors: [{ field: 'until' }] },
  })
  t.equal(told.length, 3)
  await ask(`/keys/${id}`, { method: 'DELETE' })
  t.match(await post(`/keys/${id}/rotate`, { overlap: '7d' }), {
    status: 409,
    body: { detail: /was revoked/ },
  })
  t.equal(told.length, 4)
})

t.test('the origins of a key are changed, and nothing else of it', async (t) => {
  const { ask, post, told, keys } = open(t)
  const { id } = (await post('/keys', { ...shop, origins: ['https://a.example'] })).body
  const patch = (body: unknown) => ask(`/keys/${id}`, { method: 'PATCH', headers: json, body })
  t.match(await ask(`/keys/${id}`), { body: { origins: ['https://a.example'] } })
  t.match(await patch({ origins: ['https://b.example'] }), {
    status: 200,
    body: { id, origins: ['https://b.example'] },
  })
  t.match(told.at(-1), { event: 'key.changed', fields: { key: id.slice(3), by: 'admin' } })
  for (const [body, field] of [
    [{}, 'origins'],
    [{ origins: null }, 'origins'],
    [{ origins: ['https://wiki.example.com'] }, 'origins'],
    [{ origins: [], claims: {} }, 'claims'],
    [[], 'body'],
  ] as const)
    t.match(await patch(body), { status: 400, body: { errors: [{ field }] } }, JSON.stringify(body))
  t.same((await keys.load(id.slice(3)))?.origins, ['https://b.example'])
  t.match(await patch({ origins: [] }), { status: 200, body: { origins: [] } })
  t.equal(told.length, 3)
})

t.test('origins that cannot be kept are refused, and not said to be changed', async (t) => {
  const { ask, told, keys } = open(t)
  const id = apiKey.id.slice(1)
  const origins = Array.from({ length: 20 }, (_, at) => `https://${at}${'.abcdefghi'.repeat(20)}`)
  const refusalOf = async (changes: Partial<ApiKey> & Pick<ApiKey, 'id'>) => {
    const secrets = [{ hash: hashKeySecret('a'), until: null }]
    await keys.create({ ...apiKey, secrets, ...changes }, { ofPerson: null, now: start })
    const sent = { method: 'PATCH', headers: json, body: { origins } } as const
    const { status, body } = await ask(`/keys/cg_${changes.id}`, sent)
    return [status, body.errors?.[0]?.message]
  }
  t.same(await refusalOf({ id: `${id}a`, revokedAt: start - 60 }), [
    400,
    'are of a key that was revoked: make a new one',
  ])
  t.same(await refusalOf({ id: `${id}b`, claims: { text: 'x'.repeat(limits.keyRecordBytes - 2500) } }), [
    400,
    'take more than 32 KiB with the rest of the key',
  ])
  const owner = { kind: 'person', issuer: 'https://op.example.com', clientId: 'c', user: 'ada' } as const
  const ofPerson = await refusalOf({ id: `${id}c`, owner })
  t.match(ofPerson, [400, /^need `api_keys\.self_service\.origins: true`/])
  t.same(told, [])
})

t.test('no page changes the origins of a key, not even where a browser has the token', async (t) => {
  const { ask, admin, post, told, keys } = open(t)
  const { id } = (await post('/keys', { ...shop, origins: ['https://a.example'] })).body
  const evil = 'https://evil.example'
  const change = (headers: Readonly<Record<string, string>>) =>
    ask(`/keys/${id}`, { method: 'PATCH', headers, body: JSON.stringify({ origins: [evil] }) })
  for (const ofBrowser of [
    { origin: evil },
    { origin: 'null' },
    { origin: '' },
    { 'sec-fetch-site': 'same-origin' },
    { 'sec-fetch-site': 'none' },
  ]) {
    const { status, headers } = await change({ ...json, ...ofBrowser })
    t.equal(status, 403, JSON.stringify(ofBrowser))
    t.notOk(Object.keys(headers).some((name) => name.startsWith('access-control-')))
  }
  for (const type of [
    'text/plain',
    'application/x-www-form-urlencoded',
    'application/jsonp',
    'multipart/form-data',
  ])
    t.equal((await change({ ...bearer, 'content-type': type })).status, 415, type)
  const preflight = { origin: evil, 'access-control-request-method': 'PATCH' }
  const asked = await admin.inject({ method: 'OPTIONS', url: `/keys/${id}`, headers: preflight })
  t.equal(asked.headers['access-control-allow-origin'], undefined)
  t.ok(asked.statusCode >= 400)
  for (const name of ['x-http-method-override', 'x-http-method', 'x-method-override'])
    await post(`/keys/${id}`, { origins: [evil] }, { ...json, [name]: 'PATCH' })
  t.same((await keys.load(id.slice(3)))?.origins, ['https://a.example'])
  t.equal(told.length, 1, 'it was made, and nothing else')
})

t.test('usage by day', async (t) => {
  const { ask, post, keys } = open(t)
  const { id } = (await post('/keys', shop)).body
  t.match(await ask(`/keys/${id}/usage`), {
    status: 200,
    body: { id, days: [], last_used_at: null, last_network: null },
  })
  const last = { at: start, network: '10.0.0.1' }
  await keys.countUses([{ id: id.slice(3), day: '2030-03-17', count: 3, last }])
  t.match(await ask(`/keys/${id}/usage`), {
    body: { days: [{ day: '2030-03-17', count: 3 }], last_used_at: start, last_network: '10.0.0.1' },
  })
})

t.test('what is not there, and what stands in the file', async (t) => {
  const { ask, post } = open(t, { keys: { keys: [apiKey] } })
  for (const id of ['cg_x', `cg_${'x'.repeat(16)}`, '%2e%2e', 'a%2fb', 'x'.repeat(90)]) {
    t.match(await ask(`/keys/${id}`), { status: 404 }, id)
    t.match(await ask(`/keys/${id}`, { method: 'DELETE' }), { status: 404 }, id)
  }
  const id = `cg_${apiKey.id}`
  t.match(await ask(`/keys/${id}`), { status: 200, body: { source: 'file' } })
  t.match(await ask(`/keys/${id}`, { method: 'DELETE' }), {
    status: 409,
    body: { detail: /stands in the configuration/ },
  })
  t.match(await post(`/keys/${id}/rotate`, { overlap: '7d' }), { status: 409 })
  t.match(await ask(`/keys/${id}`, { method: 'PATCH', headers: json, body: { origins: [] } }), {
    status: 409,
  })
  t.notMatch(JSON.stringify((await ask('/keys')).body), /hash|"x"/)
})

t.test('pages of keys', async (t) => {
  const { ask, post } = open(t)
  for (let i = 0; i < 101; i++)
    await post('/keys', { ...shop, name: `n${i}`, user: i === 50 ? 'other' : 'shop' })
  const first = (await ask('/keys')).body
  t.equal(first.keys.length, 100)
  const second = (await ask(`/keys?cursor=${first.next}`)).body
  t.match(second, { keys: [{ name: 'n0' }], next: null })
  t.match((await ask('/keys?user=key%3Aother')).body, { keys: [{ name: 'n50' }] })
  for (const query of ['users=a', 'user=a&user=b', 'cursor=%22', 'cursor=', 'limit=5'])
    t.match(await ask(`/keys?${query}`), { status: 400 }, query)
})

const bodies: readonly [string, string | Buffer, RegExp][] = [
  ['no JSON', '{"name":', /^body: is no JSON$/],
  ['nothing', '', /^body: is no JSON$/],
  ['null', 'null', /^body: expected a JSON object$/],
  ['a list', '[]', /^body: expected a JSON object$/],
  ['no UTF-8', Buffer.from([0x7b, 0xff, 0x7d]), /^body: is no UTF-8 text$/],
  ['a byte order mark', Buffer.from('\ufeff{}'), /^(?:body: is no JSON|name: is missing)/],
  ['a member twice', '{"name":"a","user":"b","expires":"1d","name":"c"}', /^name: stands there twice$/],
  [
    'a member within twice',
    '{"name":"a","user":"b","expires":"1d","claims":{"plan":"free","pl\\u0061n":"paid"}}',
    /^plan: stands there twice$/,
  ],
  [
    'a prototype',
    '{"name":"a","user":"b","expires":"1d","claims":{"x":{"__proto__":{"plan":"paid"}}}}',
    /^__proto__: is the name of no member$/,
  ],
  [
    'a large number',
    '{"name":"a","user":"b","expires":"1d","claims":{"id":9007199254740993}}',
    /^body: holds a number beyond 2\^53-1: write it as a text$/,
  ],
  [
    'an endless number',
    '{"name":"a","user":"b","expires":"1d","claims":{"id":1e999}}',
    /^body: is nested too deeply, or holds a number that nothing can keep$/,
  ],
  [
    'a deep one',
    `{"name":"a","user":"b","expires":"1d","claims":${'{"a":'.repeat(40)}1${'}'.repeat(41)}`,
    /^body: is nested too deeply/,
  ],
  ['a very deep one', `${'['.repeat(8000)}${']'.repeat(8000)}`, /^body: expected a JSON object$/],
  [
    'a field that nobody knows',
    '{"name":"a","user":"b","expires":"1d","plan":"paid"}',
    /^plan: is no field of a key/,
  ],
]

t.test('a body is read strictly, and what is wrong is told by its field', async (t) => {
  const { post, keys, failures } = open(t)
  for (const [what, body, detail] of bodies) {
    const answer = await post('/keys', body)
    t.match(answer, { status: 400, body: { title: 'Bad Request', detail } }, what)
    t.ok(answer.body.errors.length > 0, what)
  }
  t.match(await post('/keys', { name: '', user: 'key:a' }), {
    status: 400,
    body: { errors: [{ field: 'name' }, { field: 'user' }, { field: 'expires' }] },
  })
  t.match(await post('/keys', { ...shop, claims: { a: 'x'.repeat(16_384) } }), { status: 413 })
  t.match(await post('/keys', shop, { ...bearer, 'content-type': 'text/plain' }), { status: 415 })
  t.match(await post('/keys', shop, { ...json, 'idempotency-key': 'a' }), {
    status: 400,
    body: { errors: [{ field: 'Idempotency-Key' }] },
  })
  t.same((await keys.list({ after: null, most: 10 })).keys, [])
  t.same(failures, [])
})

t.test('a request that is sent twice makes two keys', async (t) => {
  const { post, ask } = open(t)
  await post('/keys', shop)
  await post('/keys', shop)
  t.equal((await ask('/keys')).body.keys.length, 2)
})

t.test('nothing is said of a key that is revoked', async (t) => {
  const { post, ask } = open(t)
  const { id } = (await post('/keys', shop)).body
  t.match(await ask(`/keys/${id}`, { method: 'DELETE', headers: json, body: '{"at":1}' }), { status: 400 })
  t.match((await ask(`/keys/${id}`)).body, { state: 'active' })
})

t.test('a person’s key', async (t) => {
  const { post, signIn, clock } = open(t, { keys: { selfService } })
  await signIn('alice', { plan: 'paid' })
  t.match(await post('/keys', { name: 'phone', person: 'alice' }), {
    status: 201,
    body: {
      user: 'alice',
      provider: 'op',
      state: 'active',
      sleeps_at: start - 60 + 30 * 86_400,
      claims: { plan: 'paid' },
    },
  })
  t.match(await post('/keys', { name: 'phone', person: 'bob' }), {
    status: 400,
    body: { errors: [{ field: 'person' }] },
  })
  t.ok(clock)
})

t.test(
  'a store that does not answer is 503, and a fault of ours is 500; both are told in the log alone',
  async (t) => {
    for (const [thrown, status] of [
      [new StoreFault('STORE_UNAVAILABLE', '/data/secret-place: disk full'), 503],
      [new Error('secret-place'), 500],
    ] as const) {
      const { ask, place, failures } = open(t)
      Object.assign(place.keys, {
        list: () => {
          throw thrown
        },
      })
      const answer = await ask('/keys')
      t.equal(answer.status, status)
      t.notMatch(JSON.stringify(answer.body), /secret-place/)
      t.same(failures, [thrown])
    }
  },
)
