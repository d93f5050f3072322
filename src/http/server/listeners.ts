import type { Gateway } from '../../core/gateway.ts'
import { adminTls, createAdmin } from '../operations/admin.ts'
import { openHealthSocket } from '../operations/health-socket.ts'
import { keysOfGateway } from '../operations/keys/keys-of-gateway.ts'
import type { ServerContext } from './context.ts'
import type { Front } from './front.ts'
import { placeOf, portOf } from './listening.ts'
import { useCertificates } from './tls.ts'

/** Everything of a gateway that listens. */
export interface Listeners {
  listen(gateway: Gateway): Promise<void>
  /** The ports that were really taken, where the file says 0. */
  ports(gateway: Gateway): { readonly ports: readonly number[]; readonly adminPort: number | null }
  /** No new connections; requests in flight may finish within the time, then all editions and the store are closed. */
  close(graceMs: number): Promise<void>
}

/** The front, and what answers the operator's tools about it. */
export function openListeners({ editions, log }: ServerContext, front: Front): Listeners {
  const { answers } = front
  const admin = createAdmin(answers, editions.current().gateway.admin, keysOfGateway({ editions, log }))
  editions.subscribe('admin', ({ gateway }) => useCertificates(admin.server, adminTls(gateway.admin)))
  const health = openHealthSocket(editions, answers)
  return {
    listen: async (gateway) => {
      if (gateway.admin !== null) await admin.listen(placeOf(gateway.admin))
      await front.listen(gateway)
      // Last: with the port taken by a gateway that runs, its socket must stay where `claimgate health` finds it.
      const reasons = await health.listen()
      if (reasons !== null) {
        const warning = `\`claimgate health\` will find no socket of this gateway: ${reasons}`
        log.event('warn', 'health.unavailable', { warning })
      }
    },
    ports: (gateway) => ({
      ports: front.ports(gateway),
      adminPort: gateway.admin === null ? null : portOf(admin.server.address(), gateway.admin),
    }),
    close: async (graceMs) => {
      await front.close(graceMs)
      await Promise.all([admin.close(), health.close()])
      await editions.close()
    },
  }
}
