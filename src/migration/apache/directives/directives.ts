import type { Finding } from '../../finding.ts'
import { lastOf } from '../reading/last.ts'
import { passesOn, type RewriteStep, rewriteSteps } from '../reading/rewrite.ts'
import { isAboutSite, ownName } from '../reading/rewrite-site.ts'
import type { VirtualHost } from '../reading/site.ts'
import { allOf, type Directive, type Section } from '../reading/tree.ts'
import { splitWords } from '../reading/words.ts'
import { told } from '../told.ts'
import { saidOfAskingAgain } from './asking-again.ts'
import { type HostTokens, saidOfBearer } from './bearer.ts'
import { saidOf } from './families.ts'
import { isKnown } from './known.ts'
import { readElsewhere } from './read-elsewhere.ts'

type Report = (finding: Finding) => void

/**
 * Says of each directive what becomes of it, where no other part of the conversion does. Of what nobody knows nothing
 * is said: such a line is unclaimed, and closes its place.
 */
export function noteDirectives(host: VirtualHost, tokens: HostTokens, report: Report): void {
  const inSections = host.sections.flatMap((section) => section.directives)
  for (const directive of [...host.directives, ...inSections]) noteDirective(directive, host, tokens, report)
  noteReplaced(host.directives, report)
  for (const section of host.sections) noteReplaced(section.directives, report)
  for (const section of host.others.flatMap(withInner)) noteSection(section, host, report)
  noteRewriting(host, report)
}

function noteDirective(directive: Directive, host: VirtualHost, tokens: HostTokens, report: Report): void {
  const { key } = directive
  if (readElsewhere.has(key)) return
  if (/^redirect(?:match|permanent|temp)?$/.test(key)) {
    noteRedirect(directive, host, report)
    return
  }
  if (host.directives.includes(directive) && isOfEverySection(directive)) {
    noteOfEverySection(directive, report)
    return
  }
  const known =
    saidOfAskingAgain(directive) ?? saidOfBearer(directive, tokens) ?? saidOf(key, splitWords(directive.rest))
  if (known === null) return
  const id = known.kind === 'not-needed' ? 'not-needed' : 'directive'
  report({
    id,
    kind: known.kind,
    at: directive.at,
    what: told(directive),
    message: known.message,
    effect: null,
  })
}

/** httpd inherits it into each section, where it decides who gets in, or what is asked of them. */
function isOfEverySection({ key, rest }: Directive): boolean {
  if (key === 'oidcunautzaction') return splitWords(rest)[0]?.toLowerCase() === 'auth'
  return key === 'oidcpathauthrequestparams' || key === 'oidcpathscope'
}

function noteOfEverySection(directive: Directive, report: Report): void {
  report({
    id: 'step-up-everywhere',
    kind: 'not-convertible',
    at: directive.at,
    what: told(directive),
    message:
      'stands in no section, so httpd went by it in each: all is closed (`nobody`) until a person has looked at it. Write it in the sections that it is meant for, and convert again; or take it out, and write `step_up` at the app',
    effect: 'stricter',
    closesPlace: true,
    isAnywhere: true,
    announces: () => true,
  })
}

/** Of a name that counts once the last line counts. */
function noteReplaced(directives: readonly Directive[], report: Report): void {
  for (const directive of directives) {
    const last = lastOf(directives, directive.key)
    if (last === directive || last === null || !countsOnce.test(directive.key)) continue
    const message = `a later line of the same name replaces it, ${last.at.file}:${last.at.line}`
    report({
      id: 'replaced',
      kind: 'not-needed',
      at: directive.at,
      what: told(directive),
      message,
      effect: null,
    })
  }
}

const countsOnce =
  /^(?:oidc(?!blacklisted|whitelisted|passclaims)\w+|servername|sslengine|proxypreservehost|proxytimeout|limitrequestbody|sslproxycacertificatefile|authtype|authmerging)$/

function noteRedirect(directive: Directive, { sections }: VirtualHost, report: Report): void {
  const closes = sections.some(({ at, isRefusal }) => isRefusal === true && at === directive.at)
  const message = closes
    ? 'httpd answered there by itself, and no app was asked: the path is closed (`nobody`). Redirects belong to the app, or to what stands in front'
    : 'ProxyPass came first for what is passed on: httpd never redirected there'
  const kind = closes ? 'not-convertible' : 'suspect'
  const effect = closes ? 'stricter' : null
  report({ id: 'redirect', kind, at: directive.at, what: told(directive), message, effect })
}

