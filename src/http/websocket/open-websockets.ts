import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { keyOf } from '../../core/credential/credential.ts'
import type { UpstreamSettings } from '../../core/gateway.ts'
import { limits } from '../../core/limits/table.ts'
import { createUseCount } from '../../core/limits/use-count.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import { type Admission, judgesOf, upstreamOf } from '../admission/admission.ts'
import { admitAgain, type JudgeAll, judgingInPieces, leadsTo } from '../admission/again.ts'
import { closeCodes } from './frames.ts'
import { asProgram, originMayConnect, passWebSockets } from './handshake.ts'
import type { Tunnel } from './tunnel.ts'

/** Why a handshake under way is given up. */
export type GivenUp = 'client-gone' | 'gateway-stops'

/** What a tunnel was opened by: new rules judge it again. */
interface OpenedBy {
  readonly request: IncomingMessage
  readonly upstream: UpstreamSettings
  /** Told why it is about to be closed, where the rules do not let it in any more. */
  readonly onRefused?: (reason: string) => void
}

/** Every WebSocket of the process: being opened, and open. */
export class OpenWebSockets {
  readonly #handshakes = new Set<AbortController>()
  readonly #tunnels = new Map<Tunnel, OpenedBy>()
  readonly #ofSessions = createUseCount(limits.webSockets)
  readonly #judgeAll: JudgeAll<Tunnel>
  #closing = false

  constructor(judgeAll: JudgeAll<Tunnel> = judgingInPieces()) {
    this.#judgeAll = judgeAll
  }

  /** A handshake came. The signal aborts when nobody waits for its outcome any more, with a `GivenUp` as its reason. */
  begin(client: Duplex): AbortSignal {
    const controller = new AbortController()
    const giveUp = (why: GivenUp) => controller.abort(why)
    this.#handshakes.add(controller)
    client.once('close', () => {
      this.#handshakes.delete(controller)
      giveUp('client-gone')
    })
    // Half a WebSocket is of no use (RFC 6455 7.1.1).
    client.once('end', () => giveUp('client-gone'))
    if (this.#closing) giveUp('gateway-stops')
    return controller.signal
  }

  /** Counts it for whoever opens it until the client's socket has closed; false: they have all that they may have. */
  countFor(admission: Pick<Admission, 'session' | 'principal'>, client: Duplex): boolean {
    const key = holderOf(admission)
    if (key === null || client.destroyed) return true
    const holder = { key, hidden: false }
    if (!this.#ofSessions.take(holder)) return false
    client.once('close', () => this.#ofSessions.release(holder))
    return true
  }

  add(tunnel: Tunnel, openedBy: OpenedBy): void {
    this.#tunnels.set(tunnel, openedBy)
    if (this.#closing) tunnel.close(closeCodes.goingAway)
  }

  delete(tunnel: Tunnel): void {
    this.#tunnels.delete(tunnel)
  }

  /** A configuration came into force: whatever it would not open ends, and what would lead elsewhere begins anew. */
  judgeAgain(next: Runtime): Promise<void> {
    return this.#judgeAll(this.#tunnels.keys(), (tunnel) => this.judge(tunnel, next))
  }

  judge(tunnel: Tunnel, next: Runtime): void {
    const openedBy = this.#tunnels.get(tunnel)
    if (openedBy === undefined) return
    verdict(next, openedBy).then(
      (code) => code === null || tunnel.close(code),
      () => tunnel.close(closeCodes.policyViolation),
    )
  }

  /** The gateway goes away: what is open is told so, what is being opened is given up. */
  closeAll(): void {
    this.#closing = true
    const why: GivenUp = 'gateway-stops'
    for (const controller of this.#handshakes) controller.abort(why)
    for (const tunnel of this.#tunnels.keys()) tunnel.close(closeCodes.goingAway)
  }
}

/** A session; a key, whoever uses it; or all tokens, or certificates, of one person. Null: nobody. */
function holderOf({ session, principal }: Pick<Admission, 'session' | 'principal'>): string | null {
  if (session !== null) return session.key
  if (principal?.by === undefined) return null
  const key = keyOf(principal)
  return key === null ? `${principal.by.kind} ${principal.provider} ${principal.user}` : `key ${key.id}`
}

/** With which code it closes; null: it stays. Being asked keeps no session alive. */
async function verdict(next: Runtime, { request, upstream, onRefused }: OpenedBy): Promise<number | null> {
  const admission = await admitAgain(next, asProgram(request))
  const { decision } = admission
  const judges = judgesOf(admission)
  const serves = passWebSockets(judges) && originMayConnect(judges, request.headers.origin, admission.header)
  if (decision.kind !== 'allow' || !serves) {
    onRefused?.(decision.kind === 'allow' ? 'websocket-disabled' : decision.reason)
    return closeCodes.policyViolation
  }
  return leadsTo(upstreamOf(admission), upstream) ? null : closeCodes.serviceRestart
}
