// Keys of operators as a configuration holds them, and as their owners have them.

import { formatKey, formatKeyId, type PresentedKey } from '../../src/core/keys/key-form.ts'
import { hashKeySecret } from '../../src/core/keys/key-secret.ts'

export interface WrittenKey extends PresentedKey {
  /** The whole key. */
  readonly text: string
  /** `<prefix>_<id>:<secret>`, as Basic has it. */
  readonly pair: string
  /** A line of `api_keys.keys`, which is JSON. */
  readonly line: string
}

/** A key that never ends, made up of one letter for each text that is to be unlike all others. */
export function writtenKey({
  id,
  letter,
  user = 'shop',
  claims = {},
}: {
  readonly id: string
  readonly letter: string
  readonly user?: string
  readonly claims?: object
}): WrittenKey {
  const key = { prefix: 'cg', id, secret: letter.repeat(43) }
  const line = JSON.stringify({
    ...{ format: 1, id, prefix: 'cg', name: `key of ${user}`, owner: { kind: 'operator', user }, claims },
    ...{ claimsAt: 0, asleep: false, secrets: [{ hash: hashKeySecret(key.secret), until: null }] },
    ...{ createdAt: 0, expiresAt: null, revokedAt: null, apps: null, methods: null, from: null, origins: [] },
  })
  return { ...key, text: formatKey(key), pair: `${formatKeyId(key)}:${key.secret}`, line }
}
