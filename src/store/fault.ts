import { type FaultCode, StoreFault } from '../core/fault.ts'

/** Primary result codes, https://www.sqlite.org/rescode.html; an extended code has them in its low byte. */
const codes: Readonly<Record<number, { readonly code: FaultCode; readonly what: string }>> = {
  5: { code: 'STORE_UNAVAILABLE', what: 'is locked by another process' },
  6: { code: 'STORE_UNAVAILABLE', what: 'is locked by another process' },
  8: { code: 'STORE_UNAVAILABLE', what: 'cannot be written: it is read-only' },
  10: { code: 'STORE_UNAVAILABLE', what: 'cannot be read or written: the disk reports an error' },
  11: { code: 'STORE_INVALID', what: 'is damaged' },
  13: { code: 'STORE_FULL', what: 'cannot grow: the disk is full' },
  14: { code: 'STORE_UNAVAILABLE', what: 'cannot be opened' },
  26: { code: 'STORE_INVALID', what: 'is not a database' },
}

/** What a file holds, for messages. */
export type StoreName = 'session store' | 'key store' | 'store of the limits'

/** A StoreFault for what node:sqlite threw, told by its code, never by its text; `place` is the file. */
export function toStoreFault(thrown: unknown, place: string, name: StoreName = 'session store'): StoreFault {
  if (thrown instanceof StoreFault) return thrown
  const entry = codes[primaryCode(thrown)]
  if (entry === undefined)
    return new StoreFault('STORE_UNAVAILABLE', `the ${name} ${place} does not answer`, thrown)
  return new StoreFault(entry.code, `the ${name} ${place} ${entry.what}`, thrown)
}

/** Whether another process holds the lock, so that the same call may succeed in a moment. */
export function isBusy(thrown: unknown): boolean {
  const code = primaryCode(thrown)
  return code === 5 || code === 6
}

/** -1: it is none of SQLite's. */
function primaryCode(thrown: unknown): number {
  const errcode: unknown = thrown instanceof Error ? Reflect.get(thrown, 'errcode') : null
  return typeof errcode === 'number' ? errcode & 0xff : -1
}
