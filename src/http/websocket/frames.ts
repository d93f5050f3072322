/** Why the gateway closes a WebSocket: RFC 6455 section 7.4.1; 1012 stands in IANA's registry of that section. */
export const closeCodes = { goingAway: 1001, policyViolation: 1008, serviceRestart: 1012 } as const

/** A Close frame from server to client: unmasked, with a code and nothing else (RFC 6455 section 5.5.1). */
export function closeFrame(code: number): Buffer {
  return Buffer.from([0x88, 2, code >> 8, code & 0xff])
}

/** Follows a stream of frames just far enough to know where one ends. Looks at no payload and keeps none. */
export interface FrameTracker {
  /** Takes the next bytes. Whether one of them belongs to a data frame (RFC 6455 section 5.6), not to a control frame. */
  pass(bytes: Buffer): boolean
  /** Whether what passed so far ends with the end of a frame: only there another frame may be put in. */
  atBoundary(): boolean
}

/** For one direction. Frames are followed masked or not, whatever RFC 6455 says for the direction. */
export function createFrameTracker(): FrameTracker {
  /** The bytes of an unfinished frame header; 14 at most. */
  const header = Buffer.alloc(14)
  let known = 0
  let payloadLeft = 0n
  return {
    pass(bytes) {
      let at = 0
      let carriesData = false
      while (at < bytes.length) {
        if (payloadLeft > 0n) {
          carriesData ||= isData(header)
          const step = BigInt(bytes.length - at) < payloadLeft ? bytes.length - at : Number(payloadLeft)
          at += step
          payloadLeft -= BigInt(step)
          continue
        }
        header[known] = bytes[at] ?? 0
        known += 1
        at += 1
        if (known >= 2 && known === headerLength(header)) {
          carriesData ||= isData(header)
          payloadLeft = payloadLength(header)
          known = 0
        }
      }
      return carriesData
    },
    atBoundary: () => known === 0 && payloadLeft === 0n,
  }
}

/** Opcodes from 8 on are control frames: Close, Ping, Pong. */
function isData(header: Buffer): boolean {
  return ((header[0] ?? 0) & 0x0f) < 8
}

/** RFC 6455 section 5.2: two bytes, two or eight more for a long payload, four for a mask. */
function headerLength(header: Buffer): number {
  const second = header[1] ?? 0
  const length = second & 0x7f
  return 2 + (length === 126 ? 2 : length === 127 ? 8 : 0) + (second & 0x80 ? 4 : 0)
}

function payloadLength(header: Buffer): bigint {
  const length = (header[1] ?? 0) & 0x7f
  if (length === 126) return BigInt(header.readUInt16BE(2))
  return length === 127 ? header.readBigUInt64BE(2) : BigInt(length)
}
