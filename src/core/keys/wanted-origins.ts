import type { Gateway } from '../gateway.ts'
import { isList, type Json } from '../json.ts'
import { limits } from '../limits/table.ts'
import { showOwn } from '../show.ts'
import { keyOriginFault } from './key-origins.ts'

export type ReadWantedOrigins =
  | { readonly ok: true; readonly origins: readonly string[] }
  /** What is wrong, all of it. */
  | { readonly ok: false; readonly messages: readonly string[] }

/** What origins are held against. */
export type OriginSurroundings = Pick<Gateway, 'hosts'> & {
  readonly apiKeys: { readonly selfService: { readonly origins: boolean } | null }
}

/**
 * Reads what a program, a command or a person says of the origins of a key: a list, each once; nothing said or an empty
 * one: it has none. Nothing is repaired. A person's key gets none where people may not name them: they would not count.
 */
export function readWantedOrigins(
  value: Json | undefined,
  ofPerson: boolean,
  { hosts, apiKeys }: OriginSurroundings,
): ReadWantedOrigins {
  const refused = (...messages: string[]): ReadWantedOrigins => ({ ok: false, messages })
  if (value === undefined) return { ok: true, origins: [] }
  if (value === null || !isList(value) || !value.every((one) => typeof one === 'string'))
    return refused('expected a list of texts')
  if (value.length > limits.keyOrigins) return refused(`has more than ${limits.keyOrigins} entries`)
  if (value.length > 0 && ofPerson && apiKeys.selfService?.origins !== true)
    return refused('need `api_keys.self_service.origins: true`: without it a person’s key has none')
  const messages = value.flatMap((one) => {
    const fault = keyOriginFault(one, hosts)
    return fault === null ? [] : [`"${showOwn(one, 100)}" ${fault}`]
  })
  return messages.length === 0 ? { ok: true, origins: [...new Set(value)] } : refused(...messages)
}
