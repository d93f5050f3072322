import { isLoopbackNode } from '../config/redis-address.ts'
import type { Gateway } from '../core/gateway.ts'
import { isShared } from '../core/session-store-settings.ts'
import { type Check, foundAt, foundAtKey } from './check.ts'
import { isWritten, type Subject } from './subject.ts'

const hourSeconds = 60 * 60
const insecurePath = ['session', 'allow_insecure_redis']
const outagePath = ['session', 'during_outage']

/** Where sessions rest, and what ends them there. */
export const storeChecks: readonly Check[] = [
  {
    id: 'redis-insecure',
    severity: 'warning',
    finds: 'A Redis that is reached without TLS',
    why: 'Somebody on the way reads its password, and can then end sessions or put back older ones of the same person. Without TLS nobody knows either whether it is that Redis that answers.',
    fix: 'Write `rediss://`, or `tls: true` for Sentinel and Cluster. If its authority is a private one, name it in `ca_file`.',
    example: 'session: { store: "redis://redis", allow_insecure_redis: true }',
    find: (subject) =>
      isInsecure(subject.gateway)
        ? [foundAtKey(subject, insecurePath, 'the password of Redis passes in the clear')]
        : [],
  },
  {
    id: 'insecure-redis-unneeded',
    severity: 'note',
    finds: '`allow_insecure_redis` that allows nothing',
    why: 'Nothing in the file needs it. When somebody writes another address later, it goes without TLS and nobody is asked.',
    fix: 'Remove `allow_insecure_redis`.',
    example: 'session: { store: "rediss://redis", allow_insecure_redis: true }',
    find: (subject) =>
      subject.gateway.session.allowInsecureRedis && !isInsecure(subject.gateway)
        ? [foundAtKey(subject, insecurePath, 'nothing here is reached without TLS')]
        : [],
  },
  {
    id: 'redis-prefix-empty',
    severity: 'note',
    finds: 'A Redis with an empty `key_prefix`',
    why: 'The keys of the gateway stand among those of every other program that uses this database. Its user cannot be kept to its own keys (`~claimgate:*`), and two gateways that should have nothing in common share their sessions.',
    fix: 'Remove `key_prefix`, or write one that nobody else has.',
    example: `session:
  store: { redis: { url: "rediss://redis", key_prefix: "" } }`,
    find: (subject) => {
      const { store } = subject.gateway.session
      if (!isShared(store) || store.keyPrefix !== '') return []
      const path = ['session', 'store', store.kind.replace('-', '_'), 'key_prefix']
      return [foundAt(subject, path, 'keys of the gateway stand among those of others')]
    },
  },
  {
    id: 'outage-long',
    severity: 'warning',
    finds: 'A `during_outage` of more than an hour',
    why: 'While the store does not answer nobody can be signed out everywhere. Whoever is locked out then goes on for this long, and so does somebody who took a cookie.',
    fix: 'Write the time in which you bring the store back, such as `5m`.',
    example: 'session: { during_outage: 6h }',
    find: (subject) => {
      const seconds = subject.gateway.session.duringOutageSeconds
      if (seconds <= hourSeconds || seconds > longestLifetime(subject.gateway)) return []
      const hours = Math.floor(seconds / hourSeconds)
      const message = `a session that was ended may go on for ${hours} hours while the store is away`
      return [foundAt(subject, outagePath, message)]
    },
  },
  {
    id: 'outage-longer',
    severity: 'warning',
    finds: 'A `during_outage` that is never reached, because every `max_lifetime` is shorter',
    why: 'A session ends by `max_lifetime`, whether the store answers or not. Nothing limits how long sessions go on without it.',
    fix: 'Write a `during_outage` below `max_lifetime`, such as `5m`.',
    example: 'session: { during_outage: 12h, max_lifetime: 8h }',
    find: (subject) =>
      isWritten(subject, outagePath) &&
      subject.gateway.session.duringOutageSeconds > longestLifetime(subject.gateway)
        ? [foundAt(subject, outagePath, '`during_outage` is longer than any `max_lifetime`')]
        : [],
  },
  {
    id: 'revoked-before-past',
    severity: 'note',
    finds: 'A `revoked_before` that ends nothing any more',
    why: 'Every session from before that time has ended by its `max_lifetime`.',
    fix: 'Remove `revoked_before`.',
    example: 'session: { revoked_before: 2020-01-01T00:00:00Z }',
    find: (subject) => {
      const { gateway, now } = subject
      const { revokedBefore } = gateway.session
      if (now === null || revokedBefore === null || revokedBefore + longestLifetime(gateway) > now) return []
      const path = ['session', 'revoked_before']
      return [foundAtKey(subject, path, 'all sessions from before have ended by themselves')]
    },
  },
]

/** Whether something is reached without TLS that may be on another machine. */
function isInsecure({ session: { store } }: Gateway): boolean {
  if (!isShared(store) || store.tls !== null) return false
  return store.kind !== 'redis' || !isLoopbackNode(store)
}

function longestLifetime({ hosts }: Gateway): number {
  return Math.max(0, ...[...hosts.values()].map((origin) => origin.maxLifetimeSeconds))
}

/** Where `session.store` may hold a password in plain text: as a key, or within an address. */
export function storePasswordPaths(subject: Subject): readonly (readonly string[])[] {
  const { store } = subject.gateway.session
  if (!isShared(store)) return []
  const whole = ['session', 'store']
  const within = [...whole, store.kind.replace('-', '_')]
  const keys = ['password', 'sentinel_password'].map((key) => [...within, key])
  const address = isWritten(subject, [...within, 'url']) ? [...within, 'url'] : whole
  const isInAddress =
    store.kind === 'redis' && store.password !== null && !isWritten(subject, [...within, 'password'])
  return isInAddress ? [...keys, address] : keys
}
