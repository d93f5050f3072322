import { isFault, ProviderFault } from '../../core/fault.ts'
import type { Renewal } from '../../core/provider-port.ts'
import type { EpochSeconds, Session, SessionKey } from '../../core/session/session.ts'
import type { Came, Verdict } from './came.ts'
import { followOther } from './following.ts'
import { coversAsking, giveBack, type Lease, leaveFor, takeLease } from './lease.ts'
import type { RenewalParts, Respondent } from './parts.ts'
import { keepRenewed } from './storing.ts'

/**
 * Asks the provider for one session, by one process of all: what another one has learnt meanwhile is used, and nobody
 * is asked twice. `needs` says whether a record is older than it may be. Rejects with a StoreFault when nothing was asked
 * yet.
 */
export async function renewSession(
  parts: RenewalParts,
  respondent: Respondent,
  key: SessionKey,
  needs: (record: Session) => boolean,
): Promise<Came> {
  const before = await readRecord(parts, key)
  if (before === null) return { kind: 'gone' }
  if (!needs(before)) return { kind: 'adopted', session: before }
  const first = await withLease(parts, respondent, key, needs)
  // A lease that was lost is taken once more.
  const came = first === 'lease-lost' ? await withLease(parts, respondent, key, needs) : first
  return came === null || came === 'lease-lost' ? followOther(parts, key, needs) : came
}

/** Null: another process asks. `lease-lost`: with it the right to ask. */
async function withLease(
  parts: RenewalParts,
  respondent: Respondent,
  key: SessionKey,
  needs: (record: Session) => boolean,
): Promise<Came | 'lease-lost' | null> {
  const lease = await takeLease(parts, key)
  if (lease === null) return null
  const record = await readRecord(parts, key)
  const came =
    record === null || !needs(record)
      ? known(record)
      : await askInTime(parts, respondent, lease, record, needs)
  if (came === 'lease-lost') await giveBack(parts, lease)
  else if (came?.kind === 'unanswered') leaveFor(parts, lease)
  else if (came !== null) void giveBack(parts, lease)
  return came
}

/** A process that was frozen meanwhile sends nothing: another one may have sent the same. */
function askInTime(
  parts: RenewalParts,
  respondent: Respondent,
  lease: Lease,
  record: Session,
  needs: (record: Session) => boolean,
): Promise<Came | 'lease-lost' | null> | 'lease-lost' {
  return coversAsking(parts, lease) ? ask(parts, respondent, lease, record, needs) : 'lease-lost'
}

function known(record: Session | null): Came {
  return record === null ? { kind: 'gone' } : { kind: 'adopted', session: record }
}

/** Null: the lease was over before the answer was kept, and another process asks by now. */
async function ask(
  parts: RenewalParts,
  respondent: Respondent,
  lease: Lease,
  record: Session,
  needs: (record: Session) => boolean,
): Promise<Came | 'lease-lost' | null> {
  let answer: Answer | 'newer' | null
  try {
    answer = await question(parts, respondent, record)
  } catch (thrown) {
    // Of many sessions at once each has its turn: that it did not come yet says nothing of the provider.
    const isBusy = isFault(thrown) && thrown.code === 'PROVIDER_BUSY'
    return { kind: 'unanswered', thrown, asked: isBusy ? null : record }
  }
  if (answer === null) return { kind: 'gone' }
  if (answer === 'newer') return 'lease-lost'
  const { asked, said } = answer
  const { lifetimes } = respondent
  const keep = async (next: Session): Promise<Came | null> => {
    const kept = await keepRenewed(parts, { lease, asked, needs, lifetimes }, next)
    return kept !== null && 'verdict' in kept ? endBy(parts, asked, kept.verdict) : kept
  }
  switch (said.kind) {
    case 'renewed':
      return said.identity.user === asked.user
        ? keep(withAnswer(asked, said.identity, answer.at))
        : endBy(parts, asked, { why: 'user-differs', message: otherUser, tokens: said.identity.tokens })
    case 'ended':
      return endBy(parts, asked, said)
    case 'insufficient':
      return endBy(parts, asked, { ...said, why: 'insufficient' })
    case 'unanswered': {
      const came = await keep({ ...asked, tokens: said.tokens })
      if (came?.kind !== 'renewed' || !needs(came.session)) return came
      const thrown = new ProviderFault('PROVIDER_UNREACHABLE', said.message)
      return { kind: 'unanswered', thrown, asked: came.session }
    }
  }
}

const otherUser = 'the same subject has another user id now: sessions of the former one end'

function withAnswer(
  session: Session,
  { claims, idToken, scopes, tokens }: Extract<Renewal, { kind: 'renewed' }>['identity'],
  checkedAt: EpochSeconds,
): Session {
  return { ...session, claims, idToken, scopes, tokens, checkedAt }
}

interface Answer {
  /** The record that was asked with. */
  readonly asked: Session
  readonly said: Renewal
  /** When it was asked: what it said may be as old as that, however long the answer took. */
  readonly at: EpochSeconds
}

/**
 * Where the grant is refused, the record is read once more. `newer`: it holds another refresh token, whose process has the
 * lease by now: only under a lease of ours may that one be sent. Null: the session has ended meanwhile.
 */
async function question(
  parts: RenewalParts,
  { provider, usedClaims }: Respondent,
  record: Session,
): Promise<Answer | 'newer' | null> {
  const at = parts.clock.now()
  const said = await provider.renew(record, at, usedClaims)
  if (said.kind !== 'ended' || said.why !== 'grant-refused') return { asked: record, said, at }
  const again = await readRecord(parts, record.key)
  if (again === null) return null
  return again.tokens.refresh === record.tokens.refresh ? { asked: again, said, at } : 'newer'
}

async function endBy(
  parts: RenewalParts,
  session: Session,
  { why, message, tokens }: Verdict,
): Promise<Came> {
  await parts.end(session)
  if (tokens !== null) parts.revoke({ ...session, tokens })
  return { kind: 'ended', session, why, message }
}

/** Null: there is none, or none that counts. */
async function readRecord({ store, isEnding }: RenewalParts, key: SessionKey): Promise<Session | null> {
  const record = await store.load(key)
  return record === null || isEnding(key) ? null : record
}
