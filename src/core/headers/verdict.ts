import { limits } from '../limits/table.ts'
import { saysCaching } from './cache.ts'
import {
  connectionHeaders,
  foldHeaderName,
  isDroppedFromAnswers,
  isDroppedFromClients,
  isHeaderName,
} from './names.ts'

/** What becomes of a client's header: dropped, passed on, or looked into. */
export type RequestVerdict =
  | 'drop'
  | 'pass'
  | 'cookie'
  | 'connection'
  | 'content-length'
  | 'transfer-encoding'

/** What becomes of a header of the upstream's answer. */
export type AnswerVerdict = 'drop' | 'pass' | 'caching' | 'set-cookie' | 'location' | 'connection'

/** Judges clients' header names for an app; `owned` are folded names that are ours alone. */
export function requestVerdicts(owned: ReadonlySet<string>): (name: string) => RequestVerdict {
  return remembered((name) => {
    if (!isHeaderName(name)) return 'drop'
    const folded = foldHeaderName(name)
    if (owned.has(folded)) return 'drop'
    switch (folded) {
      case 'cookie':
      case 'connection':
      case 'content-length':
      case 'transfer-encoding':
        return folded
    }
    return isDroppedFromClients(folded) ? 'drop' : 'pass'
  })
}

/** Judges header names of answers; the same for every app. */
export const answerVerdict: (name: string) => AnswerVerdict = remembered((name) => {
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
})

/**
 * The same judgement, worked out once a spelling: a request has twenty headers, and they are always the same. Clients
 * choose the names, so their number is bounded, and so is the length of what is kept.
 */
function remembered<V extends string>(judge: (name: string) => V): (name: string) => V {
  const verdicts = new Map<string, V>()
  return (name) => {
    const known = verdicts.get(name)
    if (known !== undefined) return known
    const verdict = judge(name)
    if (name.length > limits.rememberedHeaderNameBytes) return verdict
    if (verdicts.size >= limits.rememberedHeaderNames) verdicts.clear()
    verdicts.set(name, verdict)
    return verdict
  }
}
