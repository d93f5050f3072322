import type { IncomingMessage } from 'node:http'
import type { BodyRate } from '../../core/gateway.ts'
import { limits } from '../../core/limits/table.ts'
import { systemTiming, type Timing } from '../../runtime/timing.ts'
import { BodyPace } from '../proxy/body-pace.ts'
import { bodyStalled } from '../proxy/upload.ts'

/**
 * Ends a form of the gateway's own that takes too long as a whole, or comes more slowly than the rate (null: any): a
 * small one has no reason to, and without an end sockets could be held by a byte now and then. Fastify reads it, and
 * answers the error that the request then emits, once; nothing happens after its last byte, or when the client left,
 * or when it was refused meanwhile.
 */
export function limitFormTime(
  request: IncomingMessage,
  rate: BodyRate | null,
  timing: Timing = systemTiming,
): void {
  const tooSlow = () => {
    over()
    request.emit('error', bodyStalled())
  }
  const pace = new BodyPace({ rate, idleMs: limits.formMs }, tooSlow, timing)
  const stopTimer = timing.after(limits.formMs, tooSlow)
  const over = () => {
    stopTimer()
    pace.close()
  }
  // Who reads it listens as long as it reads. A form that was refused (413, 415) is dropped, in a time of its own.
  request.on('error', () => {})
  pace.start()
  request.on('data', (chunk: Buffer) => pace.took(chunk.length))
  request.once('close', over)
  request.once('end', over)
}
