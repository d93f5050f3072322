import { globSync, statSync } from 'node:fs'
import { isAbsolute, join, resolve } from 'node:path'
import { decodeUtf8, type ReadFile } from '../../../config/files.ts'
import type { SourcePosition } from '../../source-position.ts'
import { expand } from './expand.ts'
import type { Expansion, Including, ReadingNote } from './expansion.ts'
import { readLines } from './lines.ts'
import type { FolderFiles } from './served.ts'
import { type Node, parseLines, type SyntaxFault } from './tree.ts'

/**
 * What a pattern of an `Include` names, as absolute paths in order. Null: the folder in front of its first wildcard is
 * not here, so nobody knows what it holds where httpd runs.
 */
export type ListFiles = (pattern: string) => readonly string[] | null

export interface ApacheSurroundings {
  /** Absolute: what a relative `Include` starts from where no `ServerRoot` stands. */
  readonly folder: string
  readonly readFile: ReadFile
  readonly listFiles: ListFiles
  /** `-D NAME` of httpd's command line; a value may follow as `NAME=value`. */
  readonly defined: readonly string[]
  /** What `${NAME}` stands for in httpd's environment, as far as it is known. */
  readonly environment?: ReadonlyMap<string, string>
}

export interface ApacheFile {
  /** As it was named; for messages. */
  readonly name: string
  readonly text: string
}

/** One line of the input, and the sections that it stands in, the outer first. */
export interface SourceLine {
  readonly node: Node
  readonly within: readonly SourcePosition[]
}

export type ReadApache =
  | {
      readonly ok: true
      readonly nodes: readonly Node[]
      readonly notes: readonly ReadingNote[]
      /** Every line that was read, as it is written; those of `.htaccess` files come when `folders` is asked for them. */
      readonly lines: readonly SourceLine[]
      readonly folders: FolderFiles
    }
  | { readonly ok: false; readonly faults: readonly SyntaxFault[] }

/** Reads httpd's configuration with all that it includes. Never throws for what the files hold. */
export function readApache(files: readonly ApacheFile[], surroundings: ApacheSurroundings): ReadApache {
  const faults: SyntaxFault[] = []
  const notes: ReadingNote[] = []
  const lines: SourceLine[] = []
  const parse = ({ name, text }: ApacheFile, within: readonly SourcePosition[] = []): readonly Node[] => {
    const parsed = parseLines(readLines(text, name))
    if (parsed.ok) {
      lines.push(...linesOf(parsed.nodes, within))
      return parsed.nodes
    }
    faults.push(...parsed.faults)
    return []
  }
  const work: Expansion = {
    include: includer(surroundings, parse),
    note: (note) => void notes.push(note),
    fault: (fault) => void faults.push(fault),
    defined: new Map(surroundings.defined.map(nameAndValue)),
    environment: surroundings.environment ?? new Map(),
    macros: new Map(),
    serverRoot: null,
    depth: 0,
  }
  const nodes = files.flatMap((file) => expand(parse(file), work))
  if (faults.length > 0) return { ok: false, faults }
  const folders = foldersOf(
    surroundings,
    (file) => expand(parse(file, [{ file: file.name, line: 1, column: 1 }]), work),
    faults,
  )
  return { ok: true, nodes, notes, lines, folders }
}

function linesOf(nodes: readonly Node[], within: readonly SourcePosition[]): readonly SourceLine[] {
  return nodes.flatMap((node) => [
    { node, within },
    ...(node.kind === 'section' ? linesOf(node.children, [...within, node.at]) : []),
  ])
}

function foldersOf(
  { listFiles, readFile }: ApacheSurroundings,
  read: (file: ApacheFile) => readonly Node[],
  faults: readonly SyntaxFault[],
): FolderFiles {
  return {
    below: (folder, name) => {
      const plain = folder.replace(/\/$/, '')
      const found = listFiles(`${plain}/**/${name}`)
      if (found === null || found.length > 0) return found
      return (listFiles(`${plain}/*`) ?? []).length > 0 ? found : null
    },
    holds: (folder, name) => {
      const path = `${folder.replace(/\/$/, '')}/${name}`
      return (listFiles(`${path}*`) ?? []).includes(path)
    },
    nodes: (file) => {
      const found = readFile(file)
      const text = found.ok ? decodeUtf8(found.bytes) : null
      if (text === null) return null
      const before = faults.length
      const nodes = read({ name: file, text })
      return faults.length === before ? nodes : null
    },
  }
}

function nameAndValue(text: string): readonly [string, string] {
  const at = text.indexOf('=')
  return at === -1 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)]
}

function includer(
  { folder, readFile, listFiles }: ApacheSurroundings,
  parse: (file: ApacheFile) => readonly Node[],
): Including {
  return (pattern, serverRoot) => {
    const path = isAbsolute(pattern) ? pattern : join(serverRoot ?? folder, pattern)
    const found = listFiles(resolve(folder, path))
    if (found === null) return null
    const read = found.map((file) => ({ file, read: readFile(file) }))
    if (read.some(({ read }) => !read.ok)) return null
    return read.flatMap(({ file, read }) => {
      const text = read.ok ? decodeUtf8(read.bytes) : null
      const name = file.startsWith(`${folder}/`) ? file.slice(folder.length + 1) : file
      return text === null ? [] : [{ file: name, nodes: parse({ name, text }) }]
    })
  }
}

/** Of the disk: a folder stands for the files in it, as in httpd. */
export const listFromDisk: ListFiles = (pattern) => {
  if (!/[*?[]/.test(pattern)) return isFolder(pattern) ? listFromDisk(`${pattern}/*`) : [pattern]
  const [begin = ''] = pattern.split(/[*?[]/)
  if (!isFolder(begin.slice(0, begin.lastIndexOf('/') + 1))) return null
  return globSync(pattern)
    .toSorted()
    .filter((path) => !isFolder(path))
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
}
