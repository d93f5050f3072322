// Requests to gunicorn at the moments when it closes idle connections: two to three seconds after the last one. The
// gateway is told to keep them longer, which is wrong, so that it meets their ends.
import http from 'node:http'
import { setTimeout } from 'node:timers/promises'
import { randomFrom } from './abort-fuzz.ts'
import { startFlask } from './flask.ts'
import { startTestGateway } from './gateway.ts'

export interface StaleRun {
  /** `sync` closes after each answer; `gthread` keeps idle connections for two seconds, and looks once a second. */
  readonly worker: 'sync' | 'gthread'
  /** Of `timeouts`: a value, or nothing for the default. */
  readonly keepAlive: string | null
  readonly method: 'GET' | 'POST'
  readonly clients: number
  readonly rounds: number
  readonly seed: number
}

/** How many answers had which status. */
export type Statuses = Readonly<Record<number, number>>

export async function meetIdleEnds(run: StaleRun): Promise<Statuses> {
  const worker = run.worker === 'sync' ? ['-k', 'sync'] : ['-k', 'gthread', '--threads', '64']
  const folder = new URL('.', import.meta.url)
  const flask = await startFlask({ folder, app: 'path_echo:app', env: {} }, [...worker, '--keep-alive', '2'])
  const gateway = await startTestGateway({
    yaml: ({ url }) => `
providers: { op: { issuer: "http://localhost:9", client_id: a, client_secret: b } }
apps:
  app:
    url: ${url}
    upstream: ${flask.origin}
    shared_secret: a-shared-secret-of-thirty-two-bytes-and-more
    require: anyone
    ${run.keepAlive === null ? '' : `timeouts: { keep_alive: ${run.keepAlive} }`}
`,
  })
  const agent = new http.Agent({ keepAlive: true })
  const random = randomFrom(run.seed)
  const statuses: Record<number, number> = {}
  const client = async (): Promise<void> => {
    for (let round = 0; round < run.rounds; round++) {
      const status = await ask(`${gateway.url}/public/x`, run.method, agent)
      statuses[status] = (statuses[status] ?? 0) + 1
      // The app's own time, which nobody can set: idle connections end within it.
      if (round + 1 < run.rounds) await setTimeout(1_900 + random() * 1_200)
    }
  }
  try {
    await Promise.all(Array.from({ length: run.clients }, client))
    return statuses
  } finally {
    agent.destroy()
    await gateway.close()
    await flask.stop()
  }
}

function ask(address: string, method: string, agent: http.Agent): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = http.request(address, { method, agent }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode ?? 0))
    })
    request.on('error', reject).end()
  })
}
