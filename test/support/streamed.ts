import type { Readable } from 'node:stream'

/** The body of a request to an app, where it goes as it comes; null: there is none. */
export function streamed(body: Readable | Buffer | null | undefined): Readable | null {
  if (Buffer.isBuffer(body)) throw new Error('the body was sent as a whole')
  return body ?? null
}
