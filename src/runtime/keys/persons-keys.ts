import type { Gateway } from '../../core/gateway.ts'
import type { ApiKey } from '../../core/keys/api-key.ts'
import { copiedClaims } from '../../core/keys/copied-claims.ts'
import type { KeyPerson, KeyStore, SleepingPerson } from '../../core/keys/key-store.ts'
import { limits } from '../../core/limits/table.ts'
import { isSameProvider } from '../../core/provider-id.ts'
import type { Claims } from '../../core/rules/claims.ts'
import type { EpochSeconds } from '../../core/session/session.ts'

/** What a provider said of a person, and when. */
export type SignedIn = KeyPerson & { readonly claims: Claims; readonly at: EpochSeconds }

/** Keeps keys of persons true to what their providers say. */
export interface PersonsKeys {
  /**
   * In the background: a sign-in does not wait for it, and does not fail with it. A provider that is asked again for
   * tokens alone says nothing of the person.
   */
  signedIn(person: SignedIn, by: 'sign-in' | 'recheck'): void
  /** Rejects with a StoreFault. */
  sleep(person: SleepingPerson): Promise<readonly ApiKey[]>
  /** The same in the background: a store that does not take it is asked again until it has, within bounds. */
  sleepSoon(person: SleepingPerson): void
  /** Waits for what is under way. */
  close(): Promise<void>
}

export interface PersonsKeysSetup {
  readonly store: Pick<KeyStore, 'refreshOwner' | 'sleepOwner'>
  /** Hears of a store that does not take it: then keys keep their claims until these are too old. */
  readonly report: (thrown: unknown) => void
  readonly edition: () => Pick<Gateway, 'apiKeys' | 'providers'>
}

const againMs = 5000

export function createPersonsKeys({ store, report, edition }: PersonsKeysSetup): PersonsKeys {
  const underWay = new Set<Promise<void>>()
  /** Of those whom a provider called gone: whose keys are still to be put to sleep. */
  const toSleep = new Map<string, SleepingPerson>()
  let timer: NodeJS.Timeout | undefined

  async function refresh({ issuer, clientId, user, at }: SignedIn, claims: Claims): Promise<void> {
    const name = nameOf({ user, provider: { issuer, clientId } })
    const before = toSleep.get(name)
    try {
      await store.refreshOwner({ issuer, clientId, user }, claims, at)
      // What is said of them since stays to be done.
      if (toSleep.get(name) === before) toSleep.delete(name)
    } catch (thrown) {
      report(thrown)
    }
  }

  function begin(work: Promise<void>): void {
    underWay.add(work)
    void work.finally(() => underWay.delete(work))
  }

  async function putToSleep(): Promise<void> {
    clearTimeout(timer)
    timer = undefined
    for (const [name, person] of [...toSleep]) {
      if (toSleep.get(name) !== person) continue
      try {
        await store.sleepOwner(person)
        // Who was called gone again meanwhile stays to be done.
        if (toSleep.get(name) === person) toSleep.delete(name)
      } catch (thrown) {
        report(thrown)
        timer ??= setTimeout(() => begin(putToSleep()), againMs).unref()
        return
      }
    }
  }

  return {
    signedIn(person, by) {
      const { apiKeys, providers } = edition()
      const selfService = apiKeys?.selfService ?? null
      const provider = [...providers.values()].find((one) => isSameProvider(one, person))
      if (selfService === null || provider === undefined) return
      if (by === 'recheck' && provider.recheck === null) return
      if (!selfService.providers.includes(provider.name) || underWay.size >= limits.keyOwnersUnderWay) return
      begin(refresh(person, copiedClaims(person.claims, selfService, provider)))
    },
    sleep: async (person) => store.sleepOwner(person),
    sleepSoon(person) {
      if (toSleep.size >= limits.keyOwnersUnderWay) return
      toSleep.set(nameOf(person), person)
      if (timer === undefined) begin(putToSleep())
    },
    async close() {
      clearTimeout(timer)
      await Promise.all(underWay)
    },
  }
}

function nameOf({ user, provider }: SleepingPerson): string {
  return JSON.stringify([user, provider?.issuer, provider?.clientId])
}
