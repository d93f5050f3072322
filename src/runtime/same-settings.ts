import { Secret } from '../core/secret.ts'

/** Whether two parts of a model say the same: secrets by what they hold, which no ordinary comparison sees. */
export function sameSettings(one: unknown, other: unknown): boolean {
  return written(one) === written(other)
}

function written(settings: unknown): string {
  return JSON.stringify(settings, function (this: Readonly<Record<string, unknown>>, key) {
    const value = this[key]
    if (value instanceof Secret) return value.reveal()
    return value instanceof Map ? [...value] : value
  })
}
