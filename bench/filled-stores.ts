import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { readFromDisk } from '../src/config/files.ts'
import { loadGatewayFromText } from '../src/config/load.ts'
import type { Gateway } from '../src/core/gateway.ts'
import { loadFile } from '../test/support/load.ts'
import { type Mint, openMint, type Person } from '../test/support/mint.ts'
import type { SessionGateway } from './session-gateways.ts'
import type { RedisUnderTest } from './sign-ins.ts'

/** The claims of a person of a company, and an ID token of the usual length. */
const person = (index: number): Person => ({
  user: `person-${index}`,
  claims: {
    sub: `person-${index}`,
    organization_id: 'acme',
    groups: ['staff', 'admins'],
    email: `person-${index}@acme.example`,
    email_verified: true,
    name: `Person ${index}`,
  },
  idToken: 'i'.repeat(900),
})

/** So many sessions, each of another person, written into the gateway's store beside it; their Cookie headers. */
export async function fillStore({ file, host }: SessionGateway, count: number): Promise<readonly string[]> {
  const mint = openMint(loadFile(file).gateway, host)
  try {
    return await mintMany(mint, count)
  } finally {
    await mint.close()
  }
}

async function mintMany(mint: Mint, count: number): Promise<readonly string[]> {
  const cookies: string[] = []
  let begun = 0
  const lane = async (): Promise<void> => {
    while (begun < count) {
      begun += 1
      cookies.push((await mint.session(person(begun))).cookie)
    }
  }
  await Promise.all(Array.from({ length: 32 }, lane))
  return cookies
}

/** What the sessions of a gateway take where they rest. */
export function restingBytes({ store, folder }: SessionGateway, redis: RedisUnderTest): number {
  if (store === 'redis') {
    const info = execFileSync('redis-cli', ['-p', String(redis.port), 'INFO', 'memory'], { encoding: 'utf8' })
    return Number(/^used_memory:(\d+)/m.exec(info)?.[1])
  }
  const files = readdirSync(folder).filter((name) => name.startsWith('sessions.db'))
  return files.reduce((sum, name) => sum + statSync(join(folder, name)).size, 0)
}

/** Of the store in memory: the growth of the heap by one session. */
export async function heapBytesPerSession(count: number): Promise<number> {
  setFlagsFromString('--expose-gc')
  const collect: () => void = runInNewContext('gc')
  const mint = openMint(memoryModel(), 'localhost')
  try {
    await mintMany(mint, 100)
    collect()
    const before = process.memoryUsage().heapUsed
    await mintMany(mint, count)
    collect()
    return (process.memoryUsage().heapUsed - before) / count
  } finally {
    await mint.close()
  }
}

function memoryModel(): Gateway {
  const text = `
session: { secret: a-session-secret-of-thirty-two-bytes-or-more, store: memory }
providers: { op: { issuer: "http://localhost:9", client_id: bench, client_secret: bench } }
apps: { bench: { url: "http://localhost", upstream: "http://127.0.0.1:9", require: signed_in } }
`
  const reader = { file: 'bench.yaml', folder: '/', env: {}, readFile: readFromDisk }
  const loaded = loadGatewayFromText(text, reader)
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.issues))
  return loaded.gateway
}

/** Of the Cookie headers in a file, by the mean. */
export function cookieBytes(file: string): number {
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n')
  return lines.reduce((sum, line) => sum + line.length, 0) / lines.length
}
