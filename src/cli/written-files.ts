import { existsSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Io } from './command.ts'
import { whyUnwritten } from './unwritten.ts'

/** A file that a command is asked to write. */
export interface Wanted {
  readonly file: string | null
  readonly text: string | null
}

/**
 * All of them or none, but for what `force` overwrote; why not is said. What has no name or no text is not asked for.
 * Throws nothing.
 */
export async function writeAll(all: readonly Wanted[], force: boolean, io: Io): Promise<boolean> {
  const wanted = all.flatMap(({ file, text }) => (file === null || text === null ? [] : [{ file, text }]))
  const twice = wanted.find(({ file }, at) =>
    wanted.some((other, index) => index < at && resolve(io.cwd, other.file) === resolve(io.cwd, file)),
  )
  if (twice !== undefined) {
    io.stderr(`${twice.file} is named twice, for two texts: nothing is written.\n`)
    return false
  }
  const made: string[] = []
  for (const { file, text } of wanted) {
    const path = resolve(io.cwd, file)
    const isNew = !existsSync(path)
    const why = isNew || force ? await write(path, text, force) : 'it is there already; --force overwrites it'
    if (why === null) {
      if (isNew) made.push(path)
      continue
    }
    io.stderr(`${file} is not written: ${why}.\n`)
    for (const one of made) await rm(one, { force: true })
    return false
  }
  return true
}

/** Null, or why it is not. */
async function write(path: string, text: string, force: boolean): Promise<string | null> {
  try {
    // Written for its owner alone: sooner or later somebody puts a secret into it.
    await writeFile(path, text, { flag: force ? 'w' : 'wx', mode: 0o600 })
    return null
  } catch (error) {
    return whyUnwritten(error)
  }
}
