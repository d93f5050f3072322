import type { SourcePosition } from '../../source-position.ts'
import type { Directive, Node, Section, SyntaxFault } from './tree.ts'
import { splitWords } from './words.ts'

/** What reading the files had to assume or to leave out; for the report. */
export interface ReadingNote {
  readonly at: SourcePosition
  readonly what: string
  readonly kind: 'assumed' | 'left-out' | 'unreadable'
  readonly message: string
}

/** The files around a configuration: what an `Include` names, already parsed. Null: there is none. */
export type Including = (
  pattern: string,
  serverRoot: string | null,
) => readonly { readonly file: string; readonly nodes: readonly Node[] }[] | null

export interface Expansion {
  readonly include: Including
  readonly note: (note: ReadingNote) => void
  readonly fault: (fault: SyntaxFault) => void
  /** Names and values of `Define` and `-D`; grows while the files are read, as httpd's do. */
  readonly defined: Map<string, string>
  readonly macros: Map<string, Macro>
  serverRoot: string | null
  depth: number
}

interface Macro {
  readonly parameters: readonly string[]
  readonly body: readonly Node[]
}

/** httpd gives up at 128; a circle is a circle long before. */
const deepest = 20

/**
 * Resolves everything that httpd resolves while it reads: `Define`, `${NAME}`, `Include`, `IfDefine`, `IfModule`,
 * `IfVersion`, `Macro` and `Use`. What is left are directives and the sections that mean something at run time. A
 * `${NAME}` that no `Define` sets is a variable of httpd's environment and stays as it is.
 */
export function expand(nodes: readonly Node[], work: Expansion): readonly Node[] {
  return nodes.flatMap((node) => {
    const resolved = { ...node, rest: resolveVariables(node.rest, work.defined) }
    return resolved.kind === 'directive' ? expandDirective(resolved, work) : expandSection(resolved, work)
  })
}

function expandDirective(directive: Directive, work: Expansion): readonly Node[] {
  const words = splitWords(directive.rest)
  const [first = '', second = ''] = words
  switch (directive.key) {
    case 'define':
      work.defined.set(first, second)
      return []
    case 'undefine':
      work.defined.delete(first)
      return []
    case 'serverroot':
      work.serverRoot = first
      return [directive]
    case 'include':
    case 'includeoptional':
      return included(directive, first, work)
    case 'use':
      return used(directive, words, work)
    default:
      return [directive]
  }
}

function included(directive: Directive, pattern: string, work: Expansion): readonly Node[] {
  const files = work.depth >= deepest ? null : work.include(pattern, work.serverRoot)
  const what = `${directive.name} ${directive.rest}`
  if (files === null || files.length === 0) {
    if (directive.key === 'include' || files === null) {
      const message = 'no such file could be read: what it says is missing from the result'
      work.note({ at: directive.at, what, kind: 'unreadable', message })
    }
    return []
  }
  work.depth += 1
  const nodes = files.flatMap((file) => expand(file.nodes, work))
  work.depth -= 1
  return nodes
}

function used(directive: Directive, words: readonly string[], work: Expansion): readonly Node[] {
  const [name = '', ...values] = words
  const macro = work.macros.get(name.toLowerCase())
  if (macro === undefined || macro.parameters.length !== values.length || work.depth >= deepest) {
    const message =
      macro === undefined ? `no <Macro ${name}> stands above` : `<Macro ${name}> takes other arguments`
    work.fault({ at: directive.at, message })
    return []
  }
  // The longest name first: `$path` must not be taken for `$p`.
  const pairs = macro.parameters
    .map((parameter, index) => [parameter, values[index] ?? ''] as const)
    .toSorted(([one], [other]) => other.length - one.length)
  work.depth += 1
  const nodes = expand(substitute(macro.body, pairs), work)
  work.depth -= 1
  return nodes
}

function substitute(nodes: readonly Node[], pairs: readonly (readonly [string, string])[]): readonly Node[] {
  return nodes.map((node) => {
    const rest = pairs.reduce((text, [name, value]) => text.replaceAll(name, () => value), node.rest)
    return node.kind === 'directive'
      ? { ...node, rest }
      : { ...node, rest, children: substitute(node.children, pairs) }
  })
}

function expandSection(section: Section, work: Expansion): readonly Node[] {
  const what = `<${section.name} ${section.rest}>`
  const [first = ''] = splitWords(section.rest)
  const negated = first.startsWith('!')
  const name = first.replace(/^!/, '')
  switch (section.key) {
    case 'macro': {
      const [macro = '', ...parameters] = splitWords(section.rest)
      work.macros.set(macro.toLowerCase(), { parameters, body: section.children })
      return []
    }
    case 'ifdefine':
      if (work.defined.has(name) !== negated) return expand(section.children, work)
      return leftOut(
        section,
        `${name} is ${negated ? '' : 'not '}defined: \`--define ${name}\` sets it`,
        work,
      )
    case 'ifmodule':
      if (!negated) return expand(section.children, work)
      return leftOut(section, `${name} is taken as loaded`, work)
    case 'ifversion':
      work.note({ at: section.at, what, kind: 'assumed', message: 'taken as true: read as httpd 2.4 would' })
      return expand(section.children, work)
    case 'ifdirective':
    case 'ifsection':
    case 'iffile':
      work.note({ at: section.at, what, kind: 'assumed', message: 'taken as true' })
      return expand(section.children, work)
    default:
      return [{ ...section, children: expand(section.children, work) }]
  }
}

function leftOut(section: Section, why: string, work: Expansion): readonly Node[] {
  const message = `left out with all in it: ${why}`
  work.note({ at: section.at, what: `<${section.name} ${section.rest}>`, kind: 'left-out', message })
  return []
}

function resolveVariables(text: string, defined: ReadonlyMap<string, string>): string {
  return text.replace(/\$\{([^}:]+)\}/g, (whole, name: string) => defined.get(name) ?? whole)
}
