import type { Finding, FindingKind } from '../finding.ts'
import { never } from '../rule.ts'
import { positionText, type SourcePosition } from '../source-position.ts'
import type { ConvertedApp } from './host/host.ts'
import type { ConvertedLocation } from './host/locations.ts'
import type { SourceLine } from './reading/read.ts'
import type { Node } from './reading/tree.ts'
import { told } from './told.ts'

/** What became of one line of the input. */
export interface LineAccount {
  readonly line: SourceLine
  /** The worst that is said of it; null where nothing is. */
  readonly kind: FindingKind | null
}

const worstFirst: readonly FindingKind[] = ['not-convertible', 'changed', 'suspect', 'kept', 'not-needed']

/** Exactly one account of every line that was read: a line that several findings are about has the worst of them. */
export function accountsOf(
  lines: readonly SourceLine[],
  findings: readonly Finding[],
): readonly LineAccount[] {
  const byPlace = Map.groupBy(
    findings.filter(({ at }) => at !== null),
    ({ at }) => (at === null ? '' : positionText(at)),
  )
  return lines.map((line) => {
    const kinds = new Set((byPlace.get(positionText(line.node.at)) ?? []).map(({ kind }) => kind))
    return { line, kind: worstFirst.find((kind) => kinds.has(kind)) ?? null }
  })
}

/** A line of the input as the report shows it. */
export function nodeText(node: Node): string {
  return node.kind === 'section' ? `<${node.name} ${node.rest}>` : told(node)
}

const ofRules =
  /^(?:require\w*|limit|limitexcept|authtype|authmerging|oidcunauthaction|order|allow|deny|satisfy)$/
/** What has no path of its own, also where it was resolved while the files were read. */
const container = /^(?:require\w*|limit|limitexcept|if(?:define|module|version|directive|section|file))$/

/**
 * Accounts for the lines that made the rules of the result: of every section that holds at one of its locations the
 * line itself, and those in it that are about who may pass. A section that came to no location has no account by this.
 */
export function claimRules(
  lines: readonly SourceLine[],
  apps: readonly ConvertedApp[],
  report: (finding: Finding) => void,
): void {
  const used = new Map<string, string>()
  for (const { pattern, sections } of apps.flatMap(({ locations }) => locations)) {
    const path = `/${pattern.segments.map((segment) => segment ?? '*').join('/')}`
    for (const { at } of sections) if (!used.has(positionText(at))) used.set(positionText(at), path)
  }
  const sectionAt = new Map(lines.map(({ node }) => [positionText(node.at), node]))
  const innermost = ({ within }: SourceLine): string =>
    positionText(
      within.findLast(
        (at) => used.has(positionText(at)) || !container.test(sectionAt.get(positionText(at))?.key ?? ''),
      ) ?? nowhere,
    )
  for (const line of lines) {
    const { node } = line
    const own = used.get(positionText(node.at))
    const path = own ?? (ofRules.test(node.key) ? used.get(innermost(line)) : undefined)
    if (path === undefined) continue
    const message = `is in the rules at \`${path}\``
    report({ id: 'rule', kind: 'kept', at: node.at, what: nodeText(node), message, effect: null })
  }
}

const nowhere: SourcePosition = { file: '', line: 0, column: 0 }

/** Accounts for all that stands in sections or hosts that were left out, each with what was said of it. */
export function claimLeftOut(
  lines: readonly SourceLine[],
  report: (finding: Finding) => void,
  findings: readonly Finding[],
): void {
  const outside = new Map(
    findings
      .filter(({ at, leavesOut }) => at !== null && leavesOut === true)
      .map((one) => [one.at === null ? '' : positionText(one.at), one]),
  )
  for (const { node, within } of lines) {
    const place = within.findLast((at) => outside.has(positionText(at)))
    const finding = place === undefined ? undefined : outside.get(positionText(place))
    if (finding === undefined) continue
    const message = `with ${finding.what}`
    report({ id: 'left-out', kind: 'not-needed', at: node.at, what: nodeText(node), message, effect: null })
  }
}

