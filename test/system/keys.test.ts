// Keys of customers over two gateways on one store: what is made or revoked at the one is so at the other, by the admin
// address, the script of docs/operations.md, and the command.
import t, { type Test } from 'tap'
import { startEcho } from '../support/echo.ts'
import { startHostileOp } from '../support/hostile-op.ts'
import { backEnd, curl } from '../support/key-programs.ts'
import { type GatewayProcess, newPlace, type Place, runProcess, startProcess } from '../support/process.ts'
import { startRedis } from '../support/redis.ts'
import { poll } from '../support/waiting.ts'

const token = 'a-token-of-the-operator-0123456789-abcdef'
const bearer = `Authorization: Bearer ${token}`

const op = await startHostileOp({ host: 'localhost' })
const echo = await startEcho()
t.teardown(() => Promise.all([op.close(), echo.close()]))

interface Wanted {
  /** Of the file, with what says where keys are. */
  readonly top: (first: Place) => string
  readonly workers?: number
}

async function open(t: Test, { top, workers = 1 }: Wanted) {
  const places = [await newPlace(), await newPlace()] as const
  const [first] = places
  const running: GatewayProcess[] = []
  for (const place of places) {
    place.write(`
admin: { address: "127.0.0.1:${place.adminPort}", token: "${token}" }
workers: ${place === first ? workers : 1}
${top(first)}
providers: { op: { issuer: "${op.issuer}", client_id: gateway, client_secret: canary-client-secret-of-32-bytes-or-more } }
apps:
  api:
    url: "http://localhost:${first.port}"
    upstream: "${echo.url}"
    credentials: [api_key]
    require: { provider: api_keys, plan: paid }
    identity_headers: { X-User: user }
`)
    const one = await startProcess(place)
    running.push(one)
    t.teardown(() => one.stop())
  }
  t.teardown(() => {
    for (const place of places) place.remove()
  })
  const host = ['-H', `Host: localhost:${first.port}`]
  /** What a customer gets of each gateway. */
  const ask = async (...credential: string[]) =>
    Promise.all(
      places.map(
        async ({ port }) => (await curl(...host, ...credential, `http://127.0.0.1:${port}/orders`)).status,
      ),
    )
  const until = (what: string, status: number, ...credential: string[]) =>
    poll(
      what,
      () => ask(...credential),
      (found) => found.every((one) => one === status),
    )
  return { places, running, ask, until, host }
}

const customer = '{"name":"shop","user":"shop","claims":{"plan":"paid"},"expires":"365d"}'
const json = ['-H', 'Content-Type: application/json']

