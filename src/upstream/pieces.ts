import { Readable } from 'node:stream'
import { limits } from '../core/limits/table.ts'

export const pieceBytes = limits.upstreamPieceBytes

/** Bytes that are all there, as a stream that is read no faster than they are taken. Copies none of them. */
export function piecesOf(bytes: Buffer): Readable {
  let at = 0
  return new Readable({
    highWaterMark: pieceBytes,
    read() {
      const from = at
      at += pieceBytes
      this.push(from < bytes.length ? bytes.subarray(from, at) : null)
    },
  })
}

/** The lines with one `Content-Length`: that of these bytes, whatever was announced. */
export function withLength(headers: readonly string[], bytes: Buffer): readonly string[] {
  const lines: string[] = []
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = headers[i] ?? ''
    if (name.toLowerCase() !== 'content-length') lines.push(name, headers[i + 1] ?? '')
  }
  lines.push('Content-Length', String(bytes.length))
  return lines
}
