import type { SourcePosition } from '../../source-position.ts'
import type { LogicalLine } from './lines.ts'
import { takeWord } from './words.ts'

/** One directive; `key` is its name in lower case, as httpd compares names. */
export interface Directive {
  readonly kind: 'directive'
  readonly name: string
  readonly key: string
  /** Everything behind the name, as written: some directives split it by rules of their own. */
  readonly rest: string
  readonly at: SourcePosition
}

/** `<Location "/admin">` … `</Location>`; `rest` is what stands behind the name, without the final `>`. */
export interface Section {
  readonly kind: 'section'
  readonly name: string
  readonly key: string
  readonly rest: string
  readonly at: SourcePosition
  readonly children: readonly Node[]
}

export type Node = Directive | Section

/** Every node below, the outer first. */
export function allOf(nodes: readonly Node[]): readonly Node[] {
  return nodes.flatMap((node) => (node.kind === 'section' ? [node, ...allOf(node.children)] : [node]))
}

/** What makes a file unreadable: httpd would not start with it either. */
export interface SyntaxFault {
  readonly at: SourcePosition
  readonly message: string
}

export type Parsed =
  | { readonly ok: true; readonly nodes: readonly Node[] }
  | { readonly ok: false; readonly faults: readonly SyntaxFault[] }

interface Open {
  readonly name: string
  readonly key: string
  readonly rest: string
  readonly at: SourcePosition
  readonly children: Node[]
}

/** Lines into a tree of directives and sections. All faults come back at once. */
export function parseLines(lines: readonly LogicalLine[]): Parsed {
  const faults: SyntaxFault[] = []
  const nodes: Node[] = []
  const open: Open[] = []
  const add = (node: Node): void => void (open.at(-1)?.children ?? nodes).push(node)
  for (const { text, at } of lines) {
    if (text.startsWith('</')) close(text, at, open, add, faults)
    else if (text.startsWith('<')) openSection(text, at, open, faults)
    else {
      const { word, rest } = takeWord(text)
      add({ kind: 'directive', name: word, key: word.toLowerCase(), rest, at })
    }
  }
  for (const section of open) {
    faults.push({ at: section.at, message: `<${section.name}> is not closed` })
  }
  return faults.length === 0 ? { ok: true, nodes } : { ok: false, faults }
}

function openSection(text: string, at: SourcePosition, open: Open[], faults: SyntaxFault[]): void {
  const end = text.lastIndexOf('>')
  const [, name = ''] = /^<([A-Za-z][\w]*)/.exec(text) ?? []
  if (name === '') faults.push({ at, message: 'a section begins with its name: <Location /path>' })
  else if (end === -1) faults.push({ at, message: `<${name}> lacks its closing ">"` })
  const rest = text.slice(name.length + 1, end === -1 ? undefined : end).trim()
  open.push({ name, key: name.toLowerCase(), rest, at, children: [] })
}

function close(
  text: string,
  at: SourcePosition,
  open: Open[],
  add: (node: Node) => void,
  faults: SyntaxFault[],
): void {
  const name = text.slice(2).replace(/\s*>.*$/s, '')
  const last = open.at(-1)
  if (last === undefined) {
    faults.push({ at, message: `</${name}> closes nothing` })
    return
  }
  if (last.key !== name.toLowerCase()) {
    faults.push({
      at,
      message: `</${name}> stands where <${last.name}> of line ${last.at.line} is to be closed`,
    })
    if (!open.some(({ key }) => key === name.toLowerCase())) return
    while (open.at(-1)?.key !== name.toLowerCase()) open.pop()
  }
  const section = open.pop()
  if (section !== undefined) add({ kind: 'section', ...section })
}
