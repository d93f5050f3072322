import { type AddressInfo, connect } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { errorCode } from '../../core/error-code.ts'
import { ConfigFault, isFault } from '../../core/fault.ts'
import type { ListenAddress, ListenSettings } from '../../core/gateway.ts'
import { type ListenSocket, openListenSocket } from '../../runtime/listen-socket.ts'

/** Accepts connections where the file says. Null: at an address of the network. Throws a fault where a socket cannot be made. */
export async function listenOn(app: FastifyInstance, listen: ListenSettings): Promise<ListenSocket | null> {
  if (listen.socketPath === null) {
    await app.listen(placeOf(listen))
    return null
  }
  const socket = await openListenSocket({ path: listen.socketPath, mode: listen.mode }, answersAt)
  await makingSocket(listen.socketPath, async () => {
    await app.listen({ path: socket.draft })
    socket.place()
  })
  return socket
}

/** The same for a worker: another process puts the socket in its place. */
export async function listenAtDraft(
  app: FastifyInstance,
  listen: ListenSettings,
  draft: string | null,
): Promise<null> {
  if (listen.socketPath === null || draft === null) await app.listen(placeOf(listen))
  else await makingSocket(listen.socketPath, () => app.listen({ path: draft }))
  return null
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
