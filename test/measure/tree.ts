import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

export interface Tree {
  readonly root: string
  remove(): void
}

/** A copy of the working tree, as it is, in which files may be changed; the packages are those of the original. */
export function copyTree(root: string): Tree {
  const copy = mkdtempSync(join(tmpdir(), 'claimgate-mutants-'))
  const list = execFileSync('git', ['ls-files', '-z', '-co', '--exclude-standard'], { cwd: root })
  for (const path of list.toString('utf8').split('\0')) {
    if (path === '') continue
    mkdirSync(dirname(join(copy, path)), { recursive: true })
    cpSync(join(root, path), join(copy, path), { force: true })
  }
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
  return { root: copy, remove: () => rmSync(copy, { recursive: true, force: true }) }
}
