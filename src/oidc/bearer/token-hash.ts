import { hash } from 'node:crypto'

/** By what an access token is remembered: SHA-256 of all of it, so that none can be read out of a memory. */
export function tokenHash(token: string): string {
  return hash('sha256', token, 'base64url')
}
