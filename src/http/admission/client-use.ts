import type { IncomingMessage } from 'node:http'
import type { Origin } from '../../core/gateway.ts'
import { touchIntervalSeconds } from '../../core/session/session.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import { useSession } from './session-lookup.ts'

/**
 * What a client sends through a WebSocket, or as a body, is use of its session, as a request is: counted once a minute,
 * or as often as the idle timeout needs it. The returned function is called for each piece of it. `current` is the
 * runtime in force: lifetimes may have changed since the handshake. `report` hears of a store that does not answer.
 */
export function countClientUse(
  current: () => Runtime,
  request: IncomingMessage,
  origin: Origin,
  report: (thrown: unknown) => void,
): () => void {
  let countedAt = current().clock.now()
  return () => {
    const runtime = current()
    const now = runtime.clock.now()
    if (now - countedAt < touchIntervalSeconds(origin.idleTimeoutSeconds)) return
    countedAt = now
    const present = runtime.gateway.hosts.get(origin.host)
    // An origin that is gone has ended its WebSockets.
    if (present === undefined) return
    Promise.try(() => useSession(runtime, present, request.headers)).catch(report)
  }
}