async function walkThrough(t: Test, wanted: Wanted): Promise<void> {
  const { places, running, ask, until } = await open(t, wanted)
  const [first, second] = places

  const made = await curl('-H', bearer, ...json, '-d', customer, `${first.adminUrl}/keys`)
  t.equal(made.status, 201, made.body)
  const { id, secret, api_key: whole } = JSON.parse(made.body)
  await until('the key to open both gateways', 200, '-H', `Authorization: Bearer ${whole}`)
  t.same(await ask('-u', `${id}:${secret}`), [200, 200], 'as key and secret')
  t.same(await ask('-H', `X-Api-Key: ${whole}`), [200, 200])
  t.same(await ask('-u', `${id}:${secret.slice(1)}x`), [401, 401])
  t.same(await ask(), [401, 401])
  t.match(echo.received.at(-1)?.headers, { 'x-user': ['key:shop'] })
  t.notMatch(JSON.stringify(echo.received), secret, 'the app never sees it')

  const free = await curl(
    '-H',
    bearer,
    ...json,
    '-d',
    customer.replace('paid', 'free'),
    `${second.adminUrl}/keys`,
  )
  await until(
    'a key with another plan to be judged',
    403,
    '-H',
    `Authorization: Bearer ${JSON.parse(free.body).api_key}`,
  )

  const [theirs = '', theirSecret = ''] = await backEnd(second.adminUrl, token, 'new', 'example-ltd', 'paid')
  await until('the key of the back end to open both', 200, '-u', `${theirs}:${theirSecret}`)
  const rotated = await curl(
    '-H',
    bearer,
    ...json,
    '-d',
    '{"overlap":"7d"}',
    `${second.adminUrl}/keys/${theirs}/rotate`,
  )
  const next = JSON.parse(rotated.body).secret
  await until('the new secret to open both', 200, '-u', `${theirs}:${next}`)
  t.same(
    await ask('-u', `${theirs}:${theirSecret}`),
    [200, 200],
    'and the one before, until the overlap is over',
  )

  t.match(await curl('-H', bearer, '-X', 'DELETE', `${second.adminUrl}/keys/${id}`), { status: 200 })
  await until('the revoked key to be dead in both', 401, '-u', `${id}:${secret}`)
  await backEnd(first.adminUrl, token, 'leaves', 'example-ltd')
  await until('every key of the customer to be dead', 401, '-u', `${theirs}:${next}`)

  const byCommand = await runProcess([
    'keys',
    'create',
    '-c',
    first.file,
    '--name',
    'n',
    '--user',
    'ops',
    '--claims',
    'plan=paid',
    '--expires',
    '1d',
    '--json',
  ])
  t.equal(byCommand.code, 0, byCommand.stderr)
  const ours = JSON.parse(byCommand.stdout)
  await until('the key of the command to open both', 200, '-u', `${ours.id}:${ours.secret}`)
  t.match(await runProcess(['keys', 'revoke', ours.id, '-c', second.file]), {
    code: 0,
    stdout: 'Revoked 1 key.\n',
  })
  await until('the key of the command to be dead', 401, '-u', `${ours.id}:${ours.secret}`)

  const usage = await poll(
    'the uses to be written',
    async () => JSON.parse((await curl('-H', bearer, `${second.adminUrl}/keys/${id}/usage`)).body),
    // On two days, when it is midnight meanwhile.
    ({ days }: { days: { count: number }[] }) => days.reduce((sum, { count }) => sum + count, 0) >= 6,
  )
  t.match(usage, { id, days: [{ day: /^\d{4}-\d{2}-\d{2}$/ }], last_network: '127.0.0.1' })

  const both = running.map((one) => one.stdout()).join('')
  for (const event of ['key.created', 'key.rotated', 'key.revoked']) t.match(both, `"event":"${event}"`)
  t.match(both, /"event":"key\.created".*"by":"admin"/)
  t.match(both, /"event":"key\.rejected","key":"\w{16}".*"reason":"key-revoked"/)
  const metrics = (await curl(`${first.adminUrl}/metrics`)).body
  t.match(metrics, /^claimgate_key_uses_total\{outcome="used"\} \d+$/m)
  t.match(metrics, /^claimgate_key_uses_total\{outcome="key-revoked"\} \d+$/m)
  for (const one of [secret, theirSecret, next, ours.secret, token])
    t.notMatch(both, one, 'no line has a secret')
}

const sealed = 'session: { secret: a-session-secret-of-more-than-thirty-two-bytes }'

t.test('two gateways on one file, one of them with workers', async (t) => {
  await walkThrough(t, {
    top: ({ data }) => `data: ${JSON.stringify(data)}\n${sealed}\napi_keys: {}`,
    workers: 2,
  })
})

t.test('two gateways on one Redis', async (t) => {
  const redis = await startRedis(t)
  const keys = `api_keys: { store: "redis://127.0.0.1:${redis.port}", secret: a-secret-of-keys-of-more-than-thirty-two-bytes }`
  await walkThrough(t, {
    top: () =>
      `${sealed.replace('}', `, store: "redis://127.0.0.1:${redis.port}" }`)}\nlog: { subject_key: a-subject-key-of-more-than-thirty-two-bytes }\n${keys}`,
  })
})

t.test('nobody without the token changes anything', async (t) => {
  const { places } = await open(t, {
    top: ({ data }) => `data: ${JSON.stringify(data)}\n${sealed}\napi_keys: {}`,
  })
  const [first] = places
  t.equal((await curl(...json, '-d', customer, `${first.adminUrl}/keys`)).status, 401)
  t.equal((await curl('-H', bearer, '-H', 'Origin: http://localhost', `${first.adminUrl}/keys`)).status, 403)
  for (let i = 0; i < 10; i++)
    t.equal((await curl('-H', 'Authorization: Bearer wrong', `${first.adminUrl}/keys`)).status, 401)
  t.equal((await curl('-H', bearer, `${first.adminUrl}/keys`)).status, 429)
  for (const path of ['/livez', '/readyz', '/metrics'])
    t.equal((await curl(`${first.adminUrl}${path}`)).status, 200, path)
})
