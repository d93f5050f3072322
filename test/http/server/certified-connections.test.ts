// Connections on which clients show certificates: how long they last, and what a change of authorities means to a
// handshake that began before it.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { type AddressInfo, connect as connectTcp, createServer, type Socket } from 'node:net'
import { connect, createServer as createTls, type SecureContextOptions, type TLSSocket } from 'node:tls'
import t, { type Test } from 'tap'
import type { ConnectionCertificate } from '../../../src/core/certificate/connection-certificate.ts'
import type { CertificateAuthority } from '../../../src/core/certificate/settings.ts'
import { limits } from '../../../src/core/limits/table.ts'
import { certifiedConnections } from '../../../src/http/server/certified-connections.ts'
import { createClientAuthority } from '../../support/client-authority.ts'
import { createTestClock } from '../../support/clock.ts'
import { createAuthority } from '../../support/tls.ts'
import { outcomeOf } from '../../support/waiting.ts'

const server = createAuthority().issue({ names: ['DNS:api.example.com'] })
const partners = createClientAuthority('Partners')
const staff = createClientAuthority('Staff')
const alice = partners.issue('alice')
/** Another root of the same key and name. */
const renewed = rootOf(partners.keyFile, 'Partners')

function rootOf(keyFile: string, name: string): string {
  const file = `${keyFile}.root`
  const issuing = ['basicConstraints=critical,CA:TRUE', 'keyUsage=critical,keyCertSign,cRLSign']
  const args = ['req', '-x509', '-new', '-key', keyFile, '-days', '99', '-subj', `/CN=${name}`, '-out', file]
  execFileSync('openssl', [...args, ...issuing.flatMap((line) => ['-addext', line])], { stdio: 'pipe' })
  return readFileSync(file, 'utf8')
}

const authority = (name: string, ca: string, crl: string | null = null): CertificateAuthority => ({
  name,
  ca,
  crl,
})
const settingsOf = (authorities: readonly CertificateAuthority[]) => ({
  clientCertificates: { authorities, userId: 'subject' as const, userIdPrefix: 'cert:' },
})

async function listen(t: Test, first: readonly CertificateAuthority[], lifeMs?: number) {
  const clock = createTestClock(Math.floor(Date.now() / 1000))
  const refused: string[] = []
  const certified = certifiedConnections({
    ...{ clock, authorities: first, onRefused: ({ why }) => void refused.push(why) },
    ...(lifeMs === undefined ? {} : { lifeMs }),
  })
  const contextOf = (all: readonly CertificateAuthority[]): SecureContextOptions => ({
    ...{ cert: server.cert, key: server.key, ca: all.map(({ ca }) => ca) },
  })
  const tls = createTls({ ...contextOf(first), requestCert: true, rejectUnauthorized: false })
  certified.follow(tls)
  const judged: (ConnectionCertificate | null | undefined)[] = []
  const waiting: (() => void)[] = []
  tls.on('secureConnection', (socket: TLSSocket & { certificate?: ConnectionCertificate | null }) => {
    socket.on('error', () => {})
    judged.push(socket.certificate)
    waiting.shift()?.()
  })
  await new Promise<void>((resolve) => tls.listen(0, '127.0.0.1', resolve))
  t.teardown(() => tls.close())
  return {
    ...{ clock, refused, port: portOf(tls.address()) },
    judged: async () => {
      if (judged.length === 0) await new Promise<void>((resolve) => waiting.push(resolve))
      return judged.shift()?.authority ?? null
    },
    renew: (next: readonly CertificateAuthority[]) => {
      tls.setSecureContext(contextOf(next))
      certified.renew(settingsOf(next))
    },
  }
}

function portOf(address: AddressInfo | string | null): number {
  return typeof address === 'object' && address !== null ? address.port : 0
}

