// A way to a server that falls silent without telling anybody: what goes through it stops, and no connection is closed.
import { connect, createServer, type Socket } from 'node:net'
import { portOf } from './ports.ts'

export interface MuteProxy {
  readonly port: number
  /** Connections of now pass nothing more; with `others`, later ones neither. */
  mute(others: 'later ones too' | 'those of now'): void
  /** Later connections pass again. */
  unmute(): void
  close(): Promise<void>
}

export async function startMuteProxy(to: number): Promise<MuteProxy> {
  const sockets = new Set<Socket>()
  let muteAll = false
  const server = createServer((near) => {
    const far = connect(to, '127.0.0.1')
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one)
      one.on('error', () => other.destroy())
      one.on('close', () => {
        sockets.delete(one)
        other.destroy()
      })
      if (!muteAll) one.pipe(other)
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: portOf(server),
    mute(others) {
      muteAll = others === 'later ones too'
      for (const socket of sockets) socket.unpipe().pause()
    },
    unmute() {
      muteAll = false
    },
    close: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}
