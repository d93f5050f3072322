import { isKnown } from '../directives/known.ts'
import type { Expansion } from './expansion.ts'
import { allOf, type Node, type Section } from './tree.ts'
import { versionHolds } from './version.ts'
import { splitWords } from './words.ts'

type Expand = (nodes: readonly Node[], work: Expansion) => readonly Node[]

const conditional = /^if(?:define|module|version|file|directive|section)$/

/** Whether a section is in effect or not by what httpd knows when it starts. */
export function isConditional({ key }: Pick<Section, 'key'>): boolean {
  return conditional.test(key)
}

/**
 * What is left of `<IfDefine>` and its kin. What is surely in effect is as if it stood without it. Of what may be in
 * effect or not the rules stay in it, as ones that may hold: whoever starts httpd knows, and until they say so both have
 * to be met.
 */
export function expandCondition(section: Section, work: Expansion, expand: Expand): readonly Node[] {
  const [first = ''] = splitWords(section.rest)
  const negated = first.startsWith('!')
  const name = first.replace(/^!/, '')
  noteResolved(section, work)
  switch (section.key) {
    case 'ifdefine': {
      const isDefined = work.defined.has(name)
      if (isDefined !== negated) {
        const children = expand(section.children, work)
        return isDefined ? children : perhaps(section, children)
      }
      const why = `${name} is ${negated ? '' : 'not '}defined: \`--define ${name}\` sets it`
      return leftOut(section, why, work, expand, !isDefined)
    }
    case 'ifmodule': {
      const isSure = surelyLoaded.test(name)
      if (negated) return leftOut(section, `${name} is taken as loaded`, work, expand, !isSure)
      const children = expand(section.children, work)
      return isSure ? children : perhaps(section, children)
    }
    case 'ifversion': {
      const holds = versionHolds(section.rest)
      if (holds === false) return leftOut(section, 'it is for another httpd than 2.4', work, expand, false)
      const children = expand(section.children, work)
      return holds === true ? children : perhaps(section, children)
    }
    default:
      return perhaps(section, expand(section.children, work))
  }
}

/** Without these there is no httpd 2.4 that signs people in and passes requests on. */
const surelyLoaded =
  /^(?:mod_)?(?:authz_core|authz_host|authz_user|authn_core|auth_openidc|proxy|version)(?:_module|\.c)?$/

/** What says who gets in: it may hold or not. */
const ofRules =
  /^(?:require\w*|order|allow|deny|satisfy|authtype|authmerging|oidcunauthaction|sslverifyclient|limit|limitexcept|location(?:match)?|directory(?:match)?|files(?:match)?|if|elseif|else)$/

/** Taken as in effect, but for the rules in it. */
function perhaps(section: Section, children: readonly Node[]): readonly Node[] {
  const isDoubtful = (node: Node): boolean =>
    ofRules.test(node.key) ||
    isConditional(node) ||
    (/^proxy(?:match)?$/.test(node.key) && node.kind === 'section') ||
    (node.key === 'rewriteengine' && node.rest.trim().toLowerCase() === 'off')
  const doubtful = children.filter(isDoubtful)
  const others = children.filter((node) => !isDoubtful(node))
  return doubtful.length === 0 ? others : [...others, { ...section, children: doubtful }]
}

/** What may come to a rule somewhere. */
const rules =
  /^(?:require\w*|order|allow|deny|satisfy|authtype|sslverifyclient|redirect\w*|rewriterule|proxypass|allowoverride|documentroot|\w*alias(?:match)?)$/

/** What is not in effect as far as anybody here knows. */
function leftOut(
  section: Section,
  why: string,
  work: Expansion,
  expand: Expand,
  inDoubt: boolean,
): readonly Node[] {
  const what = `<${section.name} ${section.rest}>`
  work.note({ at: section.at, what, kind: 'left-out', message: `left out with all in it: ${why}` })
  const apart: Expansion = {
    ...work,
    defined: new Map(work.defined),
    macros: new Map(work.macros),
    // What is in a file that is not here nobody knows, nor in a macro.
    note: (note) => (inDoubt && note.kind === 'unreadable' ? work.note(note) : undefined),
    fault: ({ at, message }) => {
      if (inDoubt)
        work.note({ at, what: 'Use', kind: 'unreadable', message: `${message}: ${itsPlaceIsClosed}` })
    },
  }
  const children = expand(section.children, apart)
  const written = allOf(section.children)
  // A line that nobody knows may keep people out: it has no account by being left out.
  for (const node of inDoubt ? written.filter(isKnown) : written) {
    work.note({
      at: node.at,
      what: node.kind === 'section' ? `<${node.name} ${node.rest}>` : node.name,
      kind: 'left-out',
      message: `left out with ${what}`,
    })
  }
  const matters = allOf(children).some((node) => rules.test(node.key) || !isKnown(node))
  return inDoubt && matters ? [{ ...section, children }] : []
}

/** Of what may say who gets in, and is not here. */
const itsPlaceIsClosed = 'it may say who gets in, so its place is closed (`nobody`)'

/** Accounts for a line that is gone when the files are read. */
export function noteResolved(node: Node, work: Expansion): void {
  const what = `${node.kind === 'section' ? '<' : ''}${node.name} ${node.rest}${node.kind === 'section' ? '>' : ''}`
  work.note({ at: node.at, what, kind: 'resolved', message: 'was resolved while the files were read' })
}
