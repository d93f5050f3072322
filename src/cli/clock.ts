import type { EpochSeconds } from '../core/session/session.ts'
import type { Io } from './command.ts'

/** The wall clock of a command: what certificates end by. */
export function nowOf({ now }: Pick<Io, 'now'>): EpochSeconds {
  return now === undefined ? Math.floor(Date.now() / 1000) : now()
}
