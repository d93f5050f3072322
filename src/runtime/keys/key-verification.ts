import type { CredentialRefusal, CredentialShortfall, HeaderLookup } from '../../core/credential/lookup.ts'
import type { App, Gateway } from '../../core/gateway.ts'
import type { ApiKey } from '../../core/keys/api-key.ts'
import { invalidKey, judgeKey, type KnownKey } from '../../core/keys/judgement.ts'
import type { PresentedKey } from '../../core/keys/key-form.ts'
import { keyPrincipal } from '../../core/keys/key-principal.ts'
import { hashKeySecret, matchedSecret, wasReplaced } from '../../core/keys/key-secret.ts'
import type { FailureCount } from '../../core/limits/failures.ts'
import type { ClientNetwork } from '../../core/limits/network.ts'
import type { Awaitable, Clock } from '../../core/ports.ts'
import type { JudgedAddress } from '../../core/rules/requirement.ts'
import type { EpochSeconds } from '../../core/session/session.ts'
import { settle } from '../settle.ts'
import type { KeyFinder } from './key-finder.ts'

/** What a key is presented for. */
export interface PresentedAt {
  readonly app: Pick<App, 'name' | 'providers'>
  readonly method: string
  readonly client: JudgedAddress
  readonly network: ClientNetwork
  readonly now: EpochSeconds
}

export interface RejectedKey {
  readonly id: string
  readonly name: string
  /** Its owner, as apps see it. */
  readonly user: string
  readonly why: CredentialRefusal | CredentialShortfall
}

/** Holds what was presented against the key, and tells of what it refuses. */
export interface KeyVerification {
  /** As `Keys.verify`. */
  verify(key: PresentedKey, use: PresentedAt): Awaitable<HeaderLookup>
  /** A new edition of the configuration. */
  renew(gateway: KeyGateway): void
}

type KeyGateway = Pick<Gateway, 'apiKeys' | 'providers'>

export interface KeyVerificationSetup {
  readonly gateway: KeyGateway
  readonly finder: KeyFinder
  readonly clock: Pick<Clock, 'monotonicMs'>
  /** Wrong keys and tokens, by network. */
  readonly failures: FailureCount
  /** Hears of a key that was refused though its secret is right. */
  readonly rejected?: ((key: RejectedKey) => void) | undefined
}

type FoundKey = Pick<KnownKey, 'key' | 'who'>

export function createKeyVerification(setup: KeyVerificationSetup): KeyVerification {
  const { finder, clock, failures, rejected } = setup
  let { gateway } = setup
  let inFile = keysInFile(gateway)

  function judge(
    { key, who }: FoundKey,
    { prefix }: PresentedKey,
    hash: string,
    { app, method, client, network, now }: PresentedAt,
  ): HeaderLookup {
    const isRight = key.prefix === prefix && isRightSecret(key, hash, now)
    if (!isRight) {
      failures.failed(network, clock.monotonicMs())
      return invalidKey('the secret is not that of the key')
    }
    const selfService = gateway.apiKeys?.selfService ?? null
    const lookup = judgeKey({ key, who, selfService }, hash, { app, method, client, now })
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

  function verify(presented: PresentedKey, use: PresentedAt): Awaitable<HeaderLookup> {
    const { id } = presented
    const hash = hashKeySecret(presented.secret)
    const written = inFile.get(id)
    const known = written ?? finder.known(id)
    const refusedForMs = failures.refusedForMs(use.network, clock.monotonicMs())
    // A network that guesses is served on for what is known to be good, and for nothing else.
    if (refusedForMs > 0 && !isGood(known, hash, use.now)) return throttled(refusedForMs)
    if (written !== undefined) return judge(written, presented, hash, use)
    return settle(
      () => finder.find(id),
      (found) => {
        if (found === 'none') {
          failures.failed(use.network, clock.monotonicMs())
          return invalidKey('there is no such key')
        }
        if ('busyForMs' in found) return throttled(found.busyForMs)
        return judge({ key: found.key, who: finder.remembered.whoIs(found, gateway) }, presented, hash, use)
      },
      (thrown) => {
        throw thrown
      },
    )
  }

  return {
    verify,
    renew(edition) {
      gateway = edition
      inFile = keysInFile(gateway)
    },
  }
}

function throttled(ms: number): HeaderLookup {
  return { kind: 'throttled', retryAfterSeconds: Math.max(1, Math.ceil(ms / 1000)) }
}

/** By id. One in the file takes the place of a stored one of the same id. */
function keysInFile(gateway: KeyGateway): ReadonlyMap<string, FoundKey> {
  const keys = gateway.apiKeys?.keys ?? []
  return new Map(keys.map((key) => [key.id, { key, who: keyPrincipal(key, gateway) }]))
}

/** Right now or once: who has one that was replaced made no guess, and is told so. */
function isRightSecret(key: ApiKey, hash: string, now: EpochSeconds): boolean {
  return matchedSecret(key, hash, now) !== null || wasReplaced(key, hash, now)
}

function isGood(
  known: { readonly key: ApiKey } | 'none' | undefined,
  hash: string,
  now: EpochSeconds,
): boolean {
  return typeof known === 'object' && isRightSecret(known.key, hash, now)
}
