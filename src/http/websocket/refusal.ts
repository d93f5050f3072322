import { isFault } from '../../core/fault.ts'
import type { UpstreamUpgrade } from '../../core/ports.ts'
import { carryAdmission } from '../admission/admission.ts'
import { verdictAnswer } from '../admission/verdict-answer.ts'
import { reportFault } from '../operations/report-fault.ts'
import { type Answer, withHeaders } from '../pages/answer.ts'
import { atLocation } from '../pages/at-location.ts'
import { faultAnswer } from '../pages/fault-answer.ts'
import type { Outbound } from '../proxy/outbound.ts'
import type { RequestContext } from '../server/context.ts'
import { clientWentAway } from '../server/request-listener.ts'
import type { GivenUp } from './open-websockets.ts'
import { endWith } from './plain-answer.ts'
import { invalid, note, type Upgrade } from './upgrade.ts'

/** The upstream did not open, or nobody waited any more for that. */
export function failed(context: RequestContext, upgrade: Upgrade, thrown: unknown): void {
  const { admission, client, signal } = upgrade
  const givenUp: GivenUp | null = signal.aborted ? signal.reason : null
  if (givenUp === 'client-gone') {
    note(context, admission, clientWentAway)
    client.destroy()
    return
  }
  if (givenUp === 'gateway-stops') {
    end(context, upgrade, {
      status: 503,
      headers: { 'cache-control': 'no-store', 'retry-after': '5' },
      body: '',
    })
    return
  }
  reportFault(context, isFault(thrown) ? 'upstream.failed' : 'internal.failed', thrown, {
    request_id: admission.requestId,
    app: admission.app?.name,
  })
  end(context, upgrade, faultAnswer({ ...admission, wantsPage: false }, isFault(thrown) ? thrown : null))
}

/** Answers what the admission decided, which is anything but to let it in. Nothing of it reaches the upstream. */
export async function refuse(context: RequestContext, upgrade: Upgrade): Promise<void> {
  const { request, admission } = upgrade
  carryAdmission(request, admission)
  const answer = await verdictAnswer(request)
  const { decision } = admission
  const tooOld = decision.kind === 'reject' && decision.status === 426
  // RFC 6455 section 4.4, RFC 9110 section 15.5.22.
  end(
    context,
    upgrade,
    tooOld ? withHeaders(answer, { upgrade: 'websocket', 'sec-websocket-version': '13' }) : answer,
  )
}

/**
 * RFC 6455 section 4.1: what is not 101 is handled as any answer is. One that refuses nothing and opens nothing is none,
 * nor is one beyond the statuses that there are.
 */
export function passOnRefusal(
  context: RequestContext,
  { client, admission }: Upgrade,
  outbound: Outbound,
  { head, body }: Extract<UpstreamUpgrade, { kind: 'refused' }>,
): void {
  if (head.statusCode < 300 || head.statusCode > 599) {
    throw invalid(outbound, `it answered ${head.statusCode} to a WebSocket handshake`)
  }
  const { statusCode } = head
  const { reasonPhrase, headers } = outbound.toClient(head)
  note(context, admission, client.destroyed ? clientWentAway : statusCode)
  endWith(client, { statusCode, reasonPhrase, headers }, body ?? noBody)
}

const noBody = Buffer.alloc(0)

/** Answers in the gateway's own words. */
function end(context: RequestContext, { request, client, admission }: Upgrade, answer: Answer): void {
  const { status, headers, body } = atLocation(answer, admission, request.headers)
  note(context, admission, client.destroyed ? clientWentAway : status)
  const head = { statusCode: status, reasonPhrase: null, headers: Object.entries(headers).flat() }
  endWith(client, head, Buffer.from(body))
}
