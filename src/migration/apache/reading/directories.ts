import type { SourcePosition } from '../../source-position.ts'
import { wordsOf } from './last.ts'
import { compileSearch } from './path-match.ts'
import { type PathSection, readContent } from './section.ts'
import { type FolderFiles, isAtOrBelow, type ServedPath } from './served.ts'
import type { Section } from './tree.ts'
import { takeWord } from './words.ts'

/**
 * `<Directory>`, `<Files>` and `.htaccess` as sections of paths, where httpd served the app by itself. They are merged
 * before every `<Location>`: folders from the outer to the inner, each with its `.htaccess`, then expressions, then files.
 */
export function directorySections(
  others: readonly Section[],
  served: readonly ServedPath[],
  folders: FolderFiles,
  uncertain: ReadonlySet<SourcePosition> = new Set(),
): readonly PathSection[] {
  const directories = others.filter(({ key }) => key === 'directory' || key === 'directorymatch')
  const plain = directories.filter((section) => folderOf(section) !== null).toSorted(byDepth)
  const matched = directories.filter((section) => folderOf(section) === null)
  const files = others.filter(isFiles)
  return served.flatMap((place) => {
    const own = [...plain.map((section) => ({ section, folder: folderOf(section) ?? '/' }))]
    const sections = own.flatMap(({ section, folder }) => ofFolder(section, folder, place))
    const local = accessFiles({ plain, matched, uncertain }, place, folders)
    return [
      ...[...sections, ...local].toSorted((one, other) => one.depth - other.depth).map(({ path }) => path),
      ...matched.map((section) => ({
        ...sectionOf(section, place),
        doubt: 'which paths an expression of folders is for nobody knows here',
      })),
      ...own.flatMap(({ section, folder }) =>
        ofFolder(section, folder, place).flatMap(({ path }) => filesIn(section, path, place)),
      ),
      ...files.flatMap((section) => ofFiles(section, sectionOf(section, place), place)),
    ]
  })
}

function isFiles({ key }: Section): boolean {
  return key === 'files' || key === 'filesmatch'
}

/** The one folder that a section is about; null for expressions and wildcards. */
function folderOf({ key, rest }: Section): string | null {
  const { word } = takeWord(rest)
  const literal = key === 'directory' && word !== '~' && !/[*?[\]]/.test(word)
  return literal ? word.replace(/(?<=.)\/+$/, '') : null
}

function depthOf(folder: string): number {
  return folder.split('/').filter((part) => part !== '').length
}

function byDepth(one: Section, other: Section): number {
  return depthOf(folderOf(one) ?? '') - depthOf(folderOf(other) ?? '')
}

function sectionOf(section: Section, { path, except }: ServedPath): PathSection {
  return { ...readContent(section), kind: 'prefix', pattern: path, doubt: null, except }
}

interface Directories {
  /** Of one folder each, the outer first. */
  readonly plain: readonly Section[]
  readonly matched: readonly Section[]
  /** Where those stand that may be in effect or not. */
  readonly uncertain: ReadonlySet<SourcePosition>
}

interface AtDepth {
  readonly depth: number
  readonly path: PathSection
}

function ofFolder(section: Section, folder: string, place: ServedPath): readonly AtDepth[] {
  const { file, path, isProgram } = place
  const depth = depthOf(folder)
  const whole = sectionOf(section, place)
  if (file === null || !folder.startsWith('/')) {
    return [{ depth, path: { ...whole, doubt: 'which paths its folder answers nobody knows here' } }]
  }
  if (isAtOrBelow(file, folder)) return [{ depth, path: whole }]
  if (isProgram || !isAtOrBelow(folder, file)) return []
  const below = folder.slice(file === '/' ? 0 : file.length)
  const pattern = path === '/' ? below : `${path}${below}`
  // Something else answers there.
  if (place.except.some((other) => isAtOrBelow(pattern, other))) return []
  return [{ depth, path: { ...whole, pattern } }]
}

function filesIn(section: Section, outer: PathSection, place: ServedPath): readonly PathSection[] {
  const inner = section.children.filter(
    (child): child is Section => child.kind === 'section' && isFiles(child),
  )
  return inner.flatMap((files) =>
    ofFiles(
      files,
      {
        ...readContent(files),
        kind: outer.kind,
        pattern: outer.pattern,
        doubt: outer.doubt,
        except: outer.except,
      },
      place,
    ),
  )
}

