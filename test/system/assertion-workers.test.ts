// Two workers and a key that nobody wrote down: each signs with the one that both publish, at a first start and after a
// change of the file.
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { createLocalJWKSet, jwtVerify } from 'jose'
import t from 'tap'
import { Browser } from '../support/browser.ts'
import { visitAs } from '../support/front.ts'
import { inVain, poll } from '../support/waiting.ts'
import { connectToEach, newWorkersRig, startedWorkers } from '../support/workers.ts'

const rig = await newWorkersRig()
const { stand, start, get } = rig
const { place, echo, cookie } = stand
t.teardown(() => rig.close())

const yaml = (assertion: string) =>
  stand.yaml({
    top: 'workers: 2',
    app: `
    require: signed_in
    identity_headers: {}
    identity_assertion: ${assertion}
    locations:
      - { path: /public, require: anyone }
`,
  })

t.test('the key is one, and so is what is published', async (t) => {
  const running = await start(t, yaml('{}'))
  const alice = new Browser()
  await visitAs(alice, 'alice', `${place.url}/`)
  const value = alice.cookies('localhost').get(cookie)
  if (value === undefined) throw inVain('a session')
  const line = `Cookie: ${cookie}=${value}\r\n`

  /** By each worker on a connection of its own: what it publishes and what it signs. */
  const both = async (from: string) => {
    const numbers = startedWorkers(running).map(({ number }) => number)
    const clients = await connectToEach(running, place.port, numbers)
    const found = []
    for (const [number, client] of clients) {
      client.write(get('/.auth/jwks.json'))
      const text = /\{"keys":\[.*?\]\}/.exec(await client.until(/\{"keys":\[.*?\]\}/))?.[0] ?? ''
      const target = `/${from}/${number}`
      client.write(get(target, line))
      const sent = await poll(
        `a request by worker ${number}`,
        () => echo.received.find((one) => one.target === target),
        (one) => one !== undefined,
      )
      found.push({ text, token: sent?.headers['x-claimgate-assertion']?.[0] ?? '' })
      client.destroy()
    }
    return found
  }

  const audience = place.url
  const first = await both('first')
  t.equal(first.length, 2)
  t.equal(new Set(first.map(({ text }) => text)).size, 1, 'both publish the same')
  for (const { text, token } of first)
    for (const { text: keys } of first)
      t.match(await jwtVerify(token, createLocalJWKSet(JSON.parse(keys)), { audience }), {
        payload: { sub: /^alice/ },
        protectedHeader: { kid: JSON.parse(text).keys[0].kid },
      })
  const kept = join(place.data, 'signing.key')
  t.ok(existsSync(kept))
  t.equal(statSync(kept).mode & 0o777, 0o600)

  place.write(yaml('{ audience: wiki }'))
  running.signal('SIGHUP')
  await running.logged(({ event }) => event === 'config.loaded')
  const second = await both('second')
  t.same(
    second.map(({ text }) => text),
    first.map(({ text }) => text),
    'a reload draws no other',
  )
  for (const { text, token } of second)
    await t.resolves(jwtVerify(token, createLocalJWKSet(JSON.parse(text)), { audience: 'wiki' }))
  const [, secret = ''] = /-----\n(.{60})/.exec(readFileSync(kept, 'utf8')) ?? []
  t.equal(secret.length, 60)
  t.notOk(running.stdout().includes(secret) || running.stderr().includes(secret))
})
