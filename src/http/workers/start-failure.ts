import { errorCode } from '../../core/error-code.ts'
import { ConfigFault, isFault } from '../../core/fault.ts'
import type { StartFailure } from './messages.ts'

/** What can be said in another process of why a worker could not begin. */
export function failureOf(thrown: unknown): StartFailure {
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  const system: Record<string, string | number> = {}
  if (errorCode(thrown) !== null && !isFault(thrown)) {
    for (const [name, value] of Object.entries(Object(thrown)))
      if (typeof value === 'string' || typeof value === 'number') system[name] = value
  }
  return { message, isFault: isFault(thrown), system }
}

/** The same as it was thrown there, as far as whoever starts a gateway looks. */
export function errorOfFailure({ message, isFault: ours, system }: StartFailure): Error {
  return ours ? new ConfigFault('CONFIG_INVALID', message) : Object.assign(new Error(message), system)
}
