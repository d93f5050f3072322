import type { CredentialRefusal, CredentialShortfall, HeaderLookup } from '../../core/credential/lookup.ts'
import type { App } from '../../core/gateway.ts'
import type { ApiKey } from '../../core/keys/api-key.ts'
import { invalidKey, judgeAtOrigin, judgeKey, type KnownKey } from '../../core/keys/judgement.ts'
import type { PresentedKey } from '../../core/keys/key-form.ts'
import { hashKeySecret, matchedSecret, wasReplaced } from '../../core/keys/key-secret.ts'
import type { ShortToken } from '../../core/keys/short-token.ts'
import { faultOfToken, judgeShortToken, type TokenUse } from '../../core/keys/token-judgement.ts'
import type { FailureCount } from '../../core/limits/failures.ts'
import type { ClientNetwork } from '../../core/limits/network.ts'
import type { Awaitable, Clock } from '../../core/ports.ts'
import type { JudgedAddress } from '../../core/rules/requirement.ts'
import type { EpochSeconds } from '../../core/session/session.ts'
import type { KeyFinder } from './key-finder.ts'
import { createKeyLookup, type FoundKey, type KeyGateway } from './key-lookup.ts'

/** What a key is presented for. */
export interface PresentedAt {
  readonly app: Pick<App, 'name' | 'providers'>
  readonly method: string
  readonly client: JudgedAddress
  readonly network: ClientNetwork
  readonly now: EpochSeconds
}

export type TokenPresentedAt = Omit<PresentedAt, 'network'> & Pick<TokenUse, 'at' | 'origin'>

export interface RejectedKey {
  readonly id: string
  readonly name: string
  /** Its owner, as apps see it. */
  readonly user: string
  readonly why: CredentialRefusal | CredentialShortfall
}

/** Who asks for a token with a key, at an origin with these apps. */
export type AskedAt = Pick<PresentedAt, 'client' | 'network' | 'now'> & {
  readonly apps: readonly PresentedAt['app'][]
}

/** `key`: only where its secret was right. */
export interface AskedKey {
  readonly lookup: HeaderLookup
  readonly key: ApiKey | null
}

/** Holds what was presented against the key, and tells of what it refuses. */
export interface KeyVerification {
  /** As `Keys.verify`. */
  verify(key: PresentedKey, use: PresentedAt): Awaitable<HeaderLookup>
  /** As `Keys.verifyToken`. */
  verifyToken(token: ShortToken, use: TokenPresentedAt): Awaitable<HeaderLookup>
  /** As `Keys.verifyForToken`. */
  verifyForToken(key: PresentedKey, asked: AskedAt): Awaitable<AskedKey>
  /** A new edition of the configuration. */
  renew(gateway: KeyGateway): void
}

export interface KeyVerificationSetup {
  readonly gateway: KeyGateway
  readonly finder: KeyFinder
  readonly clock: Pick<Clock, 'monotonicMs'>
  /** Wrong keys and tokens, by network. */
  readonly failures: FailureCount
  /** Hears of a key that was refused though its secret is right. */
  readonly rejected?: ((key: RejectedKey) => void) | undefined
}

export function createKeyVerification(setup: KeyVerificationSetup): KeyVerification {
  const { clock, failures, rejected } = setup
  let { gateway } = setup
  const keys = createKeyLookup(gateway, setup.finder)

  /** What is known beside the key; what is refused though the secret is right is told of. */
  function judged({ key, who }: FoundKey, judge: (known: KnownKey) => HeaderLookup): HeaderLookup {
    const lookup = judge({ key, who, selfService: gateway.apiKeys?.selfService ?? null })
    tellIfRejected(lookup, { key, who })
    return lookup
  }

  function tellIfRejected(lookup: HeaderLookup, { key, who }: FoundKey): void {
    if (lookup.kind !== 'refused' && lookup.kind !== 'insufficient') return
    // Of what does not exist at the app nothing is told.
    if (lookup.why === 'key-invalid') return
    const user = 'principal' in who ? who.principal.user : key.owner.user
    rejected?.({ id: key.id, name: key.name, user, why: lookup.why })
  }

  function wrong(detail: string, network: ClientNetwork): HeaderLookup {
    failures.failed(network, clock.monotonicMs())
    return invalidKey(detail)
  }

  /** The key whose secret was sent, or what whoever sent another one is told. */
  function prove<T>(
    { id, prefix, secret }: PresentedKey,
    { network, now }: Pick<PresentedAt, 'network' | 'now'>,
    proved: (found: FoundKey, hash: string) => T,
    not: (lookup: HeaderLookup) => T,
  ): Awaitable<T> {
    const hash = hashKeySecret(secret)
    const refusedForMs = failures.refusedForMs(network, clock.monotonicMs())
    // A network that guesses is served on for keys that were good when they were last seen, and for nothing else.
    if (refusedForMs > 0 && !isGood(keys.lastKnown(id), hash, now)) return not(throttled(refusedForMs))
    return keys.find(id, false, (found) => {
      if (found === 'none') return not(wrong('there is no such key', network))
      if ('busyForMs' in found) return not(throttled(found.busyForMs))
      return found.key.prefix === prefix && isRightSecret(found.key, hash, now)
        ? proved(found, hash)
        : not(wrong('the secret is not that of the key', network))
    })
  }

  function verify(presented: PresentedKey, use: PresentedAt): Awaitable<HeaderLookup> {
    return prove(
      presented,
      use,
      (found, hash) => judged(found, (known) => judgeKey(known, hash, use)),
      (lookup) => lookup,
    )
  }

  function verifyToken(token: ShortToken, use: TokenPresentedAt): Awaitable<HeaderLookup> {
    const { apiKeys, hosts } = gateway
    if (apiKeys === null) return invalidKey('the file has no keys any more')
    // Before its key is looked up.
    const fault = faultOfToken(token, use, apiKeys)
    if (fault !== null) return fault
    return keys.find(token.keyId, true, (found) => {
      if (found === 'none') return invalidKey('the key of the token is gone')
      if ('busyForMs' in found) return throttled(found.busyForMs)
      return judged(found, (known) => judgeShortToken(known, token, use, { apiKeys, hosts }))
    })
  }

  function verifyForToken(presented: PresentedKey, asked: AskedAt): Awaitable<AskedKey> {
    return prove<AskedKey>(
      presented,
      asked,
      (found, hash) => ({
        lookup: judged(found, (known) => judgeAtOrigin(known, hash, asked)),
        key: found.key,
      }),
      (lookup) => ({ lookup, key: null }),
    )
  }

  return {
    verify,
    verifyToken,
    verifyForToken,
    renew(edition) {
      gateway = edition
      keys.renew(edition)
    },
  }
}

function throttled(ms: number): HeaderLookup {
  return { kind: 'throttled', retryAfterSeconds: Math.max(1, Math.ceil(ms / 1000)) }
}

/** Right now or once: who has one that was replaced made no guess, and is told so. */
function isRightSecret(key: ApiKey, hash: string, now: EpochSeconds): boolean {
  return matchedSecret(key, hash, now) !== null || wasReplaced(key, hash, now)
}

function isGood(known: { readonly key: ApiKey } | undefined, hash: string, now: EpochSeconds): boolean {
  return known !== undefined && isRightSecret(known.key, hash, now)
}
