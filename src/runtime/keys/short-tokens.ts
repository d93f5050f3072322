import type { HeaderLookup } from '../../core/credential/lookup.ts'
import type { Presented } from '../../core/credential/presented.ts'
import { invalidRequest, type TokenAsker, type TokenGrant } from '../../core/credential/token-grant.ts'
import { tokenUses } from '../../core/credential/token-uses.ts'
import type { Gateway, Origin } from '../../core/gateway.ts'
import type { PresentedKey } from '../../core/keys/key-form.ts'
import { hasKeyOrigin } from '../../core/keys/key-origins.ts'
import { hashKeySecret } from '../../core/keys/key-secret.ts'
import { openShortToken, type ShortToken, sealShortToken } from '../../core/keys/short-token.ts'
import { longestTokenSeconds } from '../../core/keys/token-judgement.ts'
import { hasScopes } from '../../core/keys/widget.ts'
import { remembered } from '../../core/limits/remembered.ts'
import { limits } from '../../core/limits/table.ts'
import type { Awaitable } from '../../core/ports.ts'
import type { KeyRing, Random } from '../../core/session/seal.ts'
import type { EpochSeconds } from '../../core/session/session.ts'
import { settle } from '../settle.ts'
import type { AskedAt, AskedKey, TokenPresentedAt } from './key-verification.ts'
import type { Keys } from './keys.ts'

/** Short tokens of ours: given for a key, and verified at each use. */
export interface ShortTokens {
  /** Who a token is, and whether it opens this. Throws, or rejects with, a StoreFault as `Keys.verify` does. */
  verify(
    presented: Extract<Presented, { kind: 'short-token' }>,
    use: TokenPresentedAt,
  ): Awaitable<HeaderLookup>
  /** A token for a key's id and secret. Throws, or rejects with, a StoreFault. */
  give(pair: PresentedKey, wish: KeyTokenWish): Awaitable<TokenGrant>
}

/** What is asked for with a key. */
export interface KeyTokenWish extends Omit<AskedAt, 'apps'> {
  /** That of ours at which it is asked for. */
  readonly origin: Origin
  /** Null: those of the key. */
  readonly scopes: readonly string[] | null
  /** Null: as long as may be. */
  readonly lifetimeSeconds: number | null
  /** For a page of another origin; null: for whoever has the key. */
  readonly widget: { readonly origin: string; readonly endUser: string | null } | null
}

export interface ShortTokensSetup {
  readonly gateway: Pick<Gateway, 'apiKeys' | 'hosts' | 'providers'>
  /** Null: there are none. */
  readonly keys: Pick<Keys, 'verifyToken' | 'verifyForToken'> | null
  /** The first secret seals, all open. */
  readonly ring: KeyRing
  readonly random: Random
}

