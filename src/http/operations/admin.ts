import http from 'node:http'
import Fastify, { type FastifyInstance } from 'fastify'
import type { AdminSettings } from '../../core/admin-settings.ts'
import { limits } from '../../core/limits/table.ts'
import { createTlsServer, type TlsSettings } from '../server/tls.ts'
import type { OperatorAnswers } from './answers.ts'
import { type KeyAddresses, keyAddresses } from './keys/key-addresses.ts'

/**
 * What the operator's own tools ask, on an address of its own so that no slip in routing shows it to the world:
 * `/livez` (the process answers), `/readyz` (it can do its work, and if not, what is missing), `/metrics`; and, for who has the
 * token of `admin`, `/keys`.
 */
export function createAdmin(
  answers: OperatorAnswers,
  settings: AdminSettings | null,
  keys: KeyAddresses,
): FastifyInstance {
  const tls = adminTls(settings)
  const admin = Fastify({
    logger: false,
    exposeHeadRoutes: true,
    serverFactory: (handler) => {
      const server =
        tls.tls.length > 0 ? createTlsServer(tls, limits, serverOptions) : http.createServer(serverOptions)
      return server.on('request', handler)
    },
  })
  admin.get('/livez', async (_request, reply) => reply.type('text/plain').send('ok\n'))
  admin.get('/readyz', async (_request, reply) => {
    const readiness = await answers.readiness()
    return reply.code(readiness.ready ? 200 : 503).send(readiness)
  })
  admin.get('/metrics', async (_request, reply) =>
    reply.type('text/plain; version=0.0.4; charset=utf-8').send(await answers.metrics()),
  )
  // In a scope of its own: what asks for the token there asks for none here.
  admin.register((scope) => keyAddresses(scope, keys))
  return admin
}

/** No request takes longer to come than a silent connection may last: all of them are small. */
const serverOptions: http.ServerOptions = {
  maxHeaderSize: limits.requestHeaderBytes,
  headersTimeout: limits.silenceMs,
  requestTimeout: limits.silenceMs,
}

/** What the address shows. Clients need no certificate there. */
export function adminTls(settings: AdminSettings | null): TlsSettings {
  return { tls: settings?.tls ?? [], clientCa: null }
}
