// What an identity assertion costs a request, in CPU of this process: one that is used again, one that is made, and one
// that is found by what it says. `node bench/assertions.ts`; beside them what jose would take to sign the same.
import { generateKeyPairSync } from 'node:crypto'
import { importPKCS8, SignJWT } from 'jose'
import { readSigningKey } from '../src/config/signing-key.ts'
import type { App } from '../src/core/gateway.ts'
import type { Principal } from '../src/core/principal.ts'
import { createAssertions } from '../src/runtime/assertions.ts'

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
const read = readSigningKey(pem)
if (!read.ok) throw new Error(read.message)

const identityAssertion = {
  ...{ header: 'X-Claimgate-Assertion', issuer: 'https://wiki.example.com/.auth/assertion' },
  ...{ audience: 'https://wiki.example.com', claims: ['email', 'groups'], lifetimeSeconds: 60 },
}
// Just so much of an app as an assertion depends on.
const parts: Partial<App> = { name: 'wiki', identityAssertion }
const app = parts as App
const assertions = createAssertions({ apps: [app], keys: [read.key], clock: { now: () => 1_800_000_000 } })
const ada: Principal = {
  ...{ user: 'ada', provider: 'acme' },
  claims: { email: 'ada@example.com', groups: Array.from({ length: 20 }, (_, at) => `group-${at}`) },
}
const program: Principal = { ...ada, by: { kind: 'widget', id: 'k', name: 'n', endUser: null } }

async function measure(name: string, rounds: number, one: () => unknown): Promise<void> {
  for (let at = 0; at < rounds / 10; at++) await one()
  const began = process.cpuUsage()
  for (let at = 0; at < rounds; at++) {
    const made = one()
    if (made instanceof Promise) await made
  }
  const { user, system } = process.cpuUsage(began)
  console.log(`${name.padEnd(44)}${((user + system) / rounds).toFixed(2).padStart(8)} µs`)
}

await measure('used again: a session', 1_000_000, () => assertions.line(app, ada))
await measure('used again: a token that was narrowed', 200_000, () => assertions.line(app, { ...program }))
await measure('made: another session', 20_000, () => assertions.line(app, { ...ada }))
const key = await importPKCS8(pem, 'ES256')
await measure('jose, the signature and its claims alone', 5_000, () =>
  new SignJWT({ ...ada.claims }).setProtectedHeader({ alg: 'ES256', kid: read.key.kid }).sign(key),
)
