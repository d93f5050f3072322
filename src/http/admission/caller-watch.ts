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

type Watching = Pick<Runtime, 'sessions' | 'credentialWatch'>

/**
 * The returned function takes the watch back; null: nobody was identified, no certificate was shown, and there is nothing
 * to watch.
 */
export function watchCaller(
  runtime: Watching,
  admission: Admission,
  connection: LongConnection,
): (() => void) | null {
  const unwatch = watchIdentified(runtime, admission, connection)
  const { certificate } = admission
  if (certificate === null) return unwatch
  // Whoever was identified, and by what: a condition may have asked for it.
  const { endsAt } = certificate
  const unwatchCertificate = runtime.credentialWatch.add({ key: null, endsAt }, connection.judge)
  return () => {
    unwatch?.()
    unwatchCertificate()
  }
}

function watchIdentified(
  runtime: Watching,
  admission: Admission,
  { ended, judge }: LongConnection,
): (() => void) | null {
  const { header, principal } = admission
  if (header !== null) {
    const key = principal === null ? null : (keyOf(principal)?.id ?? null)
    return runtime.credentialWatch.add({ key, endsAt: header.endsAt }, judge)
  }
  const of = sessionOf(admission)
  return of && runtime.sessions.onEnd(of.session, of.origin, ended, judge)
}
