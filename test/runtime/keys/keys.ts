// Keys of a running gateway, over a real file, with a clock that stands still and counts of what the store was asked.
import type { Test } from 'tap'
import type { HeaderLookup } from '../../../src/core/credential/lookup.ts'
import { StoreFault } from '../../../src/core/fault.ts'
import type { ApiKey } from '../../../src/core/keys/api-key.ts'
import type { ApiKeySettings, SelfServiceSettings } from '../../../src/core/keys/api-key-settings.ts'
import type { KeyStore } from '../../../src/core/keys/key-store.ts'
import { createCredentialFailures } from '../../../src/core/limits/credential-failures.ts'
import { readJudgedAddress } from '../../../src/core/rules/requirement.ts'
import type { PresentedAt } from '../../../src/runtime/keys/key-verification.ts'
import { createKeys, type KeyEdition, type Keys } from '../../../src/runtime/keys/keys.ts'
import { acme, secretOf } from '../../core/keys/keys.ts'
import { openKeys } from '../../store/keys/sqlite-key-store.ts'
import { createTestClock, type TestClock } from '../../support/clock.ts'
import { loadRules } from '../../support/rules.ts'

export const selfService: SelfServiceSettings = {
  at: 'https://portal.example.com',
  providers: ['acme'],
  require: { kind: 'signed_in' },
  claims: ['plan'],
  maxKeys: 5,
  origins: false,
  lifetimeSeconds: null,
}

export const apiKeySettings: ApiKeySettings = {
  prefixes: ['cg'],
  header: 'x-api-key',
  store: { kind: 'sqlite' },
  secrets: [],
  keys: [],
  claimsMaxAgeSeconds: 86_400,
  tokenLifetimeSeconds: 900,
  userIdPrefix: 'key:',
  widgetClaims: [],
  selfService,
}

/** One provider, acme, that people sign in with. */
export function keyEdition(apiKeys: Partial<ApiKeySettings> = {}, duringOutageSeconds = 60): KeyEdition {
  const { gateway } = loadRules('  require: signed_in')
  const { hosts } = gateway
  const [provider] = gateway.providers.values()
  if (provider === undefined) throw new Error('there is no provider')
  return {
    gateway: {
      apiKeys: { ...apiKeySettings, ...apiKeys },
      providers: new Map([['acme', { ...provider, ...acme, name: 'acme' }]]),
      session: { duringOutageSeconds },
      hosts,
    },
  }
}

/** A store that counts, and that fails where a test says so. */
export interface WatchedStore extends KeyStore {
  loads: number
  fails: boolean
  /** Let go of by the test; null: nothing waits. */
  gate: Promise<void> | null
}

export function watched(store: KeyStore): WatchedStore {
  const away = () => {
    if (one.fails) throw new StoreFault('STORE_UNAVAILABLE', 'away')
  }
  const one: WatchedStore = {
    ...store,
    loads: 0,
    fails: false,
    gate: null,
    load(id) {
      one.loads += 1
      away()
      return one.gate === null ? store.load(id) : one.gate.then(() => store.load(id))
    },
    countUses(uses) {
      away()
      return store.countUses(uses)
    },
    refreshOwner(...args) {
      away()
      return store.refreshOwner(...args)
    },
    sleepOwner(person) {
      away()
      return store.sleepOwner(person)
    },
    // The clock of the test stands still: fresh for as long as the store answers.
    freshUntilMs: () => (one.fails ? 0 : Number.MAX_SAFE_INTEGER),
  }
  return one
}

export interface OpenedKeys {
  readonly keys: Keys
  readonly store: WatchedStore
  readonly clock: TestClock
  readonly faults: unknown[]
  /** `identified`, or why not. */
  ask(key: ApiKey | string, secret?: string, at?: Partial<PresentedAt>): Promise<string>
}

export function openRuntimeKeys(
  t: Test,
  edition: KeyEdition = keyEdition(),
  folder: string = t.testdir(),
): OpenedKeys {
  const store = watched(openKeys(t, folder))
  const clock = createTestClock(2000)
  const faults: unknown[] = []
  const failures = createCredentialFailures()
  const report = (thrown: unknown) => void faults.push(thrown)
  const keys = createKeys({ ...edition, store, clock, failures, report })
  t.teardown(() => keys.close())
  return {
    ...{ keys, store, clock, faults },
    async ask(key, secret = 'a', at = {}) {
      const id = typeof key === 'string' ? key : key.id
      const presented = { prefix: 'cg', id, secret: secretOf(secret) }
      return whyOf(await keys.verify(presented, { ...usual, now: clock.now(), ...at }))
    },
  }
}

export const usual: Omit<PresentedAt, 'now'> = {
  app: { name: 'api', providers: ['acme'] },
  method: 'GET',
  client: readJudgedAddress('192.0.2.7'),
  network: { key: '192.0.2.7', hidden: false },
}

export function whyOf(lookup: HeaderLookup): string {
  return 'why' in lookup ? lookup.why : lookup.kind
}
