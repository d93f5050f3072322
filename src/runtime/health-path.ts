import { createHash } from 'node:crypto'
import { chmodSync, renameSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Gateway } from '../core/gateway.ts'
import { makeFolder } from '../store/folder.ts'

/** The kernel takes no longer path for a socket than 107 bytes, and a draft has a process id behind it. */
const longestPath = 96

/**
 * Where the gateway of this configuration may answer `claimgate health`, in the order in which it tries to and is looked
 * for: in its data folder, named by where it listens; where that cannot be written, or the path is too long for a
 * socket, in the system's folder for temporary files.
 */
export function healthSocketPaths({
  dataFolder,
  listeners: [listen],
}: Pick<Gateway, 'dataFolder' | 'listeners'>): readonly string[] {
  const name = listen.socketPath === null ? `${listen.port}` : hashOf(listen.socketPath)
  const path = join(dataFolder, `health-${name}.sock`)
  const elsewhere = join(tmpdir(), `claimgate-${hashOf(path)}.sock`)
  return Buffer.byteLength(path) <= longestPath ? [path, elsewhere] : [elsewhere]
}

function hashOf(path: string): string {
  return createHash('sha256').update(path).digest('hex').slice(0, 16)
}

/**
 * Where to listen before the socket is put at its path: nobody looks there. Makes the folder, and removes what a process
 * of the same id left. Throws what the system says.
 */
export function prepareDraft(path: string): string {
  makeFolder(dirname(path))
  const draft = `${path}.${process.pid}`
  removeSocket(draft)
  return draft
}

/** Which socket it is that stands at a path: another gateway's may have taken its place. */
export type SocketMark = number

/**
 * Puts a socket that listens where it is looked for, for this user alone: over one that a killed gateway left behind,
 * or one that is just draining. Null when the place cannot be written.
 */
export function placeSocket(draft: string, path: string): SocketMark | null {
  try {
    // Whoever may connect is given marks, and asks the store.
    chmodSync(draft, 0o600)
    renameSync(draft, path)
    return statSync(path).ino
  } catch {
    rmSync(draft, { force: true })
    return null
  }
}

/** Removes what stands there; with a mark only that very socket. */
export function removeSocket(path: string, mark: SocketMark | null = null): void {
  if (mark !== null && statSync(path, { throwIfNoEntry: false })?.ino !== mark) return
  rmSync(path, { force: true })
}
