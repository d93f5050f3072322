// Where keys are made in tests: a real store of keys, sessions in memory, and a configuration that has both.
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import type { ApiKeySettings, SelfServiceSettings } from '../../src/core/keys/api-key-settings.ts'
import type { Claims } from '../../src/core/rules/claims.ts'
import type { Session } from '../../src/core/session/session.ts'
import type { KeyAddresses } from '../../src/http/operations/keys/key-addresses.ts'
import type { KeyPlace } from '../../src/runtime/keys/made-key.ts'
import { openMemoryStore } from '../../src/store/memory.ts'
import { sessionOf } from '../store/contract.ts'
import { openKeys } from '../store/keys/sqlite-key-store.ts'
import { apiKeys } from './accepting.ts'
import { createTestClock } from './clock.ts'
import { loadRules } from './rules.ts'

export const start = 1_900_000_000

/** Whose keys are people's own: everybody of provider `op` with a plan. */
export const selfService: SelfServiceSettings = {
  at: 'https://wiki.example.com',
  providers: ['op'],
  require: {
    kind: 'claim',
    path: 'plan',
    matcher: { tests: [{ kind: 'is', values: ['paid'] }], not: null, exists: null, text: 'paid' },
  },
  claims: ['plan'],
  maxKeys: 2,
  origins: false,
  lifetimeSeconds: 90 * 86_400,
}

export function openKeyPlace(t: Test, settings: Partial<ApiKeySettings> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'claimgate-keys-'))
  const { gateway } = loadRules('  require: signed_in\n')
  const keys = openKeys(t, folder)
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const clock = createTestClock(start)
  const sessions = openMemoryStore(clock)
  t.teardown(() => sessions.close())
  const place: KeyPlace = {
    gateway: { ...gateway, apiKeys: { ...apiKeys, ...settings } },
    keys,
    sessions,
    random: randomBytes,
    now: start,
  }
  const [op] = gateway.providers.values()
  let count = 0
  const signIn = async (user: string, claims: Claims, more: Partial<Session> = {}) => {
    count += 1
    const times = { checkedAt: start - 60, signedInAt: start - 60, lastSeenAt: start - 60 }
    const session = sessionOf(`f${count}`.padEnd(64, '0'), {
      ...{ origin: 'https://wiki.example.com', issuer: op?.issuer ?? '', clientId: op?.clientId ?? '' },
      ...{ user, claims: { sub: user, ...claims }, ...times, ...more },
    })
    await sessions.save(session, start + 86_400)
    return session
  }
  return { place, keys, sessions, clock, folder, signIn }
}

/** A gateway without a token: nothing is at `/keys`. */
export const noKeyAddresses: KeyAddresses = {
  token: () => null,
  place: () => null,
  check: { refuse: () => null },
  changed: () => {},
  failed: () => {},
}
