// What `claimgate doctor` says of the place where keys rest.
import { randomBytes } from 'node:crypto'
import { readdirSync } from 'node:fs'
import t from 'tap'
import { systemClock } from '../../src/runtime/clock.ts'
import { openKeysOfCommand } from '../../src/runtime/keys/open.ts'
import { apiKey } from '../support/accepting.ts'
import { gatewayOf, look } from './rig.ts'

const fileFor = (folder: string, apiKeys: string) => `
data: ${JSON.stringify(folder)}
session: { store: memory }
${apiKeys}
providers:
  main: { issuer: "http://127.0.0.1:9", client_id: gateway, client_secret: a-client-secret }
apps:
  wiki: { url: "http://localhost:8080", upstream: "unix:/nonexistent/app.sock", require: signed_in }
`
const ours = 'api_keys: { store: sqlite }'
const lines = async (folder: string, apiKeys: string) =>
  (await look(fileFor(folder, apiKeys))).lines('api_keys.store', 'keys')

t.test('without keys nothing is said, and a file that is not there yet is not made', async (t) => {
  const folder = t.testdir({})
  t.same(await lines(folder, ''), [])
  t.match(await lines(folder, ours), [/^note .*keys\.db is not there yet/])
  t.same(readdirSync(folder), [])
})

t.test('a file that is there, and one whose keys the configuration does not know', async (t) => {
  const folder = t.testdir({})
  const gateway = gatewayOf(fileFor(folder, ours))
  const store = openKeysOfCommand(gateway, { clock: systemClock, random: randomBytes, report: () => {} })
  t.equal(await store.create(apiKey, { ofPerson: null, now: systemClock.now() }), 'created')
  await store.close()
  t.match(await lines(folder, ours), [/^ok .*keys\.db answers/])
  t.match(await lines(folder, 'api_keys: { store: sqlite, prefix: kk }'), [
    /^failed .* keys that begin with cg, which `api_keys\.prefix` lacks/,
  ])
  t.match(await lines(folder, ''), [
    /^failed .*keys\.db has keys that begin with cg, and `api_keys` is not written/,
  ])
})
