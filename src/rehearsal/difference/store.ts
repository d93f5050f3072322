import type { RedisSettings, SessionStoreSettings } from '../../core/session-store-settings.ts'
import { storePlaceText } from '../../core/store-place.ts'
import { fileText, secretText } from './digest.ts'

/** What `session.store` or another one says, by the keys that say it; null: not there. */
export function storeFacts(
  store: SessionStoreSettings,
  key: string,
): Readonly<Record<string, string | null>> {
  switch (store.kind) {
    case 'sqlite':
    case 'memory':
    case 'cookie':
      return { [key]: store.kind }
    case 'redis':
    case 'redis-sentinel':
    case 'redis-cluster':
      return { [key]: storePlaceText(store), ...accessFacts(store, key), ...sentinelFacts(store, key) }
  }
}

function accessFacts({ username, password, tls, keyPrefix }: RedisSettings, key: string) {
  const pair = tls?.clientCertificate ?? null
  return {
    [`${key}.username`]: username,
    [`${key}.password`]: password && secretText(password),
    [`${key}.tls`]: String(tls !== null),
    [`${key}.ca_file`]: tls?.ca ? fileText(tls.ca) : null,
    [`${key}.certificate`]: pair && fileText(pair.certificate),
    [`${key}.key`]: pair && secretText(pair.key),
    [`${key}.key_prefix`]: JSON.stringify(keyPrefix),
  }
}

function sentinelFacts(store: RedisSettings, key: string) {
  if (store.kind !== 'redis-sentinel') return {}
  return {
    [`${key}.sentinel_username`]: store.sentinelUsername,
    [`${key}.sentinel_password`]: store.sentinelPassword && secretText(store.sentinelPassword),
  }
}
