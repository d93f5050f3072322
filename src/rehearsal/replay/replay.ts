import { type OnStep, untold } from '../../core/step.ts'
import { readLogLine } from './logged-request.ts'
import { type ReplaySetup, replayRequest } from './outcome.ts'
import { openSummary, type ReplaySummary } from './summary.ts'

/** Asks every request of a log again, line by line, whatever its length. Throws what the lines throw. */
export async function replayLog(
  lines: AsyncIterable<string>,
  setup: ReplaySetup,
  onStep: OnStep = untold,
): Promise<ReplaySummary> {
  const summary = openSummary()
  let done = 0
  for await (const text of lines) {
    onStep(done, null)
    done += 1
    if (text.trim() === '') continue
    const line = readLogLine(text)
    if (line.kind === 'request') summary.add(line.request, replayRequest(setup, line.request))
    else summary.skip(line.kind === 'other' ? 'others' : 'byMore')
  }
  return summary.close()
}
