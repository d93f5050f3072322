import { createHmac } from 'node:crypto'
import { join } from 'node:path'
import type { Gateway } from '../core/gateway.ts'
import { buildKeyRing, type KeyRing, type Random } from '../core/session/seal.ts'
import { type KeptSecret, readKeptSecret, readOrMakeSecret } from './kept-secret.ts'

/** What of a configuration says where the key of the log's hashes is. */
export type LogKeyPlace = Pick<Gateway, 'session' | 'dataFolder' | 'log'>

/**
 * What keys the hashes by which the log names people and sessions: `log.subject_key`, else one that is kept in the
 * data folder. Where none is kept yet, `start` is; null: one is drawn. With the memory store nothing is kept, and the
 * key hangs on the session secret, as with every store that is no folder of ours. Throws a StoreFault that names the file.
 */
export function readLogKey(place: LogKeyPlace, ring: KeyRing, start: string | null, random: Random): string {
  const { log, session, dataFolder } = place
  if (log.subjectKey !== null) return log.subjectKey.reveal()
  if (session.store.kind !== 'sqlite') return logKeyFrom(ring)
  return readOrMakeSecret(keptIn(dataFolder), () => start ?? random(32).toString('hex'), random)
}

/**
 * The key that a gateway of this configuration uses, for a command: makes nothing. Null when none has kept one yet, or
 * when only the running gateway knows it. Throws a StoreFault when a file is there and cannot be read.
 */
export function findLogKey({ log, session, dataFolder }: LogKeyPlace): string | null {
  if (log.subjectKey !== null) return log.subjectKey.reveal()
  if (session.store.kind !== 'sqlite')
    return session.secrets.length === 0 ? null : logKeyFrom(buildKeyRing(session.secrets))
  return readKeptSecret(keptIn(dataFolder))
}

/** What the hashes were made with before they had a key of their own: they begin with it, so that old lines match. */
export function logKeyFrom({ sealing }: KeyRing): string {
  return createHmac('sha256', sealing.secret).update('claimgate log subject').digest('hex')
}

function keptIn(dataFolder: string): KeptSecret {
  return {
    path: join(dataFolder, 'log.subject_key'),
    called: "the key of the log's hashes",
    key: 'log.subject_key',
    form: /^[0-9a-f]{64}$/,
    cost: 'the hashes in the log may begin anew',
  }
}
