import type { Socket } from 'node:net'

/**
 * From now on a write that fails, as the other side has closed or reset the connection, ends nothing: what came from
 * there before is still to be read, and often says why (413 to a body that is too long, and a close). Such a write
 * counts as never done, so no more is written; what is read ends in the end of the connection, or its error, which
 * then is the socket's. Only for sockets that are read all the time: else nothing would tell.
 */
export function readBeyondFailedWrites(socket: Socket): void {
  const write = socket._write.bind(socket)
  const writev = socket._writev?.bind(socket)
  const unlessClosed = (done: Done): Done => {
    return (error) => {
      if (!closedByPeer(error) || socket.readableEnded || socket.destroyed) done(error)
    }
  }
  socket._write = (chunk, encoding, done) => write(chunk, encoding, unlessClosed(done))
  if (writev !== undefined) socket._writev = (chunks, done) => writev(chunks, unlessClosed(done))
}

type Done = (error?: Error | null) => void

function closedByPeer(error: NodeJS.ErrnoException | null | undefined): boolean {
  return error?.code === 'EPIPE' || error?.code === 'ECONNRESET'
}
