import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { listSources } from './source.ts'

/** They read the tree's text or pack it: what `src/` does is nothing to them. */
const aside = /^test\/(?:repository|measure)\/|^test\/system\/package\.test\.ts$/

/** The test files of folders, in order. */
export function listTests(root: string, folders: readonly string[]): readonly string[] {
  const files = folders.flatMap((folder) => listSources(root, folder))
  return files.filter((file) => file.endsWith('.test.ts') && !aside.test(file))
}

/** Whether a test may run one of the sources: it, or what it imports, names one, or it starts the program. */
export function mayRun(root: string, test: string, sources: ReadonlySet<string>): boolean {
  const seen = new Set([test])
  for (const file of seen) {
    if (sources.has(file) || file === 'test/support/process.ts') return true
    const text = readFileSync(join(root, file), 'utf8')
    for (const [, from = ''] of text.matchAll(
      /(?:from |import )'(\.[^']+\.ts)'|import\('(\.[^']+\.ts)'\)/g,
    )) {
      const path = join(file, '..', from)
      if (existsSync(join(root, path)) && statSync(join(root, path)).isFile()) seen.add(path)
    }
  }
  return false
}
