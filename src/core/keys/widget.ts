import { limits } from '../limits/table.ts'
import type { EpochSeconds } from '../session/session.ts'

/** When a token of a widget opens nothing any more, whatever else it says of its end. */
export function widgetEndsAt(token: {
  readonly issuedAt: EpochSeconds
  readonly endsAt: EpochSeconds
}): EpochSeconds {
  return Math.min(token.endsAt, token.issuedAt + limits.widgetTokenSeconds)
}
