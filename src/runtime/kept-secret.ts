import {
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  fstatSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { errorCode } from '../core/error-code.ts'
import { StoreFault } from '../core/fault.ts'
import type { Random } from '../core/session/seal.ts'

/** A secret that the gateway makes once and keeps in a file of the data folder, for its own user alone. */
export interface KeptSecret {
  readonly path: string
  /** For messages: `the session secret`. */
  readonly called: string
  /** The key of the configuration that takes its place. */
  readonly key: string
  readonly form: RegExp
  /** What is lost when a damaged one is removed. */
  readonly cost: string
}

/** The one that is there, else the one that `make` yields, kept. Throws a StoreFault that names the file. */
export function readOrMakeSecret(kept: KeptSecret, make: () => string, random: Random): string {
  try {
    return read(kept) ?? keep(kept, make(), random)
  } catch (thrown) {
    if (thrown instanceof StoreFault) throw thrown
    const message = `${kept.called} ${kept.path} can be neither read nor made: ${advice(thrown)}, or set "${kept.key}"`
    throw new StoreFault('STORE_UNAVAILABLE', message, thrown)
  }
}

/** The one that is there; null when there is none. Makes nothing. Throws a StoreFault that names the file. */
export function readKeptSecret(kept: KeptSecret): string | null {
  try {
    return read(kept)
  } catch (thrown) {
    if (thrown instanceof StoreFault) throw thrown
    const message = `${kept.called} ${kept.path} cannot be read: run this as the gateway's user`
    throw new StoreFault('STORE_UNAVAILABLE', message, thrown)
  }
}

function advice(thrown: unknown): string {
  const code = errorCode(thrown)
  return code === 'ENOSPC' || code === 'EDQUOT'
    ? 'the disk is full; make room'
    : "give the folder to the gateway's user"
}

function read({ path, form, cost }: KeptSecret): string | null {
  let file: number
  try {
    file = openSync(path, 'r')
  } catch (thrown) {
    if (errorCode(thrown) === 'ENOENT') return null
    throw thrown
  }
  try {
    if ((fstatSync(file).mode & 0o077) !== 0) chmodSync(path, 0o600)
    const text = readFileSync(file, 'utf8').trimEnd()
    if (form.test(text)) return text
  } finally {
    closeSync(file)
  }
  throw new StoreFault(
    'STORE_INVALID',
    `${path} is damaged; remove it, and ${cost}, or put the right one back`,
  )
}

/**
 * Written whole beside its place, then linked there: of several instances that start at once one wins, and all read
 * what it wrote. Whoever looks sees the whole secret or none.
 */
function keep(kept: KeptSecret, text: string, random: Random): string {
  const { path } = kept
  const draft = `${path}.${random(6).toString('hex')}`
  try {
    writeDraft(draft, text)
    placeDraft(draft, path)
  } finally {
    rmSync(draft, { force: true })
  }
  const secret = read(kept)
  if (secret === null) throw new StoreFault('STORE_UNAVAILABLE', `${path} was removed as soon as it was made`)
  return secret
}

function writeDraft(draft: string, text: string): void {
  const file = openSync(draft, 'wx', 0o600)
  try {
    writeSync(file, `${text}\n`)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

function placeDraft(draft: string, path: string): void {
  try {
    linkSync(draft, path)
  } catch {
    // A file system without links: as exclusive, though not all at once.
    try {
      copyFileSync(draft, path, constants.COPYFILE_EXCL)
    } catch (thrown) {
      if (errorCode(thrown) !== 'EEXIST') throw thrown // another instance was there first
    }
  }
}
