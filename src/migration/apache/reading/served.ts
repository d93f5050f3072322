import { wordsOf } from './last.ts'
import { passesOn, rewriteSteps, runsAlways } from './rewrite.ts'
import type { PathSection } from './section.ts'
import type { Directive, Node } from './tree.ts'
import { splitWords } from './words.ts'

/** Part of the URL space that httpd served by itself, and where that is on its disk. */
export interface ServedPath {
  /** `/static`; `/` for all. */
  readonly path: string
  /** `/srv/static`; null where an expression or nothing says. */
  readonly file: string | null
  /** Whether `file` is one file that answers everything below, as a WSGI program does. */
  readonly isProgram: boolean
  /** Paths below that are something else's. */
  readonly except: readonly string[]
}

/** What the folders of the machine hold, where the conversion runs there. */
export interface FolderFiles {
  /** Every file of this name at or below a folder, as absolute paths; null: no such folder is here. */
  below(folder: string, name: string): readonly string[] | null
  /** Whether a folder holds a file of this name; false too where no such folder is here. */
  holds(folder: string, name: string): boolean
  /** What it says, with all that it includes; null when it cannot be read. */
  nodes(file: string): readonly Node[] | null
}

export interface HostParts {
  readonly directives: readonly Directive[]
  readonly paths: readonly PathSection[]
  readonly rewriting: readonly Directive[]
}

/** Where httpd served files or programs, without what it passed on. */
export function servedPaths(host: HostParts): readonly ServedPath[] {
  const { directives } = host
  const found: Omit<ServedPath, 'except'>[] = []
  const add = (path: string, file: string | null, isProgram: boolean): void => {
    if (!found.some((one) => one.path === path && one.file !== null)) found.push({ path, file, isProgram })
  }
  for (const { key, rest } of directives) {
    const [path = '', file = ''] = splitWords(rest)
    if (key === 'alias' || key === 'scriptalias') add(bare(path), bare(file), false)
    else if (key === 'wsgiscriptalias') add(bare(path), bare(file), true)
    else if (/^(?:alias|scriptalias|wsgiscriptalias)match$/.test(key)) add('/', null, false)
  }
  const [root] = wordsOf(directives, 'DocumentRoot')
  if (!found.some(({ path }) => path === '/')) add('/', root === undefined ? null : bare(root), false)
  const passed = passedPaths(host)
  const taken = [...passed, ...found.map(({ path }) => path)]
  return found
    .filter(({ path }) => !passed.some((one) => isAtOrBelow(path, one)))
    .map((one) => ({
      ...one,
      except: taken.filter((other) => other !== one.path && isAtOrBelow(other, one.path)),
    }))
}

/** Paths that go to an app, with all below. */
export function passedPaths({ directives, paths, rewriting }: HostParts): readonly string[] {
  const lines = directives.filter(({ key }) => key === 'proxypass').map(({ rest }) => splitWords(rest))
  const own = lines.filter(([, target]) => target !== '!').map(([path = '']) => bare(path))
  const inSections = paths.filter(({ kind, directives: inside }) => {
    const [target] = wordsOf(inside, 'ProxyPass')
    return kind === 'prefix' && target !== undefined && target !== '!'
  })
  const all = rewriteSteps(rewriting).some(
    (step) => passesOn(step) && runsAlways(step) && /^\^?\/?\(?\.\*\)?\$?$/.test(step.pattern),
  )
  return [...own, ...inSections.map(({ pattern }) => bare(pattern)), ...(all ? ['/'] : [])]
}

/** Whether a path of URLs or of a disk is another one or lies below it. */
export function isAtOrBelow(path: string, outer: string): boolean {
  return outer === '/' || path === outer || path.startsWith(`${outer}/`)
}

function bare(path: string): string {
  return path.length > 1 ? path.replace(/\/+$/, '') || '/' : path
}
