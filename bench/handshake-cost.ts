import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type ConnectionOptions, connect } from 'node:tls'
import { freePort } from '../test/support/ports.ts'
import { newPlace, startProcess } from '../test/support/process.ts'
import { createAuthority } from '../test/support/tls.ts'
import { cpuMicros } from './process.ts'
import { median, rounded } from './requests.ts'
import { startUpstream } from './subjects.ts'

export interface HandshakeCosts {
  readonly cpuMicrosPerConnection: Readonly<Record<string, number>>
  /** Medians of what was measured within one round, beside a listener that asks for no certificate. */
  readonly ratios: Readonly<Record<string, number>>
}

const host = 'localhost'

/**
 * One gateway with two places to listen, of which one asks for certificates. Each connection is a whole handshake with one
 * request; none is resumed.
 */
export async function measureHandshakes(of: {
  readonly rounds: number
  readonly connections: number
}): Promise<HandshakeCosts> {
  const [authority, upstream, place] = await Promise.all([createAuthority(), startUpstream(), newPlace()])
  const asking = await freePort()
  const server = authority.issue({ names: [`DNS:${host}`] })
  const client = authority.issue({ names: ['email:build@partner.example'], client: true })
  const files = { 'ca.pem': authority.certificate, 'server.crt': server.cert, 'server.key': server.key }
  for (const [name, text] of Object.entries(files)) writeFileSync(join(place.folder, name), text)
  const tls = 'tls: [{ certificate: server.crt, key: server.key }]'
  place.write(`
data: ${JSON.stringify(place.data)}
admin: false
listen:
  - { address: "127.0.0.1:${place.port}", ${tls} }
  - { address: "127.0.0.1:${asking}", ${tls}, client_certificates: ask }
client_certificates: { authorities: { partners: { ca_file: ca.pem } } }
apps:
  bench:
    url: https://${host}:${asking}
    upstream: http://127.0.0.1:${upstream.port}
    shared_secret: a-shared-secret-of-thirty-two-bytes-and-more
    require: anyone
`)
  const gateway = await startProcess(place)
  const trusted = { host: '127.0.0.1', servername: host, ca: authority.certificate }
  const ways: Readonly<Record<string, ConnectionOptions>> = {
    'asks for none': { ...trusted, port: place.port },
    'asks, none shown': { ...trusted, port: asking },
    'asks, one shown': { ...trusted, port: asking, cert: client.cert, key: client.key },
  }
  try {
    const costs: Record<string, number>[] = []
    for (let round = 0; round <= of.rounds; round++) {
      const cost: Record<string, number> = {}
      const inTurn = Object.entries(ways)
      for (const [name, way] of round % 2 === 0 ? inTurn : inTurn.toReversed()) {
        const before = cpuMicros(gateway.pid)
        await Promise.all(Array.from({ length: 4 }, () => connections(way, of.connections / 4, asking)))
        cost[name] = (cpuMicros(gateway.pid) - before) / of.connections
      }
      if (round > 0) costs.push(cost)
    }
    const names = Object.keys(ways)
    const all = (read: (cost: Readonly<Record<string, number>>) => number) => rounded(median(costs.map(read)))
    const [first = ''] = names
    return {
      cpuMicrosPerConnection: Object.fromEntries(names.map((name) => [name, all((cost) => cost[name] ?? 0)])),
      ratios: Object.fromEntries(
        names.slice(1).map((name) => [name, all((cost) => (cost[name] ?? 0) / (cost[first] ?? 1))]),
      ),
    }
  } finally {
    await gateway.stop()
    await upstream.stop()
    place.remove()
  }
}

/** One after the other; each asks once, for the one app, and gets its answer. Throws when it gets another. */
async function connections(way: ConnectionOptions, count: number, port: number): Promise<void> {
  for (let done = 0; done < count; done++) {
    await new Promise<void>((resolve, reject) => {
      const socket = connect({ ...way, minVersion: 'TLSv1.3' }, () => {
        socket.write(`GET / HTTP/1.1\r\nHost: ${host}:${port}\r\nConnection: close\r\n\r\n`)
      })
      let said = ''
      socket
        .setEncoding('latin1')
        .on('data', (piece: string) => {
          said += piece
        })
        .on('end', () => socket.end())
        .on('close', () =>
          said.startsWith('HTTP/1.1 200 ') ? resolve() : reject(new Error(`answered ${said.slice(0, 60)}`)),
        )
        .on('error', reject)
    })
  }
}
