import { endUserOf, keyOf } from '../credential/credential.ts'
import type { App, Location } from '../gateway.ts'
import { isList, isObject, type Json } from '../json.ts'
import type { Principal } from '../principal.ts'
import { type ClaimPath, type Claims, lookUp, lookUpForRule } from '../rules/claims.ts'
import { type ClientNetwork, mostOf } from './network.ts'
import type { LimitAmount, RequestLimit } from './request-limit.ts'

/** What one request draws from. */
export interface Counter {
  /** Name of its limit. */
  readonly limit: string
  readonly amount: LimitAmount
  /** Tells it from all others. It names people and addresses: what is stored is a hash of it. */
  readonly subject: string
  /** What anybody can make many of, before it is known who asks. */
  readonly ofNetworks: boolean
}

type Place = Pick<Location, 'limits'>
type Named = Pick<App, 'name'>

const none: readonly Counter[] = []

/** Before anybody is looked up: limits by `client_ip`, a hundredfold where networks cannot be told apart. */
export function countersBefore(location: Place, app: Named, network: ClientNetwork): readonly Counter[] {
  if (location.limits.length === 0) return none
  return ratesFirst(
    location.limits.flatMap((limit) => {
      const { amount, per } = limit
      if (per !== 'client_ip' || 'claim' in amount) return []
      const count = mostOf(amount.count, network)
      return [counterOf(limit, app, { ...amount, count }, ['client_ip', network.key])]
    }),
  )
}

/**
 * All others, of a request that is let in, in the order in which they are drawn on. A limit that is about somebody counts
 * nobody where nobody is known. What all share comes last: whoever has no room of their own does not touch it.
 */
export function countersOf(location: Place, app: Named, principal: Principal | null): readonly Counter[] {
  if (location.limits.length === 0) return none
  const countersWhere = (isShared: boolean): readonly Counter[] =>
    ratesFirst(
      location.limits.flatMap((limit) => {
        if ((limit.per === 'app') !== isShared) return []
        const subject = subjectOf(limit, principal)
        return subject === null ? [] : [counterOf(limit, app, amountFor(limit.amount, principal), subject)]
      }),
    )
  return [...countersWhere(false), ...countersWhere(true)]
}

/** Rates are nearer, and what a quota counted is then given back the less often. */
function ratesFirst(counters: readonly Counter[]): readonly Counter[] {
  const isRate = ({ amount }: Counter): boolean => amount.kind === 'rate'
  return [...counters.filter(isRate), ...counters.filter((counter) => !isRate(counter))]
}

function counterOf(
  { name, location }: RequestLimit,
  app: Named,
  amount: LimitAmount,
  subject: readonly (string | number)[],
): Counter {
  return {
    limit: name,
    amount,
    // JSON, so that no value runs into the next.
    subject: JSON.stringify([app.name, location, name, ...subject]),
    ofNetworks: subject[0] === 'client_ip',
  }
}

/** Null: this limit does not count this request. */
function subjectOf({ per }: RequestLimit, principal: Principal | null): readonly (string | number)[] | null {
  if (per === 'client_ip') return null
  if (per === 'app') return ['app']
  if (principal === null) return null
  const { provider, user } = principal
  if (per === 'user') return ['user', provider, user]
  // Both secrets of a key, and all tokens that come of it, have its id.
  if (per === 'key') {
    const key = keyOf(principal)
    return key === null ? null : ['key', key.id]
  }
  const written = writtenByCustomer(principal, per.claim)
  // Another customer may write the same: it counts within the owner's own.
  if (written !== null) return [per.claim, provider, user, written]
  const value = oneValueAt(principal.claims, per.claim)
  // What another provider calls by the same name is not the same.
  return value === null ? ['user', provider, user] : ['claim', provider, value]
}

/** What customers write at their keys and tokens is no claim, whatever claims are called so. Null: it is something else. */
function writtenByCustomer(principal: Principal, claim: ClaimPath): string | null {
  switch (claim) {
    case 'end_user':
      return endUserOf(principal)
    case 'key_name':
      return keyOf(principal)?.name ?? null
    default:
      return null
  }
}

function oneValueAt(claims: Claims, path: ClaimPath): string | number | null {
  const found = lookUp(claims, path)
  if (found.kind !== 'one') return null
  const { value } = found
  return typeof value === 'number' || (typeof value === 'string' && value !== '') ? value : null
}

/** The first plan that the claim is or has; else `otherwise`, also where nobody is known. */
function amountFor(amount: RequestLimit['amount'], principal: Principal | null): LimitAmount {
  if (!('claim' in amount)) return amount
  const plans = principal === null ? [] : textsAt(principal.claims, amount.claim)
  return amount.is.find(([plan]) => plans.includes(plan))?.[1] ?? amount.otherwise
}

function textsAt(claims: Claims, path: ClaimPath): readonly string[] {
  const found = lookUpForRule(claims, path)
  switch (found.kind) {
    case 'missing':
      return []
    case 'one':
      return toText(found.value)
    case 'list':
      return found.elements.flatMap(toText)
  }
}

function toText(value: Json): readonly string[] {
  return value === null || isList(value) || isObject(value) ? [] : [String(value)]
}

/** When the window of an amount that is drawn on now ends. */
export function windowEnd({ kind, windowSeconds }: LimitAmount, now: number): number {
  switch (kind) {
    case 'rate':
      return now + windowSeconds
    case 'quota':
      return (Math.floor(now / windowSeconds) + 1) * windowSeconds
  }
}