/** Which requests end at a file of some name only the disk says, unless one program answers them all. */
function ofFiles(
  section: Section,
  path: PathSection,
  { file, isProgram }: ServedPath,
): readonly PathSection[] {
  // Only httpd has such files: they do not come along.
  if (/^["']?\^?\\?\.ht/.test(section.rest.replace(/^~\s*/, ''))) return []
  if (isProgram && file !== null) {
    const name = file.slice(file.lastIndexOf('/') + 1)
    return isNamed(section, name) ? [path] : []
  }
  return [{ ...path, doubt: 'which paths end at such a file nobody knows here' }]
}

function isNamed({ key, rest }: Section, name: string): boolean {
  const first = takeWord(rest)
  const expression = key === 'filesmatch' || first.word === '~'
  const pattern = first.word === '~' ? takeWord(first.rest).word : first.word
  if (!expression && !/[*?[]/.test(pattern)) return pattern === name
  const source = expression
    ? pattern
    : `^${pattern.replaceAll('.', '\\.').replaceAll('*', '.*').replaceAll('?', '.')}$`
  return compileSearch(source)?.test(name) ?? true
}

/**
 * `.htaccess` files of a folder, of those below and of all above, where `AllowOverride` lets them speak of who may
 * pass.
 */
function accessFiles(
  { plain, matched, uncertain }: Directories,
  place: ServedPath,
  folders: FolderFiles,
): readonly AtDepth[] {
  const { file, isProgram } = place
  if (file === null) return []
  const allowing = [...plain, ...matched].filter((section) => {
    const folder = folderOf(section) ?? '/'
    const related = isAtOrBelow(file, folder) || isAtOrBelow(folder, file)
    return related && allowsRules(section)
  })
  const first = allowing.find(({ at }) => !uncertain.has(at)) ?? allowing[0]
  if (first === undefined) return []
  const root = isProgram ? file.slice(0, file.lastIndexOf('/')) || '/' : file
  const above = foldersAbove(root).filter((folder) => folders.holds(folder, accessFile))
  const below = folders.below(root, accessFile)
  const found = [...above.map((folder) => `${folder === '/' ? '' : folder}/${accessFile}`), ...(below ?? [])]
  const read = found.flatMap((name) => {
    const speaks = overrideAt(name.slice(0, name.lastIndexOf('/')) || '/', { plain, matched, uncertain })
    if (speaks === 'never') return []
    const doubt = speaks === 'perhaps' ? { doubt: 'whether it is read nobody knows here' } : {}
    return ofAccessFile(name, first, place, folders).map(({ depth, path }) => ({
      depth,
      path: { ...path, ...doubt },
    }))
  })
  if (below !== null) return read
  return [
    ...read,
    { depth: 1e6, path: { ...unread(first, place), doubt: 'may hold rules that nobody reads here' } },
  ]
}

const accessFile = '.htaccess'

function foldersAbove(folder: string): readonly string[] {
  const parts = folder.split('/').filter((part) => part !== '')
  return parts.map((_, index) => `/${parts.slice(0, index).join('/')}`)
}

/** Whether the innermost `AllowOverride` for a folder lets a `.htaccess` there say who gets in. */
function overrideAt(
  folder: string,
  { plain, matched, uncertain }: Directories,
): 'always' | 'perhaps' | 'never' {
  const saying = plain.filter(
    (section) => isAtOrBelow(folder, folderOf(section) ?? '/') && overridesOf(section).length > 0,
  )
  const inner = saying.findLast(({ at }) => !uncertain.has(at))
  const isUnsure =
    saying.some(({ at }) => uncertain.has(at)) || matched.some((section) => overridesOf(section).length > 0)
  if (isUnsure) return 'perhaps'
  return inner !== undefined && allowsRules(inner) ? 'always' : 'never'
}

function overridesOf({ children }: Section): readonly string[] {
  return wordsOf(
    children.filter((child) => child.kind === 'directive'),
    'AllowOverride',
  )
}

function allowsRules(section: Section): boolean {
  return overridesOf(section).some((word) => /^(?:all|authconfig|limit|fileinfo)\b/i.test(word))
}

function unread(section: Section, place: ServedPath): PathSection {
  const at = section.at
  const test = { kind: 'other', provider: '.htaccess' } as const
  const member = { kind: 'rule', negated: false, test, limit: null, at, text: 'a .htaccess' } as const
  const requires = { kind: 'group', op: 'any', negated: false, members: [member], at } as const
  const allowed = overridesOf(section).join(' ')
  return {
    ...sectionOf(section, place),
    text: `AllowOverride ${allowed}`,
    directives: [],
    compat: null,
    requires,
  }
}

function ofAccessFile(
  name: string,
  by: Section,
  place: ServedPath,
  folders: FolderFiles,
): readonly AtDepth[] {
  const nodes = folders.nodes(name)
  const folder = name.slice(0, name.lastIndexOf('/')) || '/'
  if (nodes === null) return [{ depth: depthOf(folder) + 0.5, path: unread(by, place) }]
  const at = { file: name, line: 1, column: 1 }
  const section: Section = {
    kind: 'section',
    name: 'Directory',
    key: 'directory',
    rest: folder,
    at,
    children: nodes,
  }
  return ofFolder(section, folder, place).map(({ depth, path }) => ({
    depth: depth + 0.5,
    path: { ...path, text: name },
  }))
}