/** The lines that no part of the conversion accounts for, or whose finding says that they close their place. */
export function closingLines(
  lines: readonly SourceLine[],
  findings: readonly Finding[],
): readonly SourceLine[] {
  const closing = new Set(
    findings.flatMap(({ at, closesPlace }) =>
      closesPlace === true && at !== null ? [positionText(at)] : [],
    ),
  )
  return accountsOf(lines, findings)
    .filter(({ line, kind }) => kind === null || closing.has(positionText(line.node.at)))
    .map(({ line }) => line)
}

/** Says of a line that nobody knows it, and what that means. */
export function unclaimed({ node }: SourceLine): Finding {
  return {
    id: 'unclaimed',
    kind: 'not-convertible',
    at: node.at,
    what: nodeText(node),
    message:
      'nothing in this command knows it, so its place is closed (`nobody`) until a person has looked at it',
    effect: 'stricter',
    isAnywhere: true,
    announces: () => true,
  }
}

/** What closes, and where it stands. */
export interface Closing {
  readonly line: SourceLine
  /** Positions of the sections around it that are a place, and of itself; those of hosts are apart. */
  readonly around: ReadonlySet<string>
  readonly hosts: ReadonlySet<string>
  /** In no section that is a place: it is about the whole host, or the whole server. */
  readonly isOfHost: boolean
}

/** What has no place of its own: it is about all that stands around it. */
const placeless = /^(?:if(?:define|module|version|file|directive|section)|macro|proxy|proxymatch)$/

/** Where lines stand that close their place; `apps` are all of the result, `hosts` the virtual hosts. */
export function closingsOf(
  closing: readonly SourceLine[],
  lines: readonly SourceLine[],
  apps: readonly ConvertedApp[],
  hosts: readonly SourcePosition[],
): readonly Closing[] {
  const keyAt = new Map(lines.map(({ node }) => [positionText(node.at), node.key]))
  const ofHosts = new Set(hosts.map(positionText))
  return closing.map((line) => {
    const within = line.within.map(positionText)
    const around = new Set([...within, positionText(line.node.at)])
    const places = within.filter((at) => !ofHosts.has(at) && !placeless.test(keyAt.get(at) ?? ''))
    const known = { line, around, hosts: new Set(within.filter((at) => ofHosts.has(at))) }
    // A line of a macro is where the macro is used.
    const isUsed = within.some((at) => keyAt.get(at) === 'macro')
    const isInPlace = isUsed && apps.some(({ locations }) => locations.some((one) => standsIn(known, one)))
    return { ...known, isOfHost: places.length === 0 && !isInPlace }
  })
}

function standsIn(
  { line, around }: Pick<Closing, 'line' | 'around'>,
  { sections }: ConvertedLocation,
): boolean {
  const own = positionText(line.node.at)
  return sections.some(
    ({ at, directives }) =>
      around.has(positionText(at)) || directives.some((directive) => positionText(directive.at) === own),
  )
}

/** The apps with `nobody` wherever a line stood that nobody accounts for: in its section, or in all of its host. */
export function closeApps(
  apps: readonly ConvertedApp[],
  host: SourcePosition | null,
  closings: readonly Closing[],
): readonly ConvertedApp[] {
  const own = host === null ? '' : positionText(host)
  const here = closings.filter(({ hosts }) => hosts.size === 0 || hosts.has(own))
  if (here.length === 0) return apps
  return apps.map((app) => ({
    ...app,
    locations: app.locations.map((location) => {
      const by = here.find((closing) => closing.isOfHost || standsIn(closing, location))
      return by === undefined ? location : closed(location, by.line)
    }),
  }))
}

function closed(location: ConvertedLocation, { node }: SourceLine): ConvertedLocation {
  const access = { methods: null, require: never, unauthenticated: 'sign_in' } as const
  return { ...location, accesses: [access], because: `${positionText(node.at)} ${nodeText(node)}: closed` }
}
