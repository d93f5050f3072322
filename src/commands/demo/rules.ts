import { constants, copyFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const shipped = fileURLToPath(new URL('../../../config/demo.yaml', import.meta.url))

/** Puts the demo's rules where they can be edited; a file that is there already stays as it is. */
export function placeRules(folder: string): { readonly file: string } {
  mkdirSync(folder, { recursive: true })
  const file = join(folder, 'claimgate.yaml')
  try {
    copyFileSync(shipped, file, constants.COPYFILE_EXCL)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  }
  return { file }
}
