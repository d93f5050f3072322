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
import { join } from 'node:path'
import { errorCode } from '../core/error-code.ts'
import { StoreFault } from '../core/fault.ts'
import type { Gateway } from '../core/gateway.ts'
import { Secret } from '../core/secret.ts'
import type { Random } from '../core/session/seal.ts'

const fileName = 'session.secret'
/** 256 bits in base64url. */
const form = /^[A-Za-z0-9_-]{43}$/

/**
 * What seals cookies: the configured secrets, else one that is made once and kept in the data folder, for this user
 * alone. With the memory store it is made anew each time, and no session outlives it: ask once a start. Throws a
 * StoreFault that names the file.
 */
export function readSessionSecrets(
  gateway: Pick<Gateway, 'session' | 'dataFolder'>,
  random: Random,
): readonly Secret[] {
  const { secrets, store } = gateway.session
  if (secrets.length > 0) return secrets
  if (store === 'memory') return [newSecret(random)]
  const path = join(gateway.dataFolder, fileName)
  try {
    return [readSecret(path) ?? makeSecret(path, random)]
  } catch (thrown) {
    if (thrown instanceof StoreFault) throw thrown
    const message = `the session secret ${path} can be neither read nor made: ${advice(thrown)}, or set "session.secret"`
    throw new StoreFault('STORE_UNAVAILABLE', message, thrown)
  }
}

function advice(thrown: unknown): string {
  const code = errorCode(thrown)
  return code === 'ENOSPC' || code === 'EDQUOT'
    ? 'the disk is full; make room'
    : "give the folder to the gateway's user"
}

function newSecret(random: Random): Secret {
  return new Secret(random(32).toString('base64url'))
}

/** Null when there is none yet. */
function readSecret(path: string): Secret | null {
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
    if (form.test(text)) return new Secret(text)
  } finally {
    closeSync(file)
  }
  const message = `${path} is damaged; remove it, and everyone signs in again, or put the right one back`
  throw new StoreFault('STORE_INVALID', message)
}

/**
 * Written whole beside its place, then linked there: of several instances that start at once one wins, and all read
 * what it wrote. Whoever looks sees the whole secret or none.
 */
function makeSecret(path: string, random: Random): Secret {
  const draft = `${path}.${random(6).toString('hex')}`
  try {
    writeDraft(draft, newSecret(random))
    placeDraft(draft, path)
  } finally {
    rmSync(draft, { force: true })
  }
  const secret = readSecret(path)
  if (secret === null) throw new StoreFault('STORE_UNAVAILABLE', `${path} was removed as soon as it was made`)
  return secret
}

function writeDraft(draft: string, secret: Secret): void {
  const file = openSync(draft, 'wx', 0o600)
  try {
    writeSync(file, `${secret.reveal()}\n`)
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
