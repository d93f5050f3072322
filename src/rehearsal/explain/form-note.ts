import type { Location } from '../../core/gateway.ts'
import { formToKeep } from '../../core/request/form-to-keep.ts'
import type { ProbeResult } from '../../http/admission/probe.ts'

/** What becomes of a form that meets the sign-in, though a program that asks the same is told 401. */
export function formNote(
  { decision, method, origin }: ProbeResult['admission'],
  locations: readonly Location[],
): readonly string[] {
  if (decision.kind !== 'challenge' || origin === null) return []
  const headers = { accept: 'text/html', origin: origin.origin }
  const found = formToKeep({ method, headers, origin: origin.origin, locations })
  if (found.kind !== 'form') return []
  const which = `A form of the app’s own pages, of at most ${found.mostBytes} bytes,`
  return [
    `${which} is kept if the session has ended or is not enough: 303, and it is sent after the sign-in (\`resume: forms\`).`,
  ]
}
