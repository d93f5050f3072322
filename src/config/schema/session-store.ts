import { z } from 'zod'
import { count, filePath, flag, forms, oneOf, pem, secret, text } from './values.ts'

/** Names that the file gives to the stores which several processes share. */
export const redisKinds = ['redis', 'redis_sentinel', 'redis_cluster'] as const

/** One word, or an address. */
export const storeWord = oneOf(['sqlite', 'memory', 'cookie'])

/** What it says is read by config/redis-address, whose faults say more than a pattern. */
const address = text
  .clone()
  .meta({ pattern: '^rediss?://', examples: ['rediss://redis.example.com:6380/0'] })
  .register(forms, { form: '`redis://…` or `rediss://…`' })

/** Read by config/redis-address: one that is wrong hides none that is wrong too. */
const node = z.string()

/** Redis' own rule for ACL users: no spaces. */
const username = z
  .string()
  .max(128)
  .regex(/^[!-~]+$/, { error: 'expected visible ASCII without spaces' })
  .register(forms, { form: 'text' })

const keyPrefix = z
  .string()
  .max(64)
  // Braces decide in a cluster where a key is, and the others are signs of patterns.
  .regex(/^[A-Za-z0-9:._/-]*$/, { error: 'a prefix holds letters, digits and ":", ".", "_", "/", "-"' })
  .register(forms, { form: 'text' })
  .prefault('claimgate:')
  .describe(
    'What every key begins with. Gateways with the same prefix share their sessions. Gateways that must not share them need prefixes of their own, or databases of their own.',
  )

const access = {
  username: username
    .optional()
    .describe('The ACL user. Without this key, the user that Redis calls `default`.'),
  password: secret.optional().describe('The password of that user.'),
  ca_file: filePath
    .optional()
    .describe(
      'A PEM file with the authorities that may have issued its certificate. They replace those of the system.',
    ),
  certificate: pem
    .optional()
    .describe('The certificate for a Redis that asks clients for one, with its chain.'),
  key: pem.optional().describe('The private key of that certificate.'),
  key_prefix: keyPrefix,
}

const tls = flag
  .prefault(false)
  .describe('Whether connections use TLS. Without it, the file needs `allow_insecure_redis`.')

const database = count(0, 65_535).prefault(0).describe('The number of the database.')

export const redisKeys = {
  url: address.describe(
    'Where it is: `rediss://host:port/database` for TLS, or `redis://…`. The port is 6379 and the database 0 if they are not written. It may hold `user:password@`, percent-encoded; `username` and `password` are easier to read.',
  ),
  ...access,
}

export const sentinelKeys = {
  sentinels: z
    .array(node)
    .min(1)
    .register(forms, { form: 'list of `host:port`' })
    .describe('The Sentinels. The port is 26379 if it is not written.'),
  name: z
    .string()
    .max(128)
    .regex(/^[A-Za-z0-9._-]+$/, { error: 'a name of Sentinel holds letters, digits, ".", "_" and "-"' })
    .register(forms, { form: 'text' })
    .describe('What the Sentinels call the primary, such as `mymaster`.'),
  tls,
  database,
  sentinel_username: username.optional().describe('The ACL user of the Sentinels themselves.'),
  sentinel_password: secret.optional().describe('The password of the Sentinels themselves.'),
  ...access,
}

export const clusterKeys = {
  nodes: z
    .array(node)
    .min(1)
    .register(forms, { form: 'list of `host:port`' })
    .describe('Some of its nodes; the gateway learns the others. The port is 6379 if it is not written.'),
  tls,
  ...access,
}

/** Exactly one of them; what else is wrong with it, config/build/session-store finds. */
const mapping = z.strictObject({
  redis: z.strictObject(redisKeys).optional().describe('One Redis or Valkey.'),
  redis_sentinel: z
    .strictObject(sentinelKeys)
    .optional()
    .describe('A primary with replicas, which Redis Sentinel watches.'),
  redis_cluster: z.strictObject(clusterKeys).optional().describe('A Redis Cluster.'),
})

export const sessionStore = z
  .union([storeWord, address, mapping])
  .register(forms, { form: '`sqlite`, `memory`, `cookie`, `redis://…` or one of the mappings below' })
  .prefault('sqlite')

/** Of keys, which must last: the same without `memory` and `cookie`. */
export const keyStore = z
  .union([oneOf(['sqlite']), address, mapping])
  .register(forms, { form: '`sqlite`, `redis://…` or one of the mappings below' })
