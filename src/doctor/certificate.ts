import { certificateEndText, certificateState } from '../core/certificate.ts'
import type { EpochSeconds } from '../core/session/session.ts'
import type { Finding, FindingsOf } from './finding.ts'

/** What is to be said of the end of a certificate; `whose` begins the sentence. */
export function certificateFinding(
  say: FindingsOf,
  whose: string,
  endsAt: EpochSeconds,
  now: EpochSeconds,
): Finding {
  const saw = `${whose} ${certificateEndText(endsAt, now)}`
  switch (certificateState(endsAt, now)) {
    case 'ended':
      return say.failed('certificate', saw, 'Renew it.')
    case 'ends-soon':
      return say.warning('certificate', saw, 'Renew it before.')
    case 'good':
      return say.ok('certificate', saw)
  }
}
