// Two gateways on one Redis, and the key that signs assertions is changed as docs/operations.md says, on one after the other.
// Apps keep what they fetched: every assertion verifies by the keys of now and by those of before, while requests go on.
import { generateKeyPairSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createLocalJWKSet, decodeProtectedHeader, type JSONWebKeySet, jwtVerify } from 'jose'
import t from 'tap'
import { startEcho } from '../support/echo.ts'
import { exchange, statusOf } from '../support/raw.ts'
import { startRedis } from '../support/redis.ts'
import { startSharedGateways } from '../support/shared-gateways.ts'
import { poll } from '../support/waiting.ts'

const newPem = () =>
  String(
    generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }),
  )
const [before, after] = [newPem(), newPem()]
const line = (keys: readonly string[]) => `signing_keys: ${JSON.stringify(keys)}`
/** As docs/operations.md has it, from the one key to the other. */
const steps = [[before, after], [after, before], [after]] as const

t.test('keys change on one gateway after the other, and no assertion is ever in vain', async (t) => {
  const echo = await startEcho()
  t.teardown(() => echo.close())
  const redis = `redis://127.0.0.1:${(await startRedis(t)).port}`
  const shared = await startSharedGateways({
    ...{ stores: [redis, redis], store: redis, top: line([before]) },
    upstream: `"${echo.url}"\n    identity_assertion: {}`,
  })
  t.teardown(() => shared.close())
  const people = await shared.mint(Array.from({ length: 12 }, (_, at) => `person-${at}`))
  const { host, places, processes } = shared
  const ask = (port: number, target: string, cookie = '') =>
    exchange(
      port,
      `GET ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n${cookie === '' ? '' : `Cookie: ${cookie}\r\n`}\r\n`,
    )
  const published = async (port: number): Promise<JSONWebKeySet> => {
    const text = await ask(port, '/.auth/jwks.json')
    return JSON.parse(text.slice(text.indexOf('{'), text.lastIndexOf('}') + 1))
  }
  const ofAll = () => Promise.all(places.map(({ port }) => published(port)))
  /** What apps may still have of before, whichever gateway they asked. */
  let kept = await ofAll()
  const used = new Set<string>()

  /** Everybody at every gateway, by what is published now at either, and by what was published before. */
  const verifyAll = async (what: string): Promise<void> => {
    const sets = [...(await ofAll()), ...kept]
    for (const [index, { port }] of places.entries()) {
      for (const { cookie, user } of people) {
        const target = `/${what}/${index}/${user}`
        t.equal(statusOf(await ask(port, target, cookie)), 200, target)
        const sent = echo.received.find((one) => one.target === target)
        const token = sent?.headers['x-claimgate-assertion']?.[0] ?? ''
        used.add(decodeProtectedHeader(token).kid ?? '')
        for (const set of sets) {
          const { payload } = await jwtVerify(token, createLocalJWKSet(set), {
            ...{ algorithms: ['ES256'], typ: 'claimgate-assertion+jwt' },
            issuer: `http://${host}/.auth/assertion`,
          })
          t.equal(payload.sub, user, target)
        }
      }
    }
  }

  await verifyAll('first')
  t.equal(used.size, 1)
  for (const [at, keys] of steps.entries()) {
    for (const [index, place] of places.entries()) {
      const loads = () =>
        (processes[index]?.log() ?? []).filter(({ event }) => event === 'config.loaded').length
      const had = loads()
      const from = at === 0 ? [before] : (steps[at - 1] ?? [])
      place.write(readFileSync(place.file, 'utf8').replace(line(from), line(keys)))
      processes[index]?.signal('SIGHUP')
      await poll('the new keys', loads, (count) => count > had)
      await verifyAll(`step-${at}-${index}`)
    }
    // Ten minutes, in which apps fetch anew.
    kept = await ofAll()
  }
  t.equal(used.size, 2, 'both have signed')
  t.same(
    kept.map(({ keys }) => keys.length),
    [1, 1],
  )
})
