import Fastify, { type FastifyInstance } from 'fastify'
import type { Runtime } from '../../runtime/runtime.ts'
import type { ServerContext } from '../server/context.ts'

/**
 * What the operator's own tools ask, on an address of its own so that no slip in routing shows it to the world:
 * `/livez` (the process answers), `/readyz` (it can do its work, and if not, what is missing), `/metrics`.
 * A provider that is down does not make the gateway unready: open locations and live sessions go on.
 */
export function createAdmin(
  { editions, metrics, log }: ServerContext,
  draining: () => boolean,
): FastifyInstance {
  const admin = Fastify({ logger: false, exposeHeadRoutes: true })
  admin.get('/livez', async (_request, reply) => reply.type('text/plain').send('ok\n'))
  admin.get('/readyz', async (_request, reply) => {
    const readiness = await readReadiness(editions.current(), draining())
    return reply.code(readiness.ready ? 200 : 503).send(readiness)
  })
  admin.get('/metrics', async (_request, reply) =>
    reply
      .type('text/plain; version=0.0.4; charset=utf-8')
      .send(await metrics.text(editions.current().providers, log)),
  )
  return admin
}

export interface Readiness {
  readonly ready: boolean
  readonly store: 'ok' | 'unavailable'
  readonly draining: boolean
  readonly providers: Readonly<Record<string, 'ready' | 'pending' | 'failed'>>
}

/** What `/readyz` and `claimgate health` answer. Names of providers and states only: no address, no error text. */
export async function readReadiness(runtime: Runtime, draining: boolean): Promise<Readiness> {
  let store: Readiness['store'] = 'ok'
  try {
    await runtime.store.check()
  } catch {
    store = 'unavailable'
  }
  const providers = Object.fromEntries(
    [...runtime.providers].map(([name, provider]) => [name, provider.status().kind]),
  )
  return { ready: store === 'ok' && !draining, store, draining, providers }
}
