import { foldHeaderName, isDroppedFromClients, isReservedHeader } from '../../core/headers/names.ts'

/** No provider sends it: a header that is told of it is dropped from clients, and never set. */
const noClaim = 'no-such-claim'

/** What the report says of it. */
export const droppedFromClients = `dropped from what clients send, as an identity header of a claim that nobody has (\`${noClaim}\`)`

/** Headers that oauth2-proxy wrote and that cannot be said: nobody else may write them. */
export function droppedHeaders(names: readonly string[]): Readonly<Record<string, string>> {
  const own = names.filter(
    (name) =>
      /^[A-Za-z0-9-]+$/.test(name) && !isReservedHeader(name) && !isDroppedFromClients(foldHeaderName(name)),
  )
  return Object.fromEntries(own.map((name) => [name, noClaim]))
}

/** What apps are told, by the names of headers. */
export interface ConvertedHeaders {
  readonly identity: Readonly<Record<string, string>>
  /** The same on every request. */
  readonly fixed: Readonly<Record<string, string>>
}
