import { lookup } from 'node:dns/promises'
import { type AddressInfo, connect, type Server } from 'node:net'
import { errorCode } from '../../core/error-code.ts'
import { ConfigFault, isFault } from '../../core/fault.ts'
import type { ListenAddress, ListenSettings } from '../../core/gateway.ts'
import { type ListenSocket, openListenSocket } from '../../runtime/listen-socket.ts'

/** Where one server listens. */
export type ServerPlace = ListenAddress | { readonly path: string }

/** Lets a server listen; rejects with what the system says. */
export type Listen = (place: ServerPlace) => Promise<unknown>

/** Accepts connections where the file says. Null: at an address of the network. Throws a fault where a socket cannot be made. */
export async function listenOn(listen: Listen, settings: ListenSettings): Promise<ListenSocket | null> {
  if (settings.socketPath === null) {
    await listen(placeOf(settings))
    return null
  }
  const socket = await openListenSocket({ path: settings.socketPath, mode: settings.mode }, answersAt)
  await makingSocket(settings.socketPath, async () => {
    await listen({ path: socket.draft })
    socket.place()
  })
  return socket
}

/** The same for a worker: another process puts the socket in its place. */
export async function listenAtDraft(
  listen: Listen,
  settings: ListenSettings,
  draft: string | null,
): Promise<null> {
  if (settings.socketPath === null || draft === null) await listen(placeOf(settings))
  else await makingSocket(settings.socketPath, () => listen({ path: draft }))
  return null
}

/** A server that no framework lets listen. */
export function listenServer(server: Server, place: ServerPlace): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(place, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

/** The addresses of a host to listen on: of `localhost` all that the system knows, of any other the one that it is. */
export async function addressesOf(host: string): Promise<readonly [string, ...string[]]> {
  if (host !== 'localhost') return [host]
  const found = await lookup(host, { all: true }).catch(() => [])
  const [first = host, ...others] = new Set(found.map(({ address }) => address))
  return [first, ...others]
}

/** What the system says of it as a fault that says what would be right. */
async function makingSocket(path: string, make: () => Promise<unknown>): Promise<void> {
  try {
    await make()
  } catch (thrown) {
    const code = errorCode(thrown)
    if (isFault(thrown) || code === null) throw thrown
    const message = `listen: unix:${path} cannot be made (${code}): its folder must be there, and this user may write into it`
    throw new ConfigFault('CONFIG_INVALID', message, thrown)
  }
}

/** A copy that Fastify may write to; the model is frozen. */
export function placeOf({ host, port }: ListenAddress): ListenAddress {
  return { host, port }
}

/** The port that was really taken. */
export function portOf(address: string | AddressInfo | null, wanted: ListenAddress): number {
  return address !== null && typeof address === 'object' ? address.port : wanted.port
}

/** Whether somebody listens on a socket. Only a refusal says that nobody does; what cannot be asked is somebody's. */
export function answersAt(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path)
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', (error: NodeJS.ErrnoException) => {
      resolve(error.code !== 'ECONNREFUSED' && error.code !== 'ENOENT')
    })
  })
}
