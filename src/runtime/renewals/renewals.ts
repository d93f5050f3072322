import { limits } from '../../core/limits/table.ts'
import type { EpochSeconds, Session, SessionKey } from '../../core/session/session.ts'
import type { Came } from './came.ts'
import { concludeRenewal, recheckDue, unanswered } from './conclusion.ts'
import { createDue, type Need } from './due.ts'
import type { RenewalEvent } from './event.ts'
import { createFlights } from './flights.ts'
import type { RenewableSession, RenewalOutcome } from './outcome.ts'

import type { RenewalParts, Respondent } from './parts.ts'
import { renewSession } from './renewal.ts'
import { createRespondents, type RenewalEdition } from './respondents.ts'
import { createRevocations } from './revocations.ts'
import { pause } from './waiting.ts'

export type { RenewalOutcome } from './outcome.ts'

/** Providers that are asked again for sessions: whether these live, and what is known of their people. */
export interface Renewals {
  /** From when on the session's provider is to be asked again; Infinity: never. Synchronous, asks nobody. */
  dueAt(session: RenewableSession): EpochSeconds
  /**
   * Whether the provider is to be asked before the session is relied on: `dueAt` has come, and it is not in a pause
   * after the provider did not answer.
   */
  isDue(session: RenewableSession): boolean
  /**
   * Asks, once for each session in the whole deployment. Settles within `limits.renewalWaitMs` with what is to be believed; the
   * asking goes on, and its result counts. Rejects with a StoreFault where nobody can tell.
   */
  recheck(session: RenewableSession): Promise<RenewalOutcome>
  /** The same for an access token that has ended, or ends before an app could use it. */
  freshTokens(session: Session): Promise<RenewalOutcome>
  /** RFC 7009, in the background; failures are told. */
  revoke(session: Pick<Session, 'issuer' | 'clientId' | 'tokens'>): void
  /** A new edition of the configuration: it says who is asked, and how often. */
  renew(edition: RenewalEdition): void
  /**
   * Resolves when what is under way has come to its end, and never rejects; null: nothing is. A new refresh token may
   * hang on it.
   */
  underWay(): Promise<unknown> | null
  /** Nothing is asked any more; waits a little for what is under way. */
  close(): Promise<void>
}

export interface RenewalsSetup extends RenewalEdition, Omit<RenewalParts, 'end' | 'revoke'> {
  /** Ends it here at once, and in the store; rejects with a StoreFault, and sees to it later. */
  readonly end: (session: Session) => Promise<unknown>
  /** What is remembered of the session follows: this rests now. */
  readonly renewed: (session: Session) => void
  /** It is not in the store any more. */
  readonly gone: (key: SessionKey) => void
  readonly note: (event: RenewalEvent) => void
  /** Hears of faults of the store, and of our own. */
  readonly report: (thrown: unknown) => void
}

/** How long the end of the process waits for what is under way. */
const closingMs = 2_000

const flightLimits = { waitMs: limits.renewalWaitMs, underWay: limits.renewalsUnderWay }

/** Owns no timer that lasts. */
export function createRenewals(setup: RenewalsSetup): Renewals {
  const { clock, timing, note, report } = setup
  let respondents = createRespondents(setup)
  let closed = false
  const due = createDue(clock, (session) => respondents.settings(session)?.recheck ?? null)
  const flights = createFlights<RenewalOutcome>(timing, flightLimits)
  const revocations = createRevocations({ provider: (id) => respondents.provider(id), note, report })
  const end = (session: Session) => setup.end(session).then(nothing, report)
  const parts: RenewalParts = { ...setup, end, revoke: revocations.revoke }
  const conclusion = { ...setup, ...due, end }
  const goOn = (session: RenewableSession) => (due.isOver(session) ? recheckDue : unanswered)

  async function fly(session: RenewableSession, respondent: Respondent, need: Need): Promise<RenewalOutcome> {
    const beganMs = timing.nowMs()
    const needs = (record: Session) => due.needs(record, need)
    const came = await renewSession(parts, respondent, session.key, needs).catch(nothingAsked)
    const ms = timing.nowMs() - beganMs
    return concludeRenewal(conclusion, { session, provider: respondent.provider.name, ms }, came)
  }

  async function go(session: RenewableSession, need: Need): Promise<RenewalOutcome> {
    const respondent = closed || due.isPaused(session) ? null : respondents.respondent(session)
    if (respondent === null) return goOn(session)
    const outcome = await flights.join(session.key, () => fly(session, respondent, need))
    return typeof outcome === 'string' ? goOn(session) : outcome
  }

  async function renewFor(session: RenewableSession, need: Need): Promise<RenewalOutcome> {
    const outcome = await go(session, need)
    // What was under way was for the other need, and may have found that the provider need not be asked for that.
    const isStale = outcome.kind === 'live' && due.needs(outcome.session, need)
    return isStale ? go(outcome.session, need) : outcome
  }

  return {
    dueAt: due.at,
    isDue: due.isDue,
    recheck: (session) => renewFor(session, 'recheck'),
    freshTokens: async (session) => {
      if (!due.needs(session, 'tokens')) return { kind: 'live', session }
      if (session.tokens.refresh === null) return unanswered
      return renewFor(session, 'tokens')
    },
    revoke: revocations.revoke,
    renew(edition) {
      respondents = createRespondents(edition)
    },
    underWay: flights.underWay,
    async close() {
      closed = true
      const done = Promise.resolve(flights.underWay()).then(revocations.settled)
      await Promise.race([done, pause(timing, closingMs)])
    },
  }
}

function nothingAsked(thrown: unknown): Came {
  return { kind: 'unanswered', thrown, asked: null }
}

function nothing(): void {}