/** Between a client and a server: what the client says after its first words waits until it is let go. */
async function slowPath(t: Test, port: number) {
  const held: Buffer[] = []
  const sockets: Socket[] = []
  let onward: Socket | null = null
  let answered = () => {}
  const serverSpoke = new Promise<void>((resolve) => {
    answered = resolve
  })
  const relay = createServer((client) => {
    const server = connectTcp(port, '127.0.0.1')
    sockets.push(client, server)
    for (const socket of [client, server]) socket.on('error', () => {})
    let said = 0
    client.on('data', (piece) => {
      said += 1
      if (said === 1 || onward !== null) server.write(piece)
      else held.push(piece)
    })
    server.on('data', (piece) => {
      client.write(piece)
      answered()
    })
  })
  await new Promise<void>((resolve) => relay.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    relay.close()
  })
  return {
    port: portOf(relay.address()),
    serverSpoke,
    letGo: () => {
      onward = sockets[1] ?? null
      onward?.write(Buffer.concat(held))
    },
  }
}

function client(t: Test, port: number, shows: { cert: string; key: string } | null = alice): TLSSocket {
  const own = shows === null ? {} : { cert: shows.cert, key: shows.key }
  const socket = connect({
    port,
    host: '127.0.0.1',
    servername: 'api.example.com',
    rejectUnauthorized: false,
    ...own,
  })
  socket.on('error', () => {})
  t.teardown(() => socket.destroy())
  return socket
}

/** Whose certificate it is that is shown in a handshake which began before these changes. */
async function across(
  t: Test,
  first: readonly CertificateAuthority[],
  ...changes: readonly (readonly CertificateAuthority[])[]
) {
  const listening = await listen(t, first)
  const path = await slowPath(t, listening.port)
  client(t, path.port)
  await path.serverSpoke
  for (const change of changes) {
    listening.clock.time += 1
    listening.renew(change)
  }
  path.letGo()
  return { of: await listening.judged(), ...listening }
}

t.test('a handshake over which an authority is none any more shows nothing', async (t) => {
  const [old, other] = [authority('partners', partners.cert), authority('staff', staff.cert)]
  t.equal((await across(t, [old])).of, 'partners', 'without a change')
  t.equal((await across(t, [old, other], [old])).of, 'partners', 'whose own stays')
  const { of, refused } = await across(t, [old, other], [other])
  t.equal(of, null)
  t.same(refused, ['untrusted'])
})

t.test('a list that came meanwhile counts', async (t) => {
  const lost = partners.issue('lost')
  partners.revoke(lost)
  const before = authority('partners', partners.cert)
  const listening = await listen(t, [before])
  const path = await slowPath(t, listening.port)
  client(t, path.port, lost)
  await path.serverSpoke
  listening.renew([authority('partners', partners.cert, partners.crl())])
  path.letGo()
  t.equal(await listening.judged(), null)
  t.same(listening.refused, ['revoked'])
})

t.test('by which root TLS let it pass nobody knows, while handshakes may last from before', async (t) => {
  const [old, next] = [authority('old', partners.cert), authority('next', renewed)]
  const once = await across(t, [old], [next])
  t.equal(once.of, null, 'after a change')
  const twice = await across(t, [old], [next], [next, authority('staff', staff.cert)])
  t.equal(twice.of, null, 'after one and another')
  t.equal((await across(t, [old], [next], [old])).of, null, 'nor after a change that was taken back')
  client(t, twice.port)
  t.equal(await twice.judged(), null, 'for all that come')
  twice.clock.time += limits.silenceMs / 1000
  client(t, twice.port)
  t.equal(await twice.judged(), 'next', 'and for nobody later')
})

t.test('a connection on which one was shown, good or not, lasts its time', async (t) => {
  const { port, judged } = await listen(t, [authority('partners', partners.cert)], 1)
  for (const [shows, of] of [
    [alice, 'partners'],
    [staff.issue('bob'), null],
  ] as const) {
    const socket = client(t, port, shows)
    const over = new Promise((resolve) => socket.once('close', () => resolve('over')))
    socket.resume()
    t.equal(await judged(), of)
    t.equal(await outcomeOf(over), 'over')
  }
  const nobody = client(t, port, null)
  let isOver = false
  nobody.once('close', () => {
    isOver = true
  })
  nobody.resume()
  t.equal(await judged(), null)
  // A connection that came later has ended.
  const socket = client(t, port)
  const over = new Promise((resolve) => socket.once('close', () => resolve('over')))
  socket.resume()
  t.equal(await judged(), 'partners')
  t.equal(await outcomeOf(over), 'over')
  t.notOk(isOver, 'and one without lasts')
})
