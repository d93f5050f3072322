// How many uploads that are refused before their end hear of it, of 200 each, at three sizes: by the gateway itself (401),
// directly and behind Debian's proxies; and by the app (413 and a close), beside nginx without buffering.
//   npm run bench:uploads [-- COUNT [gateway|app]]
// Needs nginx, caddy, haproxy, curl and python3 of Debian.
import { fileURLToPath } from 'node:url'
import { type ReverseProxyName, startReverseProxy } from '../test/support/reverse-proxy.ts'
import { type UploadClient, upload, uploadClients } from '../test/support/uploads.ts'
import { type Running, startNode } from './process.ts'
import { startClaimgate, startUpstream } from './subjects.ts'

const count = Number(process.argv[2] ?? 200)
const half = process.argv[3] ?? 'both'
const atOnce = 8
const sizes = [1, 4, 20].map((mebibytes) => mebibytes * 1024 * 1024)

async function measure(
  rows: Record<string, Record<string, string>>,
  name: string,
  wanted: string,
  at: { readonly client: UploadClient; readonly host: string; readonly port: number; readonly path: string },
): Promise<void> {
  const row: Record<string, string> = {}
  for (const bytes of sizes) {
    const outcomes = await upload({ ...at, bytes, count, atOnce })
    const lost = Object.entries(outcomes).filter(([outcome]) => outcome !== wanted)
    row[`${bytes / 1024 / 1024} MiB`] =
      lost.length === 0
        ? `0 lost of ${count}`
        : lost.map(([outcome, times]) => `${times} ${outcome}`).join(', ')
  }
  rows[name] = row
  console.error(name, row)
}

async function refusedByTheGateway(): Promise<void> {
  const upstream = await startUpstream()
  const gateway = await startClaimgate(`http://127.0.0.1:${upstream.port}`)
  const host = `localhost:${gateway.port}`
  const rows: Record<string, Record<string, string>> = {}
  for (const client of uploadClients)
    await measure(rows, `directly, ${client}`, '401', { client, host, port: gateway.port, path: '/upload' })
  for (const name of ['nginx', 'nginx-unbuffered', 'caddy', 'haproxy'] satisfies ReverseProxyName[]) {
    const front = await startReverseProxy(name, gateway.port)
    for (const client of ['http.client', 'curl'] as const)
      await measure(rows, `${name}, ${client}`, '401', { client, host, port: front.port, path: '/upload' })
    await front.stop()
  }
  console.log('401 by the gateway')
  console.table(rows)
  await gateway.stop()
  await upstream.stop()
}

async function refusedByTheApp(): Promise<void> {
  const app: Running = await startNode(fileURLToPath(new URL('apps/early.ts', import.meta.url)), [])
  const gateway = await startClaimgate(`http://127.0.0.1:${app.port}`)
  const nginx = await startReverseProxy('nginx-unbuffered', app.port)
  const rows: Record<string, Record<string, string>> = {}
  for (const client of uploadClients) {
    const host = `localhost:${gateway.port}`
    await measure(rows, `claimgate, ${client}`, '413', { client, host, port: gateway.port, path: '/open' })
    await measure(rows, `nginx-unbuffered, ${client}`, '413', {
      client,
      host: 'localhost',
      port: nginx.port,
      path: '/open',
    })
  }
  console.log('413 by the app, which closes at once')
  console.table(rows)
  await nginx.stop()
  await gateway.stop()
  await app.stop()
}

if (half !== 'app') await refusedByTheGateway()
if (half !== 'gateway') await refusedByTheApp()