export function createShortTokens({ gateway, keys, ring, random }: ShortTokensSetup): ShortTokens {
  const { apiKeys } = gateway
  // What a token says never changes, and to open one costs more than all else that is asked of it. What it opens is
  // judged at each use.
  const opened = remembered((text: string) => openShortToken(text, ring), {
    ...{ most: limits.rememberedShortTokens, longest: limits.shortTokenBytes },
  })

  function give(pair: PresentedKey, wish: KeyTokenWish): Awaitable<TokenGrant> {
    const of = wish.widget === null ? 'api_key' : 'widget'
    if (keys === null || apiKeys === null) return nothingHere
    const uses = tokenUses(gateway, wish.origin)
    const apps = of === 'widget' ? uses.ofWidgets : uses.ofKeys
    // Whatever the key is: nothing is told of it.
    if (apps.length === 0) return of === 'widget' ? noWidgetsHere : nothingHere
    const mostSeconds = longestTokenSeconds(of, apiKeys)
    if ((wish.lifetimeSeconds ?? 0) > mostSeconds)
      return invalidRequest('invalid_request', `lifetime is more than ${mostSeconds} seconds`)
    const answered = (asked: AskedKey) => grant(asked, pair, wish, mostSeconds)
    return settle(() => keys.verifyForToken(pair, { ...wish, apps }), answered, rethrow)
  }

  function grant(
    { lookup, key }: AskedKey,
    { secret }: PresentedKey,
    { origin, scopes, lifetimeSeconds, widget, now }: KeyTokenWish,
    mostSeconds: number,
  ): TokenGrant {
    if (lookup.kind !== 'identified' || key === null) return refusal(lookup)
    const by: TokenAsker = { credential: 'api_key', principal: lookup.principal }
    const around = { hosts: gateway.hosts, selfService: apiKeys?.selfService ?? null }
    if (widget !== null && !hasKeyOrigin(key, widget.origin, around))
      return invalidRequest('invalid_request', 'origin is none of the origins of the key', by)
    // A widget's token has them where it has the claim.
    const has = widget === null || hasScopes(apiKeys?.widgetClaims ?? []) ? lookup.scopes : []
    if (scopes !== null && !scopes.every((one) => has.includes(one)))
      return invalidRequest('invalid_scope', 'scope has more than the claim scope of the key', by)
    const endsAt = endOf(now + (lifetimeSeconds ?? mostSeconds), lookup.endsAt)
    const token: ShortToken = {
      of: widget === null ? 'api_key' : 'widget',
      ...{ keyId: key.id, secretHash: hashKeySecret(secret), at: origin.origin },
      ...{ issuedAt: now, endsAt, scopes },
      ...{ origin: widget?.origin ?? null, endUser: widget?.endUser ?? null },
    }
    const accessToken = sealIfShort(token)
    if (accessToken === null)
      return invalidRequest('invalid_request', 'what is asked for is too long for a token', by)
    const granted = scopes ?? (has.length === 0 ? null : has)
    const expiresInSeconds = endsAt - now
    return { kind: 'granted', accessToken, expiresInSeconds, scopes: granted, refreshToken: null, by }
  }

  function sealIfShort(token: ShortToken): string | null {
    try {
      return sealShortToken(token, ring, random)
    } catch (thrown) {
      if (thrown instanceof RangeError) return null
      throw thrown
    }
  }

  return {
    give,
    verify(presented, use) {
      const token = opened(presented.token)
      // Nothing was looked up and nobody can guess one: it does not count against the network.
      if (keys === null || token === null) return notOurs
      return keys.verifyToken(token, use)
    },
  }
}

const notOurs: HeaderLookup = { kind: 'refused', why: 'token-invalid', detail: 'no secret of ours opens it' }

const nothingHere = invalidRequest('unauthorized_client', 'tokens of keys open nothing at this address')
const noWidgetsHere = invalidRequest('unauthorized_client', 'tokens of widgets open nothing at this address')

function endOf(wanted: EpochSeconds, ofKey: EpochSeconds | null): EpochSeconds {
  return ofKey === null ? wanted : Math.min(wanted, ofKey)
}

function rethrow(thrown: unknown): never {
  throw thrown
}

/** What whoever has the right secret is told of the key; to anybody else there is one answer. */
function refusal(lookup: HeaderLookup): TokenGrant {
  switch (lookup.kind) {
    case 'throttled':
      return lookup
    case 'identified':
      throw new Error('a key that was identified and is not there')
    case 'insufficient':
      return {
        ...{ kind: 'refused', error: 'unauthorized_client', says: 'the key is not for this address' },
        ...{ why: lookup.why, detail: lookup.detail, by: ofKey },
      }
    case 'refused':
      return {
        ...{ kind: 'refused', error: 'invalid_client', says: sentences[lookup.why] ?? wrongPair },
        ...{ why: lookup.why, detail: lookup.detail, by: ofKey },
      }
  }
}

const ofKey: TokenAsker = { credential: 'api_key', principal: null }

const wrongPair = 'the id or the secret is wrong'

const sentences: Readonly<Partial<Record<string, string>>> = {
  'key-revoked': 'the key was revoked',
  'key-over': 'the key or this secret of it has ended',
  'key-asleep': 'the key sleeps until its owner signs in',
}
