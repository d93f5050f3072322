// Limits of customers' keys: what a key has drawn, both its secrets and every way to send it have drawn, and nobody else can
// spend it.
import { randomBytes } from 'node:crypto'
import t from 'tap'
import type { ApiKey } from '../../src/core/keys/api-key.ts'
import { formatKey, formatKeyId, newKeyId, newKeySecret } from '../../src/core/keys/key-form.ts'
import { hashKeySecret } from '../../src/core/keys/key-secret.ts'
import { keyOf } from '../core/keys/keys.ts'
import { openKeys } from '../store/keys/sqlite-key-store.ts'
import { startEcho } from '../support/echo.ts'
import { startTestGateway } from '../support/gateway.ts'

const echo = await startEcho()
t.teardown(() => echo.close())
const folder = t.testdir()
const gateway = await startTestGateway({
  folder,
  yaml: ({ url }) => `
session: { store: sqlite }
api_keys: {}
providers:
  acme: { issuer: "https://acme.example.com", client_id: id, client_secret: s }
apps:
  api:
    url: ${url}
    upstream: ${echo.url}
    credentials: [api_key]
    require: { provider: api_keys, plan: [free, paid] }
    limits: [{ name: sold, per: key, quota: 4/31d }]
    locations:
      - path: /plan
        require: { provider: api_keys, plan: [free, paid] }
        limits: [{ name: plan, per: user, by: { claim: plan, is: { free: 1/1h, paid: 3/1h }, otherwise: 9/1h } }]
`,
})
t.teardown(() => gateway.close())

/** Every secret of a key as a customer has it: one text, and the pair of Basic. */
async function make(claims: ApiKey['claims'], secretCount = 1) {
  const texts = Array.from({ length: secretCount }, () => newKeySecret(randomBytes))
  const secrets = texts.map((secret) => ({ hash: hashKeySecret(secret), until: null }))
  const id = newKeyId(randomBytes)
  const key = keyOf('', { id, secrets, claims, createdAt: 1_700_000_000 })
  t.equal(await openKeys(t, folder).create(key, { ofPerson: null, now: 1000 }), 'created')
  const pairOf = (secret: string) => Buffer.from(`${formatKeyId(key)}:${secret}`).toString('base64')
  return texts.map((secret) => ({
    'X-Api-Key': { 'X-Api-Key': formatKey({ ...key, secret }) },
    Basic: { Authorization: `Basic ${pairOf(secret)}` },
    wrong: { Authorization: `Basic ${pairOf(newKeySecret(randomBytes))}` },
  }))
}

async function status(headers: Readonly<Record<string, string>>, path = '/x'): Promise<number> {
  return (await fetch(gateway.url + path, { headers, redirect: 'manual' })).status
}

t.test('a quota of a key counts both its secrets, and a wrong one spends nothing of it', async (t) => {
  const [one, other] = await make({ plan: 'paid' }, 2)
  const [stranger] = await make({ plan: 'paid' })
  if (one === undefined || other === undefined || stranger === undefined) throw new Error('no keys')
  for (let at = 0; at < 5; at++) t.equal(await status(one.wrong), 401)
  t.same(
    [await status(one['X-Api-Key']), await status(one.Basic), await status(other.Basic)],
    [200, 200, 200],
  )
  t.equal(await status(other['X-Api-Key']), 200)
  t.same([await status(one.Basic), await status(other['X-Api-Key'])], [429, 429])
  t.equal(await status(stranger.Basic), 200, 'another key of the same owner has its own')
  t.equal(await status(one.wrong), 401, 'who has no right secret does not learn that it is used up')
})

t.test('the plan of a key says how much it may', async (t) => {
  const [free] = await make({ plan: 'free' })
  const [none] = await make({ plan: 'none' })
  if (free === undefined || none === undefined) throw new Error('no keys')
  t.equal(await status(free.Basic, '/plan'), 200)
  t.equal(await status(free.Basic, '/plan'), 429)
  t.equal(await status(none.Basic, '/plan'), 403, 'a rule that is not met')
})
