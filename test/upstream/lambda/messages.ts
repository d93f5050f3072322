// Messages of Lambda's event stream, made here from their specification: lengths, checksums, headers of type text.
// https://smithy.io/2.0/aws/amazon-eventstream.html
import { crc32 } from 'node:zlib'

export function message(headers: Readonly<Record<string, string>>, body: Buffer | string): Buffer {
  const named = Object.entries(headers).map(([name, value]) => {
    const [key, text] = [Buffer.from(name), Buffer.from(value)]
    const lengths = Buffer.from([7, text.length >> 8, text.length & 255])
    return Buffer.concat([Buffer.from([key.length]), key, lengths, text])
  })
  return ofParts(Buffer.concat(named), Buffer.from(body))
}

/** With whatever bytes as headers. */
export function ofParts(headers: Buffer, body: Buffer): Buffer {
  const bytes = Buffer.alloc(headers.length + body.length + 16)
  bytes.writeUInt32BE(bytes.length, 0)
  bytes.writeUInt32BE(headers.length, 4)
  bytes.writeUInt32BE(crc32(bytes.subarray(0, 8)), 8)
  headers.copy(bytes, 12)
  body.copy(bytes, 12 + headers.length)
  bytes.writeUInt32BE(crc32(bytes.subarray(0, -4)), bytes.length - 4)
  return bytes
}

export function payloadChunk(body: Buffer | string): Buffer {
  const type = { ':event-type': 'PayloadChunk', ':content-type': 'application/octet-stream' }
  return message({ ...type, ':message-type': 'event' }, body)
}

export function invokeComplete(said: object = {}): Buffer {
  const type = { ':event-type': 'InvokeComplete', ':content-type': 'application/json' }
  return message({ ...type, ':message-type': 'event' }, JSON.stringify(said))
}

/** The same bytes in pieces of so many. */
export function inPieces(bytes: Buffer, size: number): readonly Buffer[] {
  const count = Math.ceil(bytes.length / size)
  return Array.from({ length: count }, (_, i) => bytes.subarray(i * size, (i + 1) * size))
}
