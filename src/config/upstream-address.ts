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

/** What the system takes for the name of a socket, without the byte that ends it (unix(7)). */
const socketPathBytes = 107

/** Why a path can be no socket's; null when it can. */
export function socketPathFault(path: string): string | null {
  if (!path.startsWith('/')) return 'expected the whole path of a socket: unix:/run/app.sock'
  if (/[\u0000-\u001f\u007f]/.test(path)) return 'the path of a socket must not hold controls'
  if (path.endsWith('/')) return 'the path of a socket must not end with "/"'
  if (Buffer.byteLength(path) > socketPathBytes)
    return `the path of a socket has at most ${socketPathBytes} bytes`
  return null
}
