import type { ReplaySummary } from './summary.ts'

/** What became of a log, for programs; the names are those of `claimgate replay --help`. */
export function summaryJson({ requests, byMore, others, places, untold, examples }: ReplaySummary): object {
  return {
    requests,
    left_out: byMore,
    other_lines: others,
    places: [...places].map(([place, counts]) => ({ place, ...counts })),
    untold,
    examples: examples.map(({ request, replayed }) => ({
      request_id: request.requestId,
      method: request.method,
      host: request.host,
      path: request.path,
      subject: request.asker.kind === 'somebody' ? request.asker.subject : null,
      provider: request.asker.kind === 'somebody' ? request.asker.provider : null,
      credential: request.asker.kind === 'somebody' ? request.asker.credential : null,
      key: request.asker.kind === 'somebody' ? request.asker.key : null,
      before: { decision: request.decision, reason: request.reason },
      kind: replayed.kind,
      place: replayed.place,
      after: 'now' in replayed ? replayed.now : null,
    })),
  }
}
