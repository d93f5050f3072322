import { isFault, ProviderFault, StoreFault } from '../../core/fault.ts'
import type { Session, SessionKey } from '../../core/session/session.ts'
import type { Came, Unanswered } from './came.ts'
import type { EndedWhy, RenewalEvent } from './event.ts'
import type { RenewableSession, RenewalOutcome } from './outcome.ts'

/** What follows in this process from what a renewal came to. */
export interface ConclusionParts {
  /** What is remembered of the session follows: this rests now. */
  readonly renewed: (session: Session) => void
  /** It is not in the store any more. */
  readonly gone: (key: SessionKey) => void
  /** Ends it here at once, and in the store as soon as that does it. Never rejects. */
  readonly end: (session: Session) => Promise<void>
  readonly note: (event: RenewalEvent) => void
  /** Hears of faults of the store, and of our own. */
  readonly report: (thrown: unknown) => void
  /** Whether the session has gone on without an answer for as long as it may. */
  readonly isOver: (session: RenewableSession) => boolean
  readonly beginPause: (session: RenewableSession) => void
  readonly endPause: (key: SessionKey) => void
}

/** Rejects with a StoreFault where the session goes on no longer without an answer, and the store gave none. */
export async function concludeRenewal(
  parts: ConclusionParts,
  {
    session,
    provider,
    ms,
  }: { readonly session: RenewableSession; readonly provider: string; readonly ms: number },
  came: Came,
): Promise<RenewalOutcome> {
  if (came.kind === 'unanswered') return withoutAnswer(parts, session, provider, came)
  parts.endPause(session.key)
  switch (came.kind) {
    case 'renewed':
      parts.note({ kind: 'renewed', provider, session: came.session, ms })
      parts.renewed(came.session)
      return { kind: 'live', session: came.session }
    case 'adopted':
      parts.renewed(came.session)
      return { kind: 'live', session: came.session }
    case 'gone':
      parts.gone(session.key)
      return { kind: 'ended', why: 'session-ended' }
    case 'ended': {
      const { why, message } = came
      parts.note({ kind: 'ended', provider, session: came.session, why, message })
      return { kind: 'ended', why: reasonOf(why) }
    }
  }
}

/** Whoever does not answer ends nothing, until the time is over that the configuration gives it. */
async function withoutAnswer(
  parts: ConclusionParts,
  session: RenewableSession,
  provider: string,
  { thrown, asked }: Unanswered,
): Promise<RenewalOutcome> {
  const isProviders = asked !== null && isFault(thrown)
  if (isProviders || thrown instanceof ProviderFault)
    parts.note({ kind: 'unanswered', provider, fault: thrown })
  else if (thrown !== null) parts.report(thrown)
  // It may hold tokens that came before the provider fell silent.
  if (asked !== null) parts.renewed(asked)
  const isOver = parts.isOver(asked ?? session)
  if (isOver && isProviders) {
    await parts.end(asked)
    parts.endPause(session.key)
    parts.note({ kind: 'ended', provider, session: asked, why: 'unanswered', message: thrown.message })
    return recheckDue
  }
  parts.beginPause(session)
  if (isOver && thrown instanceof StoreFault) throw thrown
  return isOver ? recheckDue : unanswered
}

/** The word for requests: what the provider has said, or that it has not said enough. */
function reasonOf(why: EndedWhy): 'session-ended-by-provider' | 'session-recheck-due' {
  switch (why) {
    case 'grant-refused':
    case 'subject-differs':
    case 'token-invalid':
    case 'userinfo-refused':
    case 'user-differs':
      return 'session-ended-by-provider'
    case 'insufficient':
    case 'unanswered':
    case 'not-stored':
      return 'session-recheck-due'
  }
}

export const unanswered: RenewalOutcome = { kind: 'unanswered' }
export const recheckDue: RenewalOutcome = { kind: 'ended', why: 'session-recheck-due' }
