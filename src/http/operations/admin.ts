import Fastify, { type FastifyInstance } from 'fastify'
import type { OperatorAnswers } from './answers.ts'

/**
 * What the operator's own tools ask, on an address of its own so that no slip in routing shows it to the world:
 * `/livez` (the process answers), `/readyz` (it can do its work, and if not, what is missing), `/metrics`.
 */
export function createAdmin(answers: OperatorAnswers): FastifyInstance {
  const admin = Fastify({ logger: false, exposeHeadRoutes: true })
  admin.get('/livez', async (_request, reply) => reply.type('text/plain').send('ok\n'))
  admin.get('/readyz', async (_request, reply) => {
    const readiness = await answers.readiness()
    return reply.code(readiness.ready ? 200 : 503).send(readiness)
  })
  admin.get('/metrics', async (_request, reply) =>
    reply.type('text/plain; version=0.0.4; charset=utf-8').send(await answers.metrics()),
  )
  return admin
}
