import type { RedisSettings, SessionStoreSettings } from '../../core/session-store-settings.ts'
import { storePlaceText } from '../../core/store-place.ts'
import { fileText, secretText } from './digest.ts'

/** What `session.store` says, by the keys that say it; null: not there. */
export function storeFacts(store: SessionStoreSettings): Readonly<Record<string, string | null>> {
  switch (store.kind) {
    case 'sqlite':
    case 'memory':
    case 'cookie':
      return { 'session.store': store.kind }
    case 'redis':
    case 'redis-sentinel':
    case 'redis-cluster':
      return { 'session.store': storePlaceText(store), ...accessFacts(store), ...sentinelFacts(store) }
  }
}

function accessFacts({ username, password, tls, keyPrefix }: RedisSettings) {
  const pair = tls?.clientCertificate ?? null
  return {
    'session.store.username': username,
    'session.store.password': password && secretText(password),
    'session.store.tls': String(tls !== null),
    'session.store.ca_file': tls?.ca ? fileText(tls.ca) : null,
    'session.store.certificate': pair && fileText(pair.certificate),
    'session.store.key': pair && secretText(pair.key),
    'session.store.key_prefix': JSON.stringify(keyPrefix),
  }
}

function sentinelFacts(store: RedisSettings) {
  if (store.kind !== 'redis-sentinel') return {}
  return {
    'session.store.sentinel_username': store.sentinelUsername,
    'session.store.sentinel_password': store.sentinelPassword && secretText(store.sentinelPassword),
  }
}
