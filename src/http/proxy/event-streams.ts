import type { IncomingMessage } from 'node:http'
import type { Runtime } from '../../runtime/runtime.ts'
import { type Admission, sessionOf, upstreamOf } from '../admission/admission.ts'
import { admitAgain, type JudgeAll, judgingInPieces, leadsTo } from '../admission/again.ts'
import type { RequestFacts } from '../admission/request-facts.ts'

/**
 * Answers of server-sent events that are under way. They last as WebSockets do, and end as those: within a second
 * after the session, when a new configuration would not let them in, and when the gateway stops: the browser then asks
 * again, and another process may answer. Every other answer comes to its own end.
 */
export class OpenEventStreams {
  readonly #open = new Map<IncomingMessage, { readonly admission: Admission; readonly end: () => void }>()
  readonly #judgeAll: JudgeAll<IncomingMessage>
  #closing = false

  constructor(judgeAll: JudgeAll<IncomingMessage> = judgingInPieces()) {
    this.#judgeAll = judgeAll
  }

  /** `end` is called once at most, not after the returned function was, and before it returns while the gateway stops. */
  add({ sessions }: Runtime, request: IncomingMessage, admission: Admission, end: () => void): () => void {
    const ofSession = sessionOf(admission)
    const endOnce = (): void => {
      if (this.#open.delete(request)) end()
    }
    this.#open.set(request, { admission, end: endOnce })
    const unwatch = ofSession === null ? null : sessions.onEnd(ofSession.session, ofSession.origin, endOnce)
    if (this.#closing) endOnce()
    return () => {
      this.#open.delete(request)
      unwatch?.()
    }
  }

  /** A configuration came into force: what it would not let in ends, and what would lead elsewhere begins anew. */
  judgeAgain(next: Runtime): Promise<void> {
    return this.#judgeAll(this.#open.keys(), (request) => this.judge(next, request))
  }

  judge(next: Runtime, request: IncomingMessage): void {
    const found = this.#open.get(request)
    if (found === undefined) return
    const { admission, end } = found
    stays(next, request, admission).then((yes) => yes || end(), end)
  }

  /** The gateway stops: what is open ends, and what begins from now on ends at once. */
  closeAll(): void {
    this.#closing = true
    for (const { end } of this.#open.values()) end()
  }
}

async function stays(next: Runtime, request: IncomingMessage, admission: Admission): Promise<boolean> {
  const now = await admitAgain(next, factsOf(request, admission))
  return now.decision.kind === 'allow' && leadsTo(upstreamOf(now), upstreamOf(admission))
}

/** The request line is not the client's any more: see `handOver`. */
function factsOf(request: IncomingMessage, { method, target }: Admission): RequestFacts {
  const { httpVersion, headers, rawHeaders, socket } = request
  const url = target === null ? '' : target.path + target.query
  return { method, url, httpVersion, headers, rawHeaders, socket }
}
