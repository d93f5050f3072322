// A store over a real Redis, for tests: the clock stands in the time of the sessions that the contract saves.
import { randomBytes } from 'node:crypto'
import type { Test } from 'tap'
import type { SessionStore } from '../../../src/core/ports.ts'
import type { RedisSettings, SingleRedisSettings } from '../../../src/core/session-store-settings.ts'
import type { StoreContext } from '../../../src/store/context.ts'
import { openRedisStore } from '../../../src/store/redis/store.ts'
import { storeContext } from '../../support/store-context.ts'
import { sessionOf } from '../contract.ts'
import { formOf } from '../contract-forms.ts'

/** Before every session of the contract ends. */
const early = { now: () => 900, monotonicMs: () => performance.now() }

/** Apart from all others on the same server. */
export function newPrefix(): string {
  return `t${randomBytes(6).toString('hex')}:`
}

export function singleSettings(port: number, more: Partial<SingleRedisSettings> = {}): SingleRedisSettings {
  return {
    kind: 'redis',
    host: '127.0.0.1',
    port,
    database: 0,
    username: null,
    password: null,
    tls: null,
    keyPrefix: newPrefix(),
    ...more,
  }
}

/** Of a machine that is busy with everything else, what is no matter of time waits: for a server, and for a replica. */
export const patient = { answerMs: 10_000 } as const

/** For what is about a server or a replica that does not answer, and for nothing that has to be answered. */
export const impatient = { answerMs: 1000 } as const

export function openRedis(
  t: Pick<Test, 'teardown'>,
  settings: RedisSettings,
  more: Partial<StoreContext> & { readonly answerMs?: number } = {},
): SessionStore {
  const { answerMs = patient.answerMs, ...context } = more
  const store = openRedisStore(settings, storeContext({ clock: early, ...context }), answerMs)
  t.teardown(() => store.close())
  return store
}

/** Every call of a store, by name. */
export const every = (store: SessionStore): readonly (readonly [string, () => unknown])[] => [
  ['load', () => store.load('k1')],
  ['save', () => store.save(sessionOf('k1'), 2000)],
  ['touch', () => store.touch('k1', 1500, 2500)],
  ['drop', () => store.drop('k1')],
  ['list', () => store.list({})],
  ['list of one', () => store.list({ user: 'alice', provider: sessionOf('k1') })],
  ['revoke', () => store.revoke({ by: 'all' })],
  ['revoke a key', () => store.revoke({ by: 'key', key: 'k1' })],
  ['logOut', () => store.logOut({ issuer: 'i', subject: 's', sid: null, issuedBy: 1, jti: null, at: 1 })],
  ['spend', () => store.states.spend('h', { at: 1, until: 2 })],
  ['spent', () => store.states.spent('h')],
  ['keepOutcome', () => store.states.keepOutcome('h', { sealed: 's', until: 2 })],
  ['lock', () => store.lock('k1', { id: 'a', at: 1, until: 2 })],
  ['unlock', () => store.unlock('k1', 'a')],
  ['renew', () => store.renew(sessionOf('k1'), 'a')],
  ['keep a form', () => store.forms.keep(formOf('f'))],
  ['read a form', () => store.forms.read('f', 1000)],
  ['take a form', () => store.forms.take('f', 1000)],
  ['leave', () => store.commands.leave(['r'])],
  ['take', () => store.commands.take()],
  ['replaceServed', () => store.replaceServed('r')],
  ['check', () => store.check()],
]
