import { constants, copyFileSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { errorCode } from '../core/error-code.ts'

const shipped = (name: string): string => fileURLToPath(new URL(`../../config/${name}`, import.meta.url))

export interface DemoFolder {
  /** The rules, to be edited, with their tests beside them; what is there already stays as it is. */
  readonly rules: string
  /** Sessions of this run. The provider forgets everything with each run, so older sessions could not sign out there. */
  readonly data: string
}

/** Makes the folder ready; each port has sessions of its own. */
export function prepareFolder(folder: string, port: number): DemoFolder {
  mkdirSync(folder, { recursive: true })
  const rules = join(folder, 'claimgate.yaml')
  copyOnce(shipped('demo.yaml'), rules)
  copyOnce(shipped('demo.test.yaml'), join(folder, 'claimgate.test.yaml'))
  const data = join(folder, `run-${port}`)
  rmSync(data, { recursive: true, force: true })
  mkdirSync(data, { mode: 0o700 })
  return { rules, data }
}

function copyOnce(from: string, to: string): void {
  try {
    copyFileSync(from, to, constants.COPYFILE_EXCL)
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error
  }
}
