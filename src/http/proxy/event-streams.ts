import type { IncomingMessage } from 'node:http'
import type { Runtime } from '../../runtime/runtime.ts'
import { type Admission, upstreamOf } from '../admission/admission.ts'
import { admitAgain, type JudgeAll, judgingInPieces, leadsTo } from '../admission/again.ts'
import { watchCaller } from '../admission/caller-watch.ts'
import type { RequestFacts } from '../admission/request-facts.ts'

/** Ends them; `reason`: of the decision, or of the session that ended. */
type End = (reason?: string) => void

/**
 * Answers of server-sent events that are under way. They last as WebSockets do, and end as those: within a second
 * after the session, when a new configuration would not let them in, and when the gateway stops: the browser then asks
 * again, and another process may answer. Every other answer comes to its own end.
 */
export class OpenEventStreams {
  readonly #open = new Map<IncomingMessage, { readonly admission: Admission; readonly end: End }>()
  readonly #judgeAll: JudgeAll<IncomingMessage>
  #closing = false

  constructor(judgeAll: JudgeAll<IncomingMessage> = judgingInPieces()) {
    this.#judgeAll = judgeAll
  }

  /**
   * `end` is called once at most, not after the returned function was, and before it returns while the gateway stops.
   * `current` is the edition in force: by it they are judged when the session's provider was asked again.
   */
  add(
    runtime: Runtime,
    request: IncomingMessage,
    admission: Admission,
    end: End,
    current: () => Runtime = () => runtime,
  ): () => void {
    const endOnce: End = (reason) => {
      if (this.#open.delete(request)) end(reason)
    }
    this.#open.set(request, { admission, end: endOnce })
    const ended = () => endOnce('session-ended')
    const judge = () => this.judge(current(), request)
    const unwatch = watchCaller(runtime, admission, { ended, judge })
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
    refusal(next, request, admission).then(
      (refused) => refused !== null && end(refused.reason),
      () => end(),
    )
  }

  /** Ends the one of a request, if it is still open. */
  end(request: IncomingMessage): void {
    this.#open.get(request)?.end()
  }

  /** The gateway stops: what is open ends, and what begins from now on ends at once. */
  closeAll(): void {
    this.#closing = true
    for (const { end } of this.#open.values()) end()
  }
}

/** Null: it stays. Without a reason it is let in as before, and leads elsewhere. */
async function refusal(
  next: Runtime,
  request: IncomingMessage,
  admission: Admission,
): Promise<{ readonly reason?: string } | null> {
  const now = await admitAgain(next, factsOf(request, admission))
  if (now.decision.kind !== 'allow') return { reason: now.decision.reason }
  return leadsTo(upstreamOf(now), upstreamOf(admission)) ? null : {}
}

/** The request line is not the client's any more: see `handOver`. */
function factsOf(request: IncomingMessage, { method, target }: Admission): RequestFacts {
  const { httpVersion, headers, rawHeaders, socket } = request
  const url = target === null ? '' : target.path + target.query
  return { method, url, httpVersion, headers, rawHeaders, socket }
}
