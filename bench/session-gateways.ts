import { spawn } from 'node:child_process'
import { mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../test/support/ports.ts'
import { type Running, stop } from './process.ts'
import { listening, pidOf } from './subjects.ts'

export const storeNames = ['memory', 'sqlite', 'redis', 'cookie'] as const
export type StoreName = (typeof storeNames)[number]

/** A gateway with its sessions in one of the stores. */
export interface SessionGateway extends Running {
  readonly store: StoreName
  readonly host: string
  readonly url: string
  /** Of its configuration, and of its sessions where they are in a file. */
  readonly file: string
  readonly folder: string
}

export interface GatewaySetup {
  readonly store: StoreName
  readonly redisPort: number
  readonly issuer: string
  readonly upstream: string
  readonly workers?: number
  /** The value of `recheck`; nothing is written where it is absent. */
  readonly recheck?: string
}

/** The real process with the rule, the headers and the log that the other parts of the bench measure. */
export async function startSessionGateway(setup: GatewaySetup): Promise<SessionGateway> {
  const folder = mkdtempSync(join(tmpdir(), 'claimgate-bench-'))
  const port = await freePort()
  const host = `localhost:${port}`
  const file = join(folder, 'claimgate.yaml')
  writeFileSync(file, configuration(port, folder, setup))
  const log = openSync(join(folder, 'access.log'), 'w')
  const child = spawn(process.execPath, ['bin/claimgate.js', 'serve', '-c', file], {
    stdio: ['ignore', log, 'inherit'],
    env: { ...process.env, NODE_ENV: 'production' },
  })
  await listening(port)
  return {
    store: setup.store,
    pid: pidOf(child.pid),
    port,
    host,
    url: `http://${host}`,
    file,
    folder,
    stop: async () => {
      await stop(child)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function configuration(port: number, folder: string, setup: GatewaySetup): string {
  const { store, redisPort, issuer, upstream, workers = 1, recheck } = setup
  const asked = recheck === undefined ? '' : `, recheck: ${recheck}`
  // Each gateway has keys of its own: several of them stand on one Redis.
  const prefix = `bench-${port}:`
  const value =
    store === 'redis'
      ? `{ redis: { url: "redis://127.0.0.1:${redisPort}", key_prefix: "${prefix}" } }`
      : store
  return `
listen: "127.0.0.1:${port}"
admin: false
workers: ${workers}
data: ${JSON.stringify(folder)}
log: { subject_key: a-key-of-the-log-of-thirty-two-bytes-or-more }
session: { secret: a-session-secret-of-thirty-two-bytes-or-more, store: ${value} }
providers:
  op: { issuer: "${issuer}", client_id: gateway, client_secret: a-client-secret-of-thirty-two-bytes-or-more${asked} }
apps:
  bench:
    url: http://localhost:${port}
    upstream: ${upstream}
    shared_secret: a-shared-secret-of-thirty-two-bytes-and-more
    require: signed_in
    locations:
      - path: /admin
        require: { organization_id: acme, groups: [admins, ops], email: { domain: acme.example } }
`
}
