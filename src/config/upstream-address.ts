import { type ReadWebAddress, readWebAddress } from './web-address.ts'

export type ReadUpstreamAddress =
  /** Null: an address of the network. */
  | (Extract<ReadWebAddress, { ok: true }> & { readonly socketPath: string | null })
  | Extract<ReadWebAddress, { ok: false }>

/**
 * Where an app is reached: a URL, or `unix:/run/wiki.sock` with a base path behind a second colon
 * (`unix:/run/wiki.sock:/prefix`). An app behind a socket is told `localhost` as its host.
 */
export function readUpstreamAddress(text: string): ReadUpstreamAddress {
  if (!text.startsWith('unix:')) {
    const read = readWebAddress(text)
    return read.ok ? { ...read, socketPath: null } : read
  }
  const [, socketPath = '', basePath = ''] = /^unix:([^:]*)(?::(.*))?$/s.exec(text) ?? []
  const message = socketPathFault(socketPath)
  if (message !== null) return { ok: false, message }
  if (text.endsWith(':') || (basePath !== '' && !basePath.startsWith('/'))) {
    return {
      ok: false,
      message: 'the base path behind the socket begins with "/": unix:/run/app.sock:/prefix',
    }
  }
  const read = readWebAddress(`http://localhost${basePath}`)
  return read.ok ? { ...read, socketPath } : read
}

/** The socket of `unix:/run/claimgate.sock`, to listen on; null for what is no socket. */
export function readSocketAddress(
  text: string,
): { readonly ok: true; readonly path: string } | { readonly ok: false; readonly message: string } | null {
  if (!text.startsWith('unix:')) return null
  const path = text.slice('unix:'.length)
  const message = listenPathFault(path)
  return message === null ? { ok: true, path } : { ok: false, message }
}

/** It is made under a name with a process id behind it, and then put in its place. */
const listenPathBytes = 96

function listenPathFault(path: string): string | null {
  if (path.includes(':')) return 'expected the path of a socket alone: unix:/run/claimgate.sock'
  const fault = socketPathFault(path)
  if (fault !== null || Buffer.byteLength(path) <= listenPathBytes) return fault
  return `the path of a socket that is listened on has at most ${listenPathBytes} bytes`
}

/** What the system takes for the name of a socket, without the byte that ends it (unix(7)). */
const socketPathBytes = 107

/** Why a path can be no socket's; null when it can. */
function socketPathFault(path: string): string | null {
  if (!path.startsWith('/')) return 'expected the whole path of a socket: unix:/run/app.sock'
  if (/[\u0000-\u001f\u007f]/.test(path)) return 'the path of a socket must not hold controls'
  if (path.endsWith('/')) return 'the path of a socket must not end with "/"'
  if (Buffer.byteLength(path) > socketPathBytes)
    return `the path of a socket has at most ${socketPathBytes} bytes`
  return null
}
