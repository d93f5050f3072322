// AWS's package is large: a gateway that signs nothing, or with keys of its file alone, never loads a line of it.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { newPlace, startProcess } from '../support/process.ts'
import { poll } from '../support/waiting.ts'

const hooks = fileURLToPath(new URL('../support/module-list.mjs', import.meta.url))
const isOfAws = (address: string): boolean =>
  /\/node_modules\/(?:@aws-sdk|@smithy|@aws-crypto)\//.test(address)
const isChain = (address: string): boolean => address.endsWith('/src/upstream/aws/chain.ts')

const keys =
  'credentials: { access_key_id: AKIAIOSFODNN7EXAMPLE, secret_access_key: a-secret-access-key-of-forty-characters }'
const role = 'role_arn: "arn:aws:iam::123456789012:role/gateway"'

const yaml = (url: string, upstream: string) => `
session: { secret: a-session-secret-of-thirty-two-bytes-or-more }
providers:
  op: { issuer: "https://id.example.com", client_id: gateway, client_secret: a-client-secret-of-32-bytes-or-more }
apps:
  api: { url: ${url}, upstream: ${upstream}, require: anyone }
`

/** A gateway that has begun to serve, and what it loads. */
async function start(t: Test, upstream: string, env: Readonly<Record<string, string>> = {}) {
  const place = await newPlace()
  t.teardown(() => place.remove())
  place.write(yaml(place.url, upstream))
  const list = join(place.folder, 'modules')
  const running = await startProcess(place, {
    env: { MODULE_LIST: list, NODE_OPTIONS: `--import=${hooks}`, AWS_EC2_METADATA_DISABLED: 'true', ...env },
  })
  t.teardown(() => running.stop())
  const loaded = (): readonly string[] => readFileSync(list, 'utf8').split('\n')
  return { place, running, loaded }
}

const stage = 'https://abc123.execute-api.eu-west-1.amazonaws.com/prod'
const endpoint = 'endpoint: "http://127.0.0.1:9"'

for (const [name, upstream] of [
  ['without aws', 'http://127.0.0.1:9'],
  [
    'with a function that does not stream',
    `{ lambda: { function: "arn:aws:lambda:eu-west-1:123456789012:function:wiki" }, aws: { ${keys}, ${endpoint} } }`,
  ],
  ['with keys of the file', `{ url: "${stage}", aws: { sign: execute-api, ${keys}, ${endpoint} } }`],
] as const)
  t.test(`a gateway ${name} never loads AWS’s package`, async (t) => {
    const { place, running, loaded } = await start(t, upstream)
    // Nothing listens at port 9: the request came as far as to be sent.
    t.equal((await fetch(place.url)).status, 502)
    await running.stop()
    t.ok(loaded().length > 300, `${loaded().length} modules`)
    t.ok(loaded().some((address) => address.endsWith('/src/upstream/aws/credentials.ts')))
    t.same(
      loaded().filter((address) => isOfAws(address) || isChain(address)),
      [],
    )
  })

t.test(
  'one that takes a role loads it as it begins to serve, and says when there are no credentials',
  async (t) => {
    const upstream = `{ url: "${stage}", aws: { sign: execute-api, ${role}, ${endpoint} } }`
    const { place, running, loaded } = await start(t, upstream)
    const line = await running.logged(({ event }) => event === 'aws.credentials-failed')
    t.match(line, {
      level: 50,
      whose: 'role arn:aws:iam::123456789012:role/gateway',
      error: /^the profile default: /,
      retry_at: Number,
    })
    t.ok(loaded().some(isChain))
    t.ok(loaded().some(isOfAws))
    const answer = await fetch(place.url)
    t.equal(answer.status, 503)
    t.notMatch(await answer.text(), /arn:aws|profile/)
    const fault = await running.logged(({ code }) => code === 'AWS_CREDENTIALS_UNAVAILABLE')
    t.match(fault, { event: 'upstream.failed', app: 'api' })
    const metrics = await (await fetch(`${place.adminUrl}/metrics`)).text()
    t.match(
      metrics,
      'claimgate_aws_credentials_expire_seconds{whose="role arn:aws:iam::123456789012:role/gateway"} 0',
    )
  },
)

t.test(
  'one with a function that streams loads the reader of its messages as it begins to serve',
  async (t) => {
    const lambda =
      'lambda: { function: "arn:aws:lambda:eu-west-1:123456789012:function:wiki", streaming: true }'
    const { running, loaded } = await start(t, `{ ${lambda}, aws: { ${keys}, ${endpoint} } }`)
    await poll(
      'the reader to be loaded',
      () => loaded().some((address) => address.includes('/node_modules/@smithy/eventstream-codec/')),
      (is) => is,
    )
    t.same(loaded().filter(isChain), [])
    await running.stop()
  },
)
