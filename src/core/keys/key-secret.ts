import { hash as hashOnce, timingSafeEqual } from 'node:crypto'
import type { EpochSeconds } from '../session/session.ts'
import type { ApiKey, KeySecret } from './api-key.ts'

/**
 * SHA-256 in base64url. A slow hash would protect nothing: the secret has 256 random bits, which nobody tries out, and
 * every request would pay for it.
 */
export function hashKeySecret(secret: string): string {
  return hashOnce('sha256', secret, 'base64url')
}

/**
 * Which of its secrets this is the hash of; null: none that counts now. Every one is compared, in a time that does not
 * depend on where they differ.
 */
export function matchedSecret(
  { secrets }: Pick<ApiKey, 'secrets'>,
  hash: string,
  now: EpochSeconds,
): KeySecret | null {
  let matched: KeySecret | null = null
  for (const secret of secrets) if (sameHash(secret.hash, hash) && isOpen(secret, now)) matched ??= secret
  return matched
}

/** Whether it is one that opened until a rotation's overlap was over: whoever has it is told so. */
export function wasReplaced({ secrets }: Pick<ApiKey, 'secrets'>, hash: string, now: EpochSeconds): boolean {
  return secrets.some((secret) => sameHash(secret.hash, hash) && !isOpen(secret, now))
}

function isOpen({ until }: KeySecret, now: EpochSeconds): boolean {
  return until === null || now < until
}

function sameHash(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)]
  return a.length === b.length && timingSafeEqual(a, b)
}
