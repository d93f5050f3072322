// Who we are at Redis: a user of its ACL with what operations.md names and no more, TLS, a client certificate.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { Secret } from '../../../src/core/secret.ts'
import type { RedisTls } from '../../../src/core/session-store-settings.ts'
import { openLimitStore } from '../../../src/store/limits/open.ts'
import { startRedis } from '../../support/redis.ts'
import { storeContext } from '../../support/store-context.ts'
import { createAuthority } from '../../support/tls.ts'
import { sessionOf, storeContract } from '../contract.ts'
import { formContract, formOf } from '../contract-forms.ts'
import { renewalContract } from '../contract-renewals.ts'
import { limitContract } from '../limits/contract.ts'
import { faultOf } from '../sqlite-store.ts'
import { every, impatient, openRedis, patient, singleSettings } from './redis-store.ts'
import { startCluster, startSentinel } from './topologies.ts'

/** What operations.md says, which is what operators write. */
const operations = readFileSync(new URL('../../../docs/operations.md', import.meta.url), 'utf8')
const rights = [...operations.matchAll(/^ACL SETUSER claimgate .*$/gm)].flatMap(
  ([line]) => line.match(/\+[a-z]+/g) ?? [],
)

const user = { username: 'claimgate', password: new Secret('p w"\\') }

/** As redis.conf quotes a password. */
const userLine = (permitted: readonly string[]) =>
  `user claimgate on ">p w\\"\\\\" ~claimgate:* ${permitted.join(' ')}`

async function start(t: Test, permitted: readonly string[], more: readonly string[] = []) {
  return startRedis(t, { lines: ['user default off', userLine(permitted), ...more] })
}

t.test('a user with the permissions that operations.md names, and no more, keeps the contract', async (t) => {
  t.equal(rights.length, 26, rights.join(' '))
  const { port } = await start(t, rights)
  let opened = 0
  const open = (t: Test) => {
    opened += 1
    return openRedis(t, singleSettings(port, { ...user, keyPrefix: `claimgate:${opened}:` }))
  }
  await storeContract(t, open, 'by itself')
  await renewalContract(t, open)
  await formContract(t, open, 'by itself')
  await limitContract(t, (t) => {
    opened += 1
    const settings = singleSettings(port, { ...user, keyPrefix: `claimgate:${opened}:` })
    const store = openLimitStore({ kind: 'redis', settings, seal: storeContext().seal }, patient.answerMs)
    t.teardown(() => store.close())
    return store
  })
})

t.test('Sentinel and Cluster take what operations.md adds for them, and no more', async (t) => {
  const added = (before: string) =>
    new RegExp(`${before}[^.]*?((?:\`\\+[^\`]+\`(?: and|,)?\\s*)+)`)
      .exec(operations)?.[1]
      ?.match(/\+[a-z|-]+/g) ?? []
  const [forSentinel, atSentinels, forCluster] = [
    added('With Sentinel it needs'),
    added('at the Sentinels themselves'),
    added('With Cluster it needs'),
  ]
  t.same([forSentinel, forCluster], [['+role'], ['+cluster|slots', '+asking']])
  t.same(atSentinels, ['+ping', '+sentinel|get-master-addr-by-name'])
  const sentinel = await startSentinel(t, {
    lines: [userLine([...rights, ...forSentinel])],
    sentinelLines: [userLine(atSentinels).replace('~claimgate:*', '')],
  })
  const own = { ...user, keyPrefix: 'claimgate:' }
  const sentinelOwn = { sentinelUsername: user.username, sentinelPassword: user.password }
  const cluster = await startCluster(t, [userLine([...rights, ...forCluster])])
  for (const settings of [
    { ...sentinel.settings, ...own, ...sentinelOwn },
    { ...cluster.settings, ...own },
  ]) {
    const store = openRedis(t, settings)
    for (const [name, call] of every(store))
      t.equal(await faultOf(call), 'nothing', `${settings.kind}: ${name}`)
  }
})

t.test('a permission that is missing is named', async (t) => {
  const { port } = await start(
    t,
    rights.filter((right) => right !== '+xadd' && right !== '+get'),
  )
  const store = openRedis(t, singleSettings(port, { ...user, keyPrefix: 'claimgate:' }))
  const found = (what: string) =>
    `STORE_UNAVAILABLE: the session store redis 127.0.0.1:${port} does not let this user ${what} to its ACL`
  t.equal(await faultOf(() => store.load('k1')), found('run GET: add +get'))
  t.equal(await faultOf(() => store.revoke({ by: 'all' })), found('run XADD: add +xadd'))
  const fewer = await start(
    t,
    rights.filter((right) => right !== '+time'),
  )
  t.match(
    await faultOf(() => openRedis(t, singleSettings(fewer.port, user)).forms.keep(formOf('f'))),
    /at our keys/,
  )
  const own = singleSettings(fewer.port, { ...user, keyPrefix: 'claimgate:' })
  t.match(
    await faultOf(() => openRedis(t, own).forms.keep(formOf('f'))),
    /does not let this user run what our scripts do: give it every permission of docs\/operations\.md$/,
  )
  const other = openRedis(t, singleSettings(port, { ...user, keyPrefix: 'other:' }))
  t.equal(
    await faultOf(() => other.states.spend('h', { at: 1, until: 2 })),
    found('at our keys: add ~PREFIX*').replace(' to its ACL', ' to its ACL, with `key_prefix`'),
  )
})

