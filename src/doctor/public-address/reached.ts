import { isObject, parseJson } from '../../core/json.ts'
import type { Answer } from './ask.ts'

/** What a process of this deployment says to a mark. */
export interface Reached {
  readonly instance: string
  readonly edition: number
  readonly client: string | null
  readonly scheme: string | null
  readonly origin: string | null
}

/** Null: it is no such process, or says nothing to this mark. */
export function believedIn(answer: Answer): Reached | null {
  const body = answer.ok && answer.status === 200 ? parseJson(answer.body) : null
  if (!isObject(body)) return null
  const { instance, edition, client, scheme, origin } = body
  if (typeof instance !== 'string' || typeof edition !== 'number') return null
  return { instance, edition, client: textOf(client), scheme: textOf(scheme), origin: textOf(origin) }
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}
