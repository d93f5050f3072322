import { isKnown } from '../directives/known.ts'
import { expandCondition, isConditional, noteResolved } from './conditions.ts'
import type { Expansion } from './expansion.ts'
import { isSecretive } from './secretive.ts'
import { allOf, type Directive, type Node, type Section } from './tree.ts'
import { splitWords } from './words.ts'

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

function expandSection(section: Section, work: Expansion): readonly Node[] {
  if (section.key !== 'macro') {
    return isConditional(section)
      ? expandCondition(section, work, expand)
      : [{ ...section, children: expand(section.children, work) }]
  }
  noteResolved(section, work)
  const [macro = '', ...parameters] = splitWords(section.rest)
  work.macros.set(macro.toLowerCase(), { parameters, body: section.children })
  // Where it is used its lines are read; one that nobody knows has no account by being read.
  for (const node of allOf(section.children).filter(isKnown)) noteResolved(node, work)
  return []
}

function resolveVariables({ key, rest }: Node, { defined, environment }: Expansion): string {
  return rest.replace(/\$\{([^}:]+)\}/g, (whole, name: string) => {
    // What may be a secret stays a variable, in our result too.
    const given = isSecretive(key) || ofHeaders.test(key) ? undefined : environment.get(name)
    return defined.get(name) ?? given ?? whole
  })
}

const ofHeaders = /^(?:requestheader|header)$/
