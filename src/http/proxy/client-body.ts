import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import type { Timeouts } from '../../core/gateway.ts'
import { announcesBody, expectsContinue } from '../../core/request/body.ts'
import type { HeldShare } from '../../runtime/held-share.ts'
import { systemTiming, type Timing } from '../../runtime/timing.ts'
import { HeldBody } from './held-body.ts'
import { announcedLength, bodyTooLarge, Upload } from './upload.ts'

/** Whose body it is, and what it may be. */
interface ClientBodySetup {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly timeouts: Pick<Timeouts, 'idleSeconds' | 'body'>
  /** Null: no limit. */
  readonly maxBodyBytes: number | null
  /** Where it is counted while it is held; null: it is sent as it comes. */
  readonly share: HeldShare | null
  /** That of a form that waited, in place of what came; null: what comes counts. */
  readonly form: Buffer | null
}

/** Hears one of `onReady` and `onFault`; after `onReady` with a stream `onFault` may come, once. */
interface ClientBodyListener {
  /** It may be sent; null: there is none. */
  readonly onReady: (body: Readable | Buffer | null) => void
  readonly onFault: (fault: Error) => void
  /** Asked when a body will be read; returns who hears of each piece of it; null: nobody. */
  readonly onPiece: () => (() => void) | null
}

/** The body of one request on its way to the upstream: as it comes, or held until its last byte is there. */
export class ClientBody {
  readonly #setup: ClientBodySetup
  readonly #listener: ClientBodyListener
  readonly #timing: Timing
  #upload: Upload | null = null
  #held: HeldBody | null = null

  constructor(setup: ClientBodySetup, listener: ClientBodyListener, timing: Timing = systemTiming) {
    this.#setup = setup
    this.#listener = listener
    this.#timing = timing
  }

  /** Refuses first what is announced to be too long. */
  start(): void {
    const { request, maxBodyBytes, share, form } = this.#setup
    const comes = form === null && announcesBody(request.headers)
    const bytes = form?.length ?? announcedLength(request) ?? 0
    // What waited was as long as it might be at the time: only where nothing longer can be sent it is asked again.
    if (maxBodyBytes !== null && bytes > maxBodyBytes && (comes || share !== null))
      this.#listener.onFault(bodyTooLarge())
    else if (share !== null && (comes || form !== null)) this.#hold(share, form)
    else if (comes) {
      this.#upload = new Upload(request, this.#limits(), this.#uploadListener(), this.#timing)
      this.#listener.onReady(this.#upload)
    } else this.#listener.onReady(form === null || bytes === 0 ? null : Readable.from([form]))
  }

  /** Nobody takes the rest of it. What is held stays so. */
  leave(): void {
    this.#upload?.destroy()
  }

  /** The exchange is over: nothing of it is held any more. */
  close(): void {
    this.leave()
    this.#held?.release()
  }

  #hold(share: HeldShare, form: Buffer | null): void {
    const { request, response } = this.#setup
    const held = new HeldBody(share)
    this.#held = held
    const ready = (body: Buffer) => this.#listener.onReady(body.length === 0 ? null : body)
    if (form !== null) {
      if (held.take(form)) ready(form)
      else this.#listener.onFault(held.full())
      return
    }
    if (!held.hasRoomFor(announcedLength(request))) {
      this.#listener.onFault(held.full())
      return
    }
    // Only now: whoever waits for it keeps the body where there is no room.
    if (expectsContinue(request)) response.writeContinue()
    held.read(request, this.#limits(), { ...this.#uploadListener(), onWhole: ready }, this.#timing)
  }

  #limits() {
    const { timeouts, maxBodyBytes } = this.#setup
    return { maxBytes: maxBodyBytes, idleMs: timeouts.idleSeconds * 1000, rate: timeouts.body }
  }

  #uploadListener() {
    const { onFault, onPiece } = this.#listener
    return { onFault, onPiece: onPiece() }
  }
}
