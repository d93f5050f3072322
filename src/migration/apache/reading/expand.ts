import type { SourcePosition } from '../../source-position.ts'
import { isSecretive } from './secretive.ts'
import type { Directive, Node, Section, SyntaxFault } from './tree.ts'
import { versionHolds } from './version.ts'
import { splitWords } from './words.ts'

/** What reading the files had to assume or to leave out; for the report. */
export interface ReadingNote {
  readonly at: SourcePosition
  readonly what: string
  readonly kind: 'resolved' | 'assumed' | 'taken' | 'left-out' | 'unreadable'
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
  /** httpd's environment, as far as it was given. */
  readonly environment: ReadonlyMap<string, string>
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
    const resolved = { ...node, rest: resolveVariables(node, work) }
    return resolved.kind === 'directive' ? expandDirective(resolved, work) : expandSection(resolved, work)
  })
}

function expandDirective(directive: Directive, work: Expansion): readonly Node[] {
  const words = splitWords(directive.rest)
  const [first = '', second = ''] = words
  if (resolvedHere.has(directive.key)) noteResolved(directive, work)
  switch (directive.key) {
    case 'define':
      work.defined.set(first, second)
      return []
    case 'undefine':
      work.defined.delete(first)
      return []
    case 'undefmacro':
      work.macros.delete(first.toLowerCase())
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
      const message =
        'no such file could be read: it may say who gets in, so its place is closed (`nobody`). Give the file, or take the line out where httpd finds none either'
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

const resolvedHere = new Set(['define', 'undefine', 'include', 'includeoptional', 'use', 'undefmacro'])

function noteResolved(node: Node, work: Expansion): void {
  const what = `${node.kind === 'section' ? '<' : ''}${node.name} ${node.rest}${node.kind === 'section' ? '>' : ''}`
  work.note({ at: node.at, what, kind: 'resolved', message: 'was resolved while the files were read' })
}

function expandSection(section: Section, work: Expansion): readonly Node[] {
  const [first = ''] = splitWords(section.rest)
  const negated = first.startsWith('!')
  const name = first.replace(/^!/, '')
  if (conditional.has(section.key)) noteResolved(section, work)
  switch (section.key) {
    case 'macro': {
      const [macro = '', ...parameters] = splitWords(section.rest)
      work.macros.set(macro.toLowerCase(), { parameters, body: section.children })
      for (const node of allOf(section.children)) noteResolved(node, work)
      return []
    }
    case 'ifdefine':
      if (work.defined.has(name) !== negated) return expand(section.children, work)
      return leftOut(
        section,
        `${name} is ${negated ? '' : 'not '}defined: \`--define ${name}\` sets it`,
        work,
        true,
      )
    case 'ifmodule':
      if (!negated) {
        const children = expand(section.children, work)
        if (!surelyLoaded.test(name) && allOf(children).some(opens)) work.note(takenAsLoaded(section, name))
        return children
      }
      return leftOut(section, `${name} is taken as loaded`, work, !surelyLoaded.test(name))
    case 'ifversion': {
      const holds = versionHolds(section.rest)
      if (holds === true) return expand(section.children, work)
      const why = holds === null ? 'its version is not read' : 'it is for another httpd than 2.4'
      return leftOut(section, why, work, holds === null)
    }
    case 'ifdirective':
    case 'ifsection':
    case 'iffile':
      work.note(assumed(section))
      return [{ ...section, children: expand(section.children, work) }]
    default:
      return [{ ...section, children: expand(section.children, work) }]
  }
}

const conditional = new Set(['macro', 'ifdefine', 'ifmodule', 'ifversion'])

function assumed(section: Section): ReadingNote {
  const what = `<${section.name} ${section.rest}>`
  return { at: section.at, what, kind: 'assumed', message: 'whether it holds nobody knows here' }
}

/**
 * What is not in effect as far as anybody here knows. Rules in it stay, as ones that may hold or not: whoever starts
 * httpd knows, and until they say so both have to be met.
 */
function leftOut(section: Section, why: string, work: Expansion, inDoubt: boolean): readonly Node[] {
  const what = `<${section.name} ${section.rest}>`
  work.note({ at: section.at, what, kind: 'left-out', message: `left out with all in it: ${why}` })
  const apart: Expansion = {
    ...work,
    defined: new Map(work.defined),
    macros: new Map(work.macros),
    note: () => undefined,
    fault: () => undefined,
  }
  const children = expand(section.children, apart)
  for (const node of allOf(section.children)) {
    work.note({
      at: node.at,
      what: node.kind === 'section' ? `<${node.name} ${node.rest}>` : node.name,
      kind: 'left-out',
      message: `left out with ${what}`,
    })
  }
  const holdsRules = allOf(children).some(({ key }) => rules.test(key))
  return inDoubt && holdsRules ? [{ ...section, children }] : []
}

/** Whether a line may let in whom the lines around it keep out. */
function opens({ key, rest }: Node): boolean {
  return (
    (key === 'require' && /^all\s+granted$/i.test(rest.trim())) || (key === 'satisfy' && /any/i.test(rest))
  )
}

function takenAsLoaded(section: Section, name: string): ReadingNote {
  const what = `<${section.name} ${section.rest}>`
  const message = `${name} is taken as loaded, and something in it opens: if httpd did not load it, take the section out and convert again`
  return { at: section.at, what, kind: 'taken', message }
}

/** Without these there is no httpd 2.4 that signs people in and passes requests on. */
const surelyLoaded = /^(?:mod_)?(?:authz_core|authz_host|auth_openidc|proxy|version)(?:_module|\.c)?$/

const rules = /^(?:require\w*|order|allow|deny|satisfy|authtype|redirect\w*|rewriterule|proxypass)$/

/** Every node below, the outer first. */
export function allOf(nodes: readonly Node[]): readonly Node[] {
  return nodes.flatMap((node) => (node.kind === 'section' ? [node, ...allOf(node.children)] : [node]))
}

function resolveVariables({ key, rest }: Node, { defined, environment }: Expansion): string {
  return rest.replace(/\$\{([^}:]+)\}/g, (whole, name: string) => {
    // What may be a secret stays a variable, in our result too.
    const given = isSecretive(key) || ofHeaders.test(key) ? undefined : environment.get(name)
    return defined.get(name) ?? given ?? whole
  })
}

const ofHeaders = /^(?:requestheader|header)$/
