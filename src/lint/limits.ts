import { isLoopback } from '../config/web-address.ts'
import type { Gateway } from '../core/gateway.ts'
import { type Check, foundAt } from './check.ts'

/** Limits that count otherwise than they read. */
export const limitChecks: readonly Check[] = [
  {
    id: 'limit-behind-proxy',
    severity: 'warning',
    finds: 'A limit by `client_ip` where every client has the address of a proxy',
    why: 'A gateway that listens on this machine alone is reached by a proxy. If `trusted_proxies` does not name it, all clients have its address. Nobody can tell them apart, so limits by `client_ip` count them together, a hundredfold.',
    fix: 'Name the proxy in `trusted_proxies`, and let it send `X-Forwarded-For`.',
    example: `listen: 127.0.0.1:8080
trusted_proxies: none
apps:
  api: { limits: [{ per: client_ip, rate: 100/1m }] }`,
    find: (subject) => {
      const { gateway } = subject
      if (gateway.trustedProxies.length > 0 || gateway.trustsSocket || !isReachedByProxy(gateway)) return []
      const names = gateway.apps.flatMap(({ name, fallback, allLocations }) =>
        [fallback, ...allLocations].some(({ limits }) => limits.some(({ per }) => per === 'client_ip'))
          ? [name]
          : [],
      )
      const [first] = names
      if (first === undefined) return []
      const message = `limits by \`client_ip\` of "${first}" count all clients together, a hundredfold`
      return [foundAt(subject, ['trusted_proxies'], message)]
    },
  },
]

/** Nobody else connects to a loopback address or a Unix socket. */
function isReachedByProxy({ listeners }: Pick<Gateway, 'listeners'>): boolean {
  return listeners.every(({ host, socketPath }) => socketPath !== null || isLoopback(host) || host === '::1')
}
