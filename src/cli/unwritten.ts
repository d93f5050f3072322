import { errorCode } from '../core/error-code.ts'

/** Why a file could not be written, in words, with the system's code (errno(3)) behind them. */
export function whyUnwritten(thrown: unknown): string {
  const code = errorCode(thrown)
  if (code === null) return 'it cannot be written'
  return `${words.get(code) ?? 'the system does not write it'} (${code})`
}

const words: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'there is no such folder'],
  ['ENOTDIR', 'a part of the path is no folder'],
  ['EISDIR', 'it is a folder'],
  ['EACCES', 'this user may not write there'],
  ['EPERM', 'this user may not write there'],
  ['EROFS', 'what it lies on is read-only'],
  ['ENOSPC', 'the disk is full'],
  ['EDQUOT', 'the quota of this user is used up'],
  ['ENAMETOOLONG', 'the name is too long'],
])
