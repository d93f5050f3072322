import type { IncomingMessage } from 'node:http'
import type { UpstreamFault } from '../../core/fault.ts'
import { Pieces } from '../../core/pieces.ts'
import { type HeldShare, hasRoomFor, refuseHeldBody } from '../../runtime/held-share.ts'
import { systemTiming, type Timing } from '../../runtime/timing.ts'
import { announcedLength, Upload, type UploadLimits, type UploadListener } from './upload.ts'

interface HeldBodyListener extends UploadListener {
  /** Called once, when its last byte is there. */
  readonly onWhole: (body: Buffer) => void
}

/**
 * A body that is held until it is sent in one piece. Bytes that came are counted as held, from then until `release`;
 * what is only announced is not. The listener hears one of the two, a fault or the whole, unless it is released before.
 */
export class HeldBody {
  readonly #share: HeldShare
  #upload: Upload | null = null
  #bytes = 0
  #over = false

  constructor(share: HeldShare) {
    this.#share = share
  }

  /** Whether so much could be held now; null: the body does not say how long it is, and needs a byte at least. */
  hasRoomFor(announced: number | null): boolean {
    return hasRoomFor(this.#share, announced)
  }

  /** Reads the body of a request, within the limits that any body has. */
  read(
    request: IncomingMessage,
    limits: UploadLimits,
    listener: HeldBodyListener,
    timing: Timing = systemTiming,
  ): void {
    const pieces = new Pieces(announcedLength(request))
    const upload = new Upload(request, limits, listener, timing)
    this.#upload = upload
    upload.on('data', (piece: Buffer) => {
      if (this.#over) return
      if (this.#count(piece.length)) {
        pieces.add(piece)
        return
      }
      pieces.drop()
      upload.destroy()
      listener.onFault(this.full())
    })
    upload.once('end', () => {
      if (!this.#over) listener.onWhole(pieces.take())
    })
  }

  /** One that is here already, as a form that waited. False: there is no room for it. */
  take(body: Buffer): boolean {
    return this.#count(body.length)
  }

  /** That there was no room: of the network, or at all. It is counted each time. */
  full(): UpstreamFault {
    return refuseHeldBody(this.#share)
  }

  /** Whatever became of it: it is held no more. Counts once, however often it is called. */
  release(): void {
    if (this.#over) return
    this.#over = true
    this.#upload?.destroy()
    this.#share.held.release(this.#share.network, this.#bytes)
  }

  #count(bytes: number): boolean {
    const { held, network, bounds } = this.#share
    if (this.#over || !held.take(network, bytes, bounds)) return false
    this.#bytes += bytes
    return true
  }
}
