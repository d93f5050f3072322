// Another process that serves keys: it says what a key opens, each time that this changes. Arguments: the folder, the
// settings of the store as JSON, the id. It holds the key open, as a WebSocket would, and asks again when it is told.
import { randomBytes } from 'node:crypto'
import { createCredentialFailures } from '../../src/core/limits/credential-failures.ts'
import { Secret } from '../../src/core/secret.ts'
import { systemClock } from '../../src/runtime/clock.ts'
import { openKeys } from '../../src/runtime/keys/open.ts'
import { gatewayOf } from './model.ts'

const [dataFolder = '', store = '', id = ''] = process.argv.slice(2)
const gateway = gatewayOf(`
providers:
  acme: { issuer: "https://acme.example.com", client_id: id, client_secret: s }
apps:
  wiki: { url: https://wiki.example.com, upstream: http://10.0.0.5, require: signed_in }
`)
const apiKeys = {
  ...{ prefixes: ['cg'], header: 'x-api-key', store: JSON.parse(store), keys: [] },
  ...{
    secrets: [new Secret('k'.repeat(32))],
    claimsMaxAgeSeconds: 3600,
    tokenLifetimeSeconds: 900,
    userIdPrefix: 'key:',
    widgetClaims: [],
    selfService: null,
  },
}
const keys = openKeys(
  { ...gateway, dataFolder, apiKeys },
  {
    ...{ clock: systemClock, random: randomBytes, failures: createCredentialFailures() },
    report: (thrown) => console.log(String(thrown)),
  },
)
let last = ''

/** A store that does not answer is told as any other answer: the next question may find it there. */
async function say(how: string): Promise<void> {
  const now = await answer().catch(String)
  if (now !== last) console.log(`${how} ${now}`)
  last = now
}

async function answer(): Promise<string> {
  const use = { app: { name: 'api', providers: [] }, method: 'GET', client: null, now: systemClock.now() }
  const presented = { prefix: 'cg', id, secret: 'a'.repeat(43) }
  const found = await keys?.verify(presented, { ...use, network: { key: 'n', hidden: true } })
  return found === undefined ? 'nothing' : 'why' in found ? found.why : found.kind
}

keys?.onChange(() => void say('told'))
setInterval(() => void say('asked'), 20)
