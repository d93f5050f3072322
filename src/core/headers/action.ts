import { limits } from '../limits/table.ts'
import { saysCaching } from './cache.ts'
import { knownNames } from './known-names.ts'
import {
  connectionHeaders,
  foldHeaderName,
  isDroppedFromAnswers,
  isDroppedFromClients,
  isHeaderName,
} from './names.ts'

/** What becomes of a client's header: dropped, passed on, or looked into. */
export type RequestAction =
  | ('drop' | 'pass' | 'cookie' | 'connection' | 'content-length' | 'transfer-encoding')
  /** `Authorization`, and the header of our keys. */
  | ('authorization' | 'key')

/** What becomes of a header of the upstream's answer. */
export type AnswerAction = 'drop' | 'pass' | 'caching' | 'set-cookie' | 'location' | 'connection'

/** A request has twenty headers, and their spellings are always the same. */
const bounds = {
  mostOfOneLength: limits.rememberedHeaderNames,
  longestBytes: limits.rememberedHeaderNameBytes,
}

/**
 * Judges clients' header names for an app. `owned` are folded names that are ours alone, `keyHeader` the folded name of
 * the header of our keys; null: there are none.
 */
export function requestActions(
  owned: ReadonlySet<string>,
  keyHeader: string | null,
): (name: string) => RequestAction {
  return knownNames<RequestAction>((name) => {
    if (!isHeaderName(name)) return 'drop'
    const folded = foldHeaderName(name)
    if (owned.has(folded)) return 'drop'
    switch (folded) {
      case 'cookie':
      case 'connection':
      case 'content-length':
      case 'transfer-encoding':
      case 'authorization':
        return folded
      // What was judged is sent, not what was written: see core/headers/request.
      case 'destination':
        return 'drop'
    }
    if (isDroppedFromClients(folded)) return 'drop'
    return folded === keyHeader ? 'key' : 'pass'
  }, bounds)
}

/** Judges header names of answers; the same for every app. */
export const answerAction: (name: string) => AnswerAction = knownNames<AnswerAction>((name) => {
  const folded = foldHeaderName(name)
  switch (folded) {
    case 'set-cookie':
    case 'location':
    case 'connection':
      return folded
    case 'content-location':
      return 'location'
  }
  if (connectionHeaders.has(folded) || isDroppedFromAnswers(folded)) return 'drop'
  return saysCaching(folded) ? 'caching' : 'pass'
}, bounds)
