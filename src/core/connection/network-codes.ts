import type { ConnectionFailure } from './facts.ts'

/** What name servers, the system's network and undici's sockets say (errno(3), getaddrinfo(3)). Null: another one. */
export function networkWords({ code, phase, scheme, isUnixSocket }: ConnectionFailure): string | null {
  if (closed.has(code)) return closedWords(phase, scheme)
  const ofSocket = isUnixSocket ? unixSocketWords.get(code) : undefined
  if (ofSocket !== undefined) return ofSocket
  if (isLost(code, phase)) return 'the network went away under an open connection'
  return ordinaryWords.get(code) ?? (code.startsWith('EAI_') ? lookupFailed : null)
}

const lookupFailed = 'its name could not be looked up: see the name server that this machine asks'

/** The other side ended the connection, properly or not. */
const closed: ReadonlySet<string> = new Set([
  ...['UND_ERR_SOCKET', 'UND_ERR_CLOSED', 'UND_ERR_DESTROYED', 'UND_ERR_ABORT', 'UND_ERR_ABORTED'],
  ...['ECONNRESET', 'EPIPE', 'ECONNABORTED', 'ERR_STREAM_PREMATURE_CLOSE', 'ERR_SOCKET_CLOSED'],
])

function closedWords(phase: ConnectionFailure['phase'], scheme: ConnectionFailure['scheme']): string {
  switch (phase) {
    case 'connecting':
      return 'it closed the connection as soon as it was made'
    case 'securing':
      return 'it closed the connection in the TLS handshake: it may speak http, or want another version of TLS'
    case 'asking':
      return scheme === 'https'
        ? 'it closed the connection without an answer: it broke off or was restarted, or it asks for a client certificate'
        : 'it closed the connection without an answer: it broke off or was restarted, or does not speak http'
    case 'answering':
      return 'it broke off in the midst of its answer'
  }
}

/** Of an open connection these are said by the system when its way there is gone. */
function isLost(code: string, phase: ConnectionFailure['phase']): boolean {
  const isOpen = phase === 'asking' || phase === 'answering'
  return isOpen && ['ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'ENETDOWN', 'ENETRESET'].includes(code)
}

const unixSocketWords: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'there is no such socket: it does not run, or makes its socket elsewhere'],
  ['ECONNREFUSED', 'nothing listens at this socket: it does not run, or the file is no socket'],
  ['EACCES', 'the gateway’s user may not open this socket: see its mode and owner, and those of its folder'],
  ['EPERM', 'the gateway’s user may not open this socket: see its mode and owner, and those of its folder'],
  ['ENOTSOCK', 'the file is no socket'],
  ['ENOTDIR', 'a part of the path is no folder'],
  ['EPROTOTYPE', 'the socket is one for datagrams, not for connections'],
  ['ENAMETOOLONG', 'the path of the socket is longer than the system takes'],
  ['ELOOP', 'the path of the socket has links that lead in a circle'],
  ['EAGAIN', 'it has too many connections that wait: it takes none'],
])

const ordinaryWords: ReadonlyMap<string, string> = new Map([
  ['ENOTFOUND', 'its name is unknown: no name server and no hosts file has it'],
  ['EAI_NONAME', 'its name is unknown: no name server and no hosts file has it'],
  ['EAI_NODATA', 'its name is known and has no address'],
  ['EAI_AGAIN', 'its name could not be looked up: no name server answered'],
  ['ECONNREFUSED', 'nothing listens there: it does not run, or listens at another port or address'],
  [
    'ETIMEDOUT',
    'it does not answer the attempt to connect: its machine is off, or a firewall drops what is sent',
  ],
  ['EHOSTUNREACH', 'no way leads there: its machine is off, or in another network'],
  ['EHOSTDOWN', 'its machine is off'],
  ['ENETUNREACH', 'no way leads to its network'],
  ['ENETDOWN', 'the network of this machine is down'],
  ['ENETRESET', 'the network of this machine was reset'],
  ['ENONET', 'this machine has no network'],
  ['EADDRNOTAVAIL', 'this machine has no address or no free port for it'],
  ['EADDRINUSE', 'this machine has no free port for it'],
  ['EAFNOSUPPORT', 'this machine does not know addresses of that kind (IPv6)'],
  ['EACCES', 'this machine forbids it: see its firewall'],
  ['EPERM', 'this machine forbids it: see its firewall'],
  ['EMFILE', 'the gateway has as many files and connections open as it may: raise its limit (`ulimit -n`)'],
  ['ENFILE', 'this machine has as many files and connections open as it may'],
  ['ENOBUFS', 'this machine has no memory left for connections'],
  ['ENOMEM', 'this machine has no memory left'],
  ['EINVAL', 'the system does not take this address'],
  [
    'UND_ERR_CONNECT_TIMEOUT',
    'it does not answer the attempt to connect: its machine is off, or a firewall drops what is sent',
  ],
  ['HTTPS_PROXY_CLOSED', 'the proxy that `HTTPS_PROXY` names closed the connection'],
  ['UND_ERR_PRX_TLS', 'no TLS could be had with the proxy that `HTTPS_PROXY` names'],
])
