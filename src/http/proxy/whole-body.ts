import type { IncomingMessage } from 'node:http'
import { Pieces } from '../../core/pieces.ts'
import { systemTiming, type Timing } from '../../runtime/timing.ts'
import { announcedLength, Upload, type UploadLimits } from './upload.ts'

/**
 * A request body as a whole, within the limits that it has on its way to an app. Rejects with an UpstreamFault when it is
 * longer, or slower, and when the client goes away before its end.
 */
export function readWholeBody(
  request: IncomingMessage,
  limits: UploadLimits,
  timing: Timing = systemTiming,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const pieces = new Pieces(announcedLength(request))
    const upload = new Upload(request, limits, { onFault: reject, onPiece: null }, timing)
    upload.on('data', (piece: Buffer) => pieces.add(piece))
    upload.once('end', () => resolve(pieces.take()))
    request.once('close', () => {
      // One that came to its end may be destroyed before that end was read: then nothing else tells.
      if (!request.readableEnded) reject(new Error('the client went away'))
    })
  })
}
