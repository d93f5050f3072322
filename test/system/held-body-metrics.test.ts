// What `/metrics` says of bodies that are held: how much, of how much, and how many there was no room for; of two workers
// together, and while they come and go.
import t from 'tap'
import { roleKey, startAws } from '../support/aws/stand-in.ts'
import { Browser } from '../support/browser.ts'
import { newPlace, startProcess } from '../support/process.ts'
import { rawClient, statusOf } from '../support/raw.ts'
import { poll } from '../support/waiting.ts'

const MiB = 1024 * 1024
const { accessKeyId, secretAccessKey } = roleKey
const token = roleKey.sessionToken === null ? '' : `, session_token: "${roleKey.sessionToken}"`
const keys = `credentials: { access_key_id: ${accessKeyId}, secret_access_key: "${secretAccessKey}"${token} }`

/** What the metrics say of them. */
async function told(place: { readonly adminUrl: string }) {
  const { body } = await new Browser().visit(`${place.adminUrl}/metrics`)
  const value = (name: string) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(body)?.[1] ?? Number.NaN)
  return {
    held: value('claimgate_held_body_bytes'),
    most: value('claimgate_held_body_limit_bytes'),
    ofNetwork: value('claimgate_held_body_refusals_total\\{bound="network"\\}'),
    ofAll: value('claimgate_held_body_refusals_total\\{bound="all"\\}'),
  }
}

t.test('bodies that are held are in the metrics of all workers together', async (t) => {
  const aws = await startAws(t)
  const place = await newPlace()
  t.teardown(() => place.remove())
  const yaml = (held: string | null, upstream: string) => `
workers: 2
trusted_proxies: [127.0.0.1/32]
${held === null ? '' : `aws: { held_bodies: ${held} }`}
providers:
  op: { issuer: "https://id.example.com", client_id: gateway, client_secret: a-client-secret-of-32-bytes-or-more }
defaults: { require: anyone, max_body: 3MiB }
apps:
  wiki: { url: "${place.url}", upstream: ${upstream} }
`
  const signed = `{ url: "${aws.rest.url}", aws: { sign: execute-api, endpoint: "${aws.rest.origin}", ${keys} } }`
  place.write(yaml('40MiB', signed))
  const running = await startProcess(place)
  t.teardown(() => running.stop())
  const metrics = () => told(place)
  const head = (network: string, ...lines: readonly string[]) =>
    `${['POST /who HTTP/1.1', `Host: localhost:${place.port}`, `X-Forwarded-For: ${network}`, 'X-Forwarded-Proto: http', ...lines].join('\r\n')}\r\n\r\n`
  t.same(await metrics(), { held: 0, most: 40 * MiB, ofNetwork: 0, ofAll: 0 })

  const greedy = '192.0.2.7'
  const holding = await rawClient(place.port, head(greedy, `Content-Length: ${3 * MiB}`))
  holding.write(Buffer.alloc(2 * MiB, 'x'))
  await poll('two MiB to be held', metrics, ({ held }) => held === 2 * MiB)
  // Whichever worker takes it: one of them has no room for so much of this network.
  let refused = 0
  for (let asked = 0; asked < 200 && refused === 0; asked += 1) {
    const expects = ['Expect: 100-continue', `Content-Length: ${2 * MiB}`]
    const client = await rawClient(place.port, head(greedy, ...expects))
    const text = await client.until(/^HTTP\/1\.1 (?:100|503)/)
    if (statusOf(text) === 503) refused += 1
    client.destroy()
  }
  t.equal(refused, 1)
  await poll('the refusal to be counted', metrics, ({ ofNetwork }) => ofNetwork === 1)
  t.equal((await metrics()).ofAll, 0)
  holding.destroy()
  await poll('nothing to be held', metrics, ({ held }) => held === 0)

  place.write(yaml('64MiB', signed))
  running.signal('SIGHUP')
  await running.logged(({ event }) => event === 'config.loaded')
  await poll('the bound of the new file', metrics, ({ most }) => most === 64 * MiB)
  t.equal((await metrics()).ofNetwork, 1, 'what was counted stays')
  place.write(yaml(null, '"http://127.0.0.1:9"'))
  running.signal('SIGHUP')
  await poll('no bound, where nothing is held', metrics, ({ most }) => most === 0)
})

t.test('a process without workers says what it holds itself, by the file that serves', async (t) => {
  const place = await newPlace()
  t.teardown(() => place.remove())
  const yaml = (held: string) => `
aws: { held_bodies: ${held} }
providers:
  op: { issuer: "https://id.example.com", client_id: gateway, client_secret: a-client-secret-of-32-bytes-or-more }
defaults: { require: anyone, max_body: 3MiB }
apps:
  wiki:
    url: "${place.url}"
    upstream: { url: "https://abc123.execute-api.eu-west-1.amazonaws.com/prod", aws: { sign: execute-api, ${keys} } }
`
  place.write(yaml('40MiB'))
  const running = await startProcess(place)
  t.teardown(() => running.stop())
  const lines = ['POST /who HTTP/1.1', `Host: localhost:${place.port}`, `Content-Length: ${3 * MiB}`]
  const holding = await rawClient(place.port, `${lines.join('\r\n')}\r\n\r\n`)
  holding.write(Buffer.alloc(MiB, 'x'))
  await poll(
    'one MiB to be held',
    () => told(place),
    ({ held }) => held === MiB,
  )
  place.write(yaml('64MiB'))
  running.signal('SIGHUP')
  await running.logged(({ event }) => event === 'config.loaded')
  t.same(await told(place), { held: MiB, most: 64 * MiB, ofNetwork: 0, ofAll: 0 }, 'held since before')
  holding.destroy()
  await poll(
    'nothing to be held',
    () => told(place),
    ({ held }) => held === 0,
  )
})
