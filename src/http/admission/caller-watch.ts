import { keyOf } from '../../core/credential/credential.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import { type Admission, sessionOf } from './admission.ts'

/** Who holds a long connection, and is told when whoever opened it could not open it now. */
export interface LongConnection {
  /** Its session ended. */
  readonly ended: () => void
  /** What it was let in by may be worth less: it is to be judged again. */
  readonly judge: () => void
}

/** The returned function takes the watch back; null: nobody was identified, and there is nothing to watch. */
export function watchCaller(
  runtime: Pick<Runtime, 'sessions' | 'credentialWatch'>,
  admission: Admission,
  { ended, judge }: LongConnection,
): (() => void) | null {
  const { header, certificateEndsAt, principal } = admission
  if (header !== null) {
    const key = principal === null ? null : (keyOf(principal)?.id ?? null)
    return runtime.credentialWatch.add({ key, endsAt: header.endsAt }, judge)
  }
  if (certificateEndsAt !== null)
    return runtime.credentialWatch.add({ key: null, endsAt: certificateEndsAt }, judge)
  const of = sessionOf(admission)
  return of && runtime.sessions.onEnd(of.session, of.origin, ended, judge)
}