t.test('a wrong user or password is told, and never shown', async (t) => {
  const { port } = await start(t, rights)
  const place = `STORE_UNAVAILABLE: the session store redis 127.0.0.1:${port}`
  const asked = (more: Parameters<typeof singleSettings>[1]) =>
    faultOf(() => openRedis(t, singleSettings(port, more)).load('k1'))
  const secret = new Secret('hunter2')
  t.equal(
    await asked({}),
    `${place} asks for a password: set \`password\`, and \`username\` for a user of its ACL`,
  )
  const wrong = `${place} does not know this user and password: correct \`username\` and \`password\``
  t.equal(await asked({ ...user, password: secret }), wrong)
  t.equal(await asked({ username: 'hunter2', password: secret }), wrong)
  t.equal(await asked({ password: secret }), wrong)
  const open = await startRedis(t)
  t.match(
    await faultOf(() => openRedis(t, singleSettings(open.port, { password: secret })).load('k1')),
    /does not take this password: correct `password`/,
  )
  t.match(
    await faultOf(() => openRedis(t, singleSettings(open.port, { database: 99 })).load('k1')),
    /has no such database: correct the number$/,
  )
})

t.test('a Redis that has no room, or takes no writes, says so', async (t) => {
  const full = await startRedis(t, { lines: ['maxmemory 1', 'maxmemory-policy noeviction'] })
  t.equal(
    await faultOf(() => openRedis(t, singleSettings(full.port)).save(sessionOf('k1'), 2000)),
    `STORE_FULL: the session store redis 127.0.0.1:${full.port} has reached \`maxmemory\`, and takes no writes: give it more`,
  )
  const lonely = await startRedis(t, { lines: ['min-replicas-to-write 1'] })
  t.match(
    await faultOf(() => openRedis(t, singleSettings(lonely.port)).check()),
    /has fewer replicas than `min-replicas-to-write` asks for$/,
  )
  const primary = await startRedis(t)
  const replica = await startRedis(t, { lines: [`replicaof 127.0.0.1 ${primary.port}`] })
  t.match(
    await faultOf(() => openRedis(t, singleSettings(replica.port)).check()),
    /is a replica, which takes no writes: name the primary, or use `redis_sentinel`$/,
  )
  const node = await startRedis(t, { lines: ['cluster-enabled yes'] })
  t.match(
    await faultOf(() => openRedis(t, singleSettings(node.port)).check()),
    /belongs to a cluster that is down|is a node of a cluster/,
  )
})

t.test('TLS: the authority, the name and the certificate of the client are held to', async (t) => {
  const authority = createAuthority()
  const folder = t.testdir()
  const write = (name: string, text: string): string => {
    const path = join(folder, name)
    writeFileSync(path, text)
    return path
  }
  const serve = async (names: readonly string[], expired = false) => {
    const { key, cert } = authority.issue({ names, expired })
    const own = `${names.join('')}${expired}`.replaceAll(/\W/g, '')
    const lines = [
      `tls-cert-file ${write(`${own}.crt`, cert)}`,
      `tls-key-file ${write(`${own}.key`, key)}`,
      `tls-ca-cert-file ${write('ca.crt', authority.certificate)}`,
      'tls-auth-clients yes',
    ]
    return startRedis(t, { lines, tls: true })
  }
  const client = authority.issue({ names: ['URI:urn:gateway'], client: true })
  const stranger = createAuthority().issue({ names: ['URI:urn:gateway'], client: true })
  const clientCertificate = { certificate: client.cert, key: new Secret(client.key) }
  const right: RedisTls = { ca: authority.certificate, clientCertificate }
  const good = await serve(['IP:127.0.0.1'])
  const asked = (port: number, tls: RedisTls | null, more: { readonly answerMs: number } = patient) =>
    faultOf(async () => {
      const store = openRedis(t, singleSettings(port, { tls }), more)
      await store.save(sessionOf('k1'), 2000)
      t.not(await store.load('k1'), null)
    })
  t.equal(await asked(good.port, right), 'nothing')
  t.match(await asked(good.port, { ...right, ca: null }), /that no known authority signed: set `ca_file`$/)
  t.match(await asked(good.port, { ...right, clientCertificate: null }), /asks for a certificate/)
  const wrongClient = { certificate: stranger.cert, key: new Secret(stranger.key) }
  t.match(
    await asked(good.port, { ...right, clientCertificate: wrongClient }),
    /does not accept our certificate|asks for a certificate .*or for another$/,
  )
  t.match(await asked(good.port, null), /closed the connection$/)
  t.match(
    await asked((await serve(['DNS:other.example'])).port, right),
    /shows a certificate for another name$/,
  )
  t.match(
    await asked((await serve(['IP:127.0.0.1'], true)).port, right),
    /shows a certificate that has expired$/,
  )
  const plain = await startRedis(t)
  t.match(
    await asked(plain.port, right, impatient),
    /does not answer within a second: does it speak TLS at this port\?$/,
  )
})
