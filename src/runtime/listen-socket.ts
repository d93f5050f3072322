import { chmodSync, lstatSync, renameSync, rmSync } from 'node:fs'
import { ConfigFault } from '../core/fault.ts'

/** The Unix socket that requests come by, from before anybody listens until it is removed. */
export interface ListenSocket {
  /** Where to listen at first: nobody looks there, so that nobody connects before the permissions are right. */
  readonly draft: string
  /** Puts what listens in its place; nothing when nobody has made a new one since. */
  place(): void
  /** Removes it from its place, unless another one stands there by now. */
  remove(): void
}

/** Whether somebody listens on a socket; what cannot be asked is somebody's. */
export type AnswersAt = (path: string) => Promise<boolean>

/**
 * Sees whether the place of a socket can be taken: it is free, or a gateway that is gone has left its socket there.
 * Throws a fault where one answers, and where any other file stands, which is never touched.
 */
export async function openListenSocket(
  { path, mode }: { readonly path: string; readonly mode: number | null },
  answersAt: AnswersAt,
): Promise<ListenSocket> {
  const seen = await checkFree(path, answersAt)
  const draft = `${path}.${process.pid}`
  const left = kindAt(draft)
  // Of a process that had the same id: in a container each has.
  if (left === 'socket') rmSync(draft, { force: true })
  if (left === 'other') throw notOurs(draft)
  let placed: number | null = null
  return {
    draft,
    place: () => {
      if (kindAt(draft) === 'none') return
      if (mode !== null) chmodSync(draft, mode)
      // In a moment between, another one may have come.
      const there = inodeOf(path)
      if (there !== seen && (there === null || there !== placed)) throw taken(path)
      renameSync(draft, path)
      placed = inodeOf(path)
    },
    remove: () => {
      if (inodeOf(path) === placed) rmSync(path, { force: true })
    },
  }
}

/** The socket that is left there; null: none is. */
async function checkFree(path: string, answersAt: AnswersAt): Promise<number | null> {
  if (kindAt(path) === 'other') throw notOurs(path)
  const seen = inodeOf(path)
  if (seen !== null && (await answersAt(path))) throw taken(path)
  return seen
}

function taken(path: string): ConfigFault {
  const message = `listen: unix:${path} is taken: stop what listens there, or set \`listen\` to another path`
  return new ConfigFault('CONFIG_INVALID', message)
}

function notOurs(path: string): ConfigFault {
  const message = `listen: ${path} is there and no socket: it is left alone; remove it, or set \`listen\` to another path`
  return new ConfigFault('CONFIG_INVALID', message)
}

/** A link is no socket, whatever it leads to. */
function kindAt(path: string): 'none' | 'socket' | 'other' {
  const found = lstatSync(path, { throwIfNoEntry: false })
  if (found === undefined) return 'none'
  return found.isSocket() ? 'socket' : 'other'
}

function inodeOf(path: string): number | null {
  return lstatSync(path, { throwIfNoEntry: false })?.ino ?? null
}
