import { type RedisUrl, readRedisUrl } from '../../config/redis-address.ts'
import { nodeText } from '../../core/store-place.ts'
import { redisKeys, severalRedisKeys, sharedVariables } from '../redis-store.ts'
import type { YamlValue } from '../yaml.ts'
import type { OauthProxy } from './proxy.ts'

type Keys = Readonly<Record<string, YamlValue>>

/** Where sessions rest, as keys of `session`; empty for the gateway's own file. */
export function convertStore(proxy: OauthProxy): Keys {
  if (proxy.text('session_store_type') !== 'redis') {
    const message =
      'the cookie held the session; here it holds a key alone, sessions rest in `data` and can be revoked. One file serves a single instance, a Redis several. `session.store: cookie` keeps sessions in the browser, where a copied cookie lives until `max_lifetime`'
    proxy.say('session_store_type', 'changed', message, { always: true })
    return {}
  }
  const keys = redisOf(proxy)
  if (keys === null) {
    const message =
      'where its Redis is could not be read: sessions rest in `data`, in one file, which serves a single instance. Write `session.store`'
    proxy.say('session_store_type', 'not-convertible', message)
    return {}
  }
  proxy.say('session_store_type', 'kept', '`session.store`. Sessions of oauth2-proxy end')
  if (keys.allow_insecure_redis === true) {
    const message =
      'without TLS, as it was: whoever is on the way can read the password, and with it end sessions. Write `rediss://`, or `tls: true`, and take `allow_insecure_redis` out'
    proxy.report({
      ...{ id: 'redis-tls', kind: 'suspect', at: null, what: 'session.allow_insecure_redis' },
      ...{ message, effect: null },
    })
  }
  for (const variable of sharedVariables) proxy.variable(variable)
  noteChecks(proxy)
  return keys
}

function redisOf(proxy: OauthProxy): Keys | null {
  if (proxy.flag('redis_use_sentinel', false)) return sentinelOf(proxy)
  if (proxy.flag('redis_use_cluster', false)) return clusterOf(proxy)
  const text = proxy.text('redis_connection_url')
  if (text === null) {
    // It came from outside, or is in another file.
    const purpose = 'where Redis is, and who we are there: rediss://user:password@host:6379'
    proxy.variable({ name: 'REDIS_URL', purpose })
    proxy.say('redis_connection_url', 'changed', 'is not copied: the file asks for REDIS_URL', {
      always: true,
    })
    return { store: `\${env:REDIS_URL}` }
  }
  const read = readRedisUrl(text)
  if (!read.ok) {
    proxy.say('redis_connection_url', 'not-convertible', `\`session.store\`: ${read.message}`)
    return null
  }
  if (read.value.password === null) proxy.say('redis_connection_url', 'kept', '`session.store`')
  else
    proxy.say(
      'redis_connection_url',
      'changed',
      '`session.store`; the password in it is not copied: the file asks for REDIS_PASSWORD',
    )
  return redisKeys(read.value, accessOf(proxy, [read.value], read.value.isTls))
}

function sentinelOf(proxy: OauthProxy): Keys | null {
  const nodes = nodesOf(proxy, 'redis_sentinel_connection_urls')
  const name = proxy.text('redis_sentinel_master_name')
  if (nodes === null || name === null) return null
  proxy.say('redis_use_sentinel', 'kept', '`session.store.redis_sentinel`')
  proxy.say('redis_sentinel_master_name', 'kept', '`name`')
  const password = proxy.has('redis_sentinel_password')
  if (password) {
    const variable = { name: 'REDIS_SENTINEL_PASSWORD', purpose: 'the password of the Sentinels' }
    proxy.variable(variable)
    proxy.say('redis_sentinel_password', 'changed', `is not copied: the file asks for ${variable.name}`)
  }
  const own = {
    ...{ sentinels: nodes.map(nodeText), name },
    ...(password ? { sentinel_password: `\${env:REDIS_SENTINEL_PASSWORD}` } : {}),
  }
  const isTls = nodes.every((node) => node.isTls)
  return severalRedisKeys('redis_sentinel', own, { isTls, access: accessOf(proxy, nodes, isTls) })
}

function clusterOf(proxy: OauthProxy): Keys | null {
  const nodes = nodesOf(proxy, 'redis_cluster_connection_urls')
  if (nodes === null) return null
  proxy.say('redis_use_cluster', 'kept', '`session.store.redis_cluster`')
  const isTls = nodes.every((node) => node.isTls)
  const access = accessOf(proxy, nodes, isTls)
  return severalRedisKeys('redis_cluster', { nodes: nodes.map(nodeText) }, { isTls, access })
}

/** Null when reported: one that is not understood, or TLS at some of them alone. */
function nodesOf(proxy: OauthProxy, key: string): readonly RedisUrl[] | null {
  const read = proxy.list(key).map(readRedisUrl)
  const nodes = read.flatMap((one) => (one.ok ? [one.value] : []))
  const fault = read.find((one) => !one.ok)
  const isMixed = nodes.some(({ isTls }) => isTls) && nodes.some(({ isTls }) => !isTls)
  if (fault === undefined && nodes.length > 0 && !isMixed) {
    proxy.say(key, 'kept', 'by host and port')
    return nodes
  }
  const why =
    fault?.ok === false ? fault.message : isMixed ? 'some go by TLS and some do not' : 'there is none'
  proxy.say(key, 'not-convertible', why, { always: true })
  return null
}

function accessOf(proxy: OauthProxy, nodes: readonly RedisUrl[], isTls: boolean) {
  const username =
    proxy.text('redis_username') ?? nodes.find((node) => node.username !== null)?.username ?? null
  proxy.say('redis_username', 'kept', '`username`')
  const inUrl = nodes.some(({ password }) => password !== null)
  const isAsked = inUrl || proxy.has('redis_password') || username !== null
  if (isAsked)
    proxy.variable({ name: 'REDIS_PASSWORD', purpose: 'the password of Redis, as in redis_password' })
  proxy.say('redis_password', 'changed', 'is not copied: the file asks for REDIS_PASSWORD')
  const caFile = isTls ? proxy.text('redis_ca_path') : null
  proxy.say(
    'redis_ca_path',
    caFile === null ? 'not-needed' : 'kept',
    caFile === null ? 'there is no TLS' : '`ca_file`',
  )
  return { username, passwordVariable: isAsked ? 'REDIS_PASSWORD' : null, caFile }
}

function noteChecks(proxy: OauthProxy): void {
  const skips = proxy.flag('redis_insecure_skip_tls_verify', false)
  proxy.say(
    'redis_insecure_skip_tls_verify',
    skips ? 'not-convertible' : 'kept',
    skips ? 'certificates are always verified: name the authority in `ca_file`' : 'as it always is here',
  )
  proxy.say('redis_connection_idle_timeout', 'not-needed', 'connections are kept alive by themselves')
}