function noteRewriting(host: VirtualHost, report: Report): void {
  const say = (directive: Directive, kind: Finding['kind'], message: string): void =>
    report({ id: 'rewrite', kind, at: directive.at, what: told(directive), message, effect: null })
  const closing = new Set(host.sections.filter(({ isRefusal }) => isRefusal === true).map(({ at }) => at))
  const own = ownName(host.directives)
  for (const step of rewriteSteps(host.rewriting)) {
    const { directive, conditionLines } = step
    const [kind, message] = saidOfStep(step, closing.has(directive.at), own)
    if (message !== null) say(directive, kind, message)
    for (const line of conditionLines) say(line, 'changed', 'is part of the `RewriteRule` below it')
  }
  const inSections = host.sections.flatMap((section) => section.directives)
  for (const directive of [...host.directives, ...inSections]) {
    if (directive.key !== 'rewriterule' && directive.key !== 'rewritecond') continue
    if (host.rewriting.includes(directive)) continue
    if (closing.has(directive.at)) say(directive, 'not-convertible', closedByRewriting)
    else if (inSections.includes(directive)) say(directive, 'not-convertible', comesAlong)
    else say(directive, 'not-needed', 'does not run here: RewriteEngine is off, or it is of another server')
  }
}

const closedByRewriting =
  'httpd answered there by itself or under another path: where it may match the path is closed (`nobody`). Rewriting and redirects belong to the app, or to what stands in front'
const comesAlong = 'paths are not rewritten: let the app, or the server that runs it, do it'

/** Whether it refuses whatever else a request is: its method may be asked, which locations tell apart. */
function isUnconditional({ conditions, negated }: RewriteStep): boolean {
  return (
    !negated && (conditions.length === 0 || (conditions.length === 1 && conditions[0]?.kind === 'method'))
  )
}

function saidOfStep(
  step: RewriteStep,
  closes: boolean,
  own: string | null,
): readonly [Finding['kind'], string | null] {
  if (passesOn(step)) return ['kept', null]
  if (closes && step.flags.some((flag) => /^(?:F|G|R=4\d\d)$/.test(flag)) && isUnconditional(step)) {
    return ['kept', 'httpd refused everybody there, and so does the gateway: `nobody`']
  }
  if (closes) {
    return ['not-convertible', closedByRewriting]
  }
  if (isAboutSite(step, own)) {
    return ['changed', 'is about scheme, host and port: the gateway answers for its own `url` alone']
  }
  if (step.conditions.some(({ kind }) => kind === 'client')) {
    return ['changed', 'hangs on what each client says of itself: it kept nobody out, and is left out']
  }
  if (step.target === '-') return ['not-needed', 'sets variables of httpd, or ends its rewriting']
  return ['not-convertible', 'paths are not rewritten: the app or what stands in front has to do it']
}

/** A section and those in it: `<Files>` in a `<Directory>`. */
function withInner(section: Section): readonly Section[] {
  const inner = section.children.filter((child): child is Section => child.kind === 'section')
  return [section, ...inner.flatMap(withInner)]
}

function noteSection(section: Section, { sections }: VirtualHost, report: Report): void {
  const { key } = section
  const used = sections.some(({ at }) => at === section.at)
  if (used || key === 'location' || key === 'virtualhost') return
  const what = `<${section.name} ${section.rest}>`
  const finding = { id: 'section', kind: 'not-needed', at: section.at, what, effect: null } as const
  const say = (message: string): void => report({ ...finding, message, leavesOut: true })
  if (/^directory|^files/.test(key)) say('is about files: no request that comes here got to them')
  if (/^proxy/.test(key)) {
    report({ ...finding, message: 'is read where an upstream names it' })
    // What nobody knows in it may keep people out.
    for (const { at, name } of allOf(section.children).filter(isKnown))
      report({ id: 'left-out', kind: 'not-needed', at, what: name, message: `with ${what}`, effect: null })
  }
  if (/^auth[nz]provideralias$/.test(key)) say('is read where `Require` names it, and nobody gets in by that')
  else if (key === 'mdomainset') say('TLS ends in front of the gateway, or here by `listen`')
}
