import type { Duplex } from 'node:stream'
import { limits } from '../../core/limits/table.ts'
import { systemTiming, type Timing } from '../../runtime/timing.ts'
import { closeFrame, createFrameTracker } from './frames.ts'

/** An open WebSocket between a client and an upstream. */
export interface Tunnel {
  /** Ends it: with a Close frame of this code where one fits between two frames, else by cutting the connection. */
  close(code: number): void
}

export interface TunnelEvents {
  /** Both sides have closed. */
  onClosed(): void
  /** The client sent a piece of a data frame; null: nobody wants to know. */
  readonly onClientData: (() => void) | null
}

/**
 * Passes bytes both ways until either side ends. What one side does not take, the other is not asked for: at most
 * the buffers of two sockets lie here. WebSockets may be silent for as long as they like; TCP's own keep-alive
 * finds peers that are gone.
 */
export function openTunnel(
  client: Duplex,
  upstream: Duplex,
  { onClosed, onClientData }: TunnelEvents,
  timing: Timing = systemTiming,
): Tunnel {
  const frames = createFrameTracker()
  upstream.on('data', (bytes: Buffer) => frames.pass(bytes))
  if (onClientData !== null) {
    const sent = createFrameTracker()
    client.on('data', (bytes: Buffer) => sent.pass(bytes) && onClientData())
  }
  let open = 2
  const sides: readonly [Duplex, Duplex][] = [
    [client, upstream],
    [upstream, client],
  ]
  for (const [side, other] of sides) {
    // A peer that breaks off is no fault of the process; `close` follows.
    side.on('error', () => {})
    side.on('close', () => {
      leave(timing, other)
      open -= 1
      if (open === 0) onClosed()
    })
    // Half a WebSocket is of no use (RFC 6455 7.1.1): the other side may finish what is under way, and no more.
    side.on('end', () => cutLater(timing, client, upstream))
    side.pipe(other)
  }
  return {
    close(code) {
      if (open < 2) return
      if (frames.atBoundary()) client.write(closeFrame(code))
      else client.destroy()
      upstream.destroy()
    },
  }
}

function cutLater(timing: Timing, ...sides: readonly Duplex[]): void {
  timing.after(limits.webSocketClosingMs, () => {
    for (const side of sides) side.destroy()
  })
}

/** Lets a side take what was written to it, and closes it; nothing more is passed on from there. */
function leave(timing: Timing, side: Duplex): void {
  side.end()
  side.unpipe().resume()
  cutLater(timing, side)
}
