import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Gateway } from '../core/gateway.ts'
import { Secret } from '../core/secret.ts'
import type { Random } from '../core/session/seal.ts'
import { type KeptSecret, readKeptSecret, readOrMakeSecret } from './kept-secret.ts'

/** What of a configuration says where the session secret is. */
export type SecretPlace = Pick<Gateway, 'session' | 'dataFolder'>

/**
 * What seals cookies: the configured secrets, else one that is made once and kept in the data folder, for this user
 * alone. Where nothing rests in files it is made anew each time, and no session outlives it: ask once a start. Throws a
 * StoreFault that names the file.
 */
export function readSessionSecrets({ session, dataFolder }: SecretPlace, random: Random): readonly Secret[] {
  if (session.secrets.length > 0) return session.secrets
  const make = () => random(32).toString('base64url')
  if (session.store.kind !== 'sqlite') return [new Secret(make())]
  return [new Secret(readOrMakeSecret(keptIn(dataFolder), make, random))]
}

/** Those that are there: configured, or kept by a gateway that ran before. Makes none. Throws a StoreFault. */
export function findSessionSecrets({ session, dataFolder }: SecretPlace): readonly Secret[] {
  if (session.secrets.length > 0 || session.store.kind !== 'sqlite') return session.secrets
  const kept = readKeptSecret(keptIn(dataFolder))
  return kept === null ? [] : [new Secret(kept)]
}

/** Whether one is configured, or was kept by a gateway that ran before. Reads nothing. */
export function hasSessionSecret({ session, dataFolder }: SecretPlace): boolean {
  if (session.secrets.length > 0) return true
  return session.store.kind === 'sqlite' && existsSync(keptIn(dataFolder).path)
}

function keptIn(dataFolder: string): KeptSecret {
  return {
    path: join(dataFolder, 'session.secret'),
    called: 'the session secret',
    key: 'session.secret',
    form: /^[A-Za-z0-9_-]{43}$/, // 256 bits in base64url
    cost: 'everyone signs in again',
  }
}
