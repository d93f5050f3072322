import type { SourcePosition } from '../../source-position.ts'
import type { RequireGroup } from './require.ts'
import {
  passedPath,
  passesOn,
  type RewriteStep,
  readMatch,
  rewriteSteps,
  rewritingOf,
  runsAlways,
} from './rewrite.ts'
import { isAboutSite, ownName } from './rewrite-site.ts'
import type { PathSection } from './section.ts'
import { type HostParts, isAtOrBelow, passedPaths, type ServedPath } from './served.ts'
import type { Directive } from './tree.ts'
import { splitWords } from './words.ts'

/**
 * What httpd answers by itself before any rule is asked, by mod_rewrite and mod_alias: refusals, redirects, and paths
 * that are rewritten. No app was ever asked there, so nobody gets in there now.
 */
export function refusalSections(host: HostParts, served: readonly ServedPath[]): readonly PathSection[] {
  const steps = rewriteSteps(host.rewriting)
  const passes = steps.some(passesOn) || host.directives.some(({ key }) => /^proxypass/.test(key))
  const own = ownName(host.directives)
  return [
    ...steps.flatMap((step, index) => {
      const later = steps.slice(index + 1).some(passesOn)
      return refuses(step, passes, later, own) ? [ofStep(step)] : []
    }),
    ...host.directives.flatMap((directive) => ofRedirect(directive, host, served)),
    ...host.directives.flatMap(ofProxyPassMatch),
    ...refusalsOfSections(host.paths, host),
  ]
}

/** The same of lines that may be in effect or not, in a host that has others besides. */
export function refusalsInDoubt(
  host: HostParts,
  held: readonly Directive[],
  served: readonly ServedPath[],
): readonly PathSection[] {
  const engine = host.rewriting.filter(({ key }) => key === 'rewriteengine')
  const isOff = ({ key, rest }: Directive): boolean => key === 'rewriteengine' && !/^on$/i.test(rest.trim())
  const rewriting = [...engine, ...held.filter((directive) => !isOff(directive))]
  return [
    ...rewriteSteps(rewritingOf([], rewriting)).flatMap((step) =>
      refuses(step, true, true, ownName(host.directives)) ? [ofStep(step)] : [],
    ),
    ...held.flatMap((directive) => ofRedirect(directive, host, served)),
    ...held.flatMap(ofProxyPassMatch),
    ...held.flatMap(ofExclusion),
    ...held.flatMap((directive) => ofMapping(directive, host)),
  ]
}

/** Where a line that may be in effect maps paths to files or a program: what is asked for there nobody knows. */
function ofMapping({ key, name, rest, at }: Directive, host: HostParts): readonly PathSection[] {
  const [first = '/'] = splitWords(rest)
  const pattern = key === 'documentroot' ? '/' : first
  const kind = key.endsWith('match') ? 'expression' : 'prefix'
  const passed = passedPaths(host)
  const isPassed = kind === 'prefix' && passed.some((one) => isAtOrBelow(pattern, one))
  if (!mapping.test(key) || isPassed) return []
  return [
    { ...refusal, at, text: `${name} ${rest}`, kind, pattern, requires: denied(at, []), except: passed },
  ]
}

const mapping = /^(?:documentroot|(?:script|wsgiscript)?alias(?:match)?)$/

/** Of `<Location>` and what stands in it. */
export function refusalsOfSections(
  sections: readonly PathSection[],
  host: HostParts,
): readonly PathSection[] {
  return sections.flatMap((section) => inSection(section, true, host))
}

/** `ProxyPass /path !`: no app got it. */
function ofExclusion({ key, name, rest, at }: Directive): readonly PathSection[] {
  const [pattern = '', target] = splitWords(rest)
  if (key !== 'proxypass' || target !== '!') return []
  return [{ ...refusal, at, text: `${name} ${rest}`, kind: 'prefix', pattern, requires: denied(at, []) }]
}

/** Whether a step keeps a request from the app that it would have come to without it. */
export function refuses(
  step: RewriteStep,
  hostPassesOn: boolean,
  passesLater: boolean,
  own: string | null,
): boolean {
  const { flags, target, conditions } = step
  // It goes to an app by a way that cannot be said, and the app behind the lines below never got it.
  if (passesOn(step)) return passedPath(step) === null || !runsAlways(step) || isInAnyCase(step)
  if (isAboutSite(step, own)) return false
  // Whoever wants to get past it sends another name: it kept nobody out.
  if (conditions.length > 0 && conditions.every(({ kind }) => kind === 'client')) return false
  if (flags.some((flag) => /^(?:F|G|R(?:=.*)?)$/.test(flag)) || /^https?:\/\//.test(target)) return true
  if (target === '-') return passesLater && flags.some((flag) => flag === 'L' || flag === 'END')
  return hostPassesOn
}

/** Whether it is for paths in other letters too, which an expression of ours does not cover. */
function isInAnyCase({ pattern, flags }: RewriteStep): boolean {
  const letters = pattern.replaceAll(/\\./g, '')
  return flags.some((flag) => /^(?:NC|NOCASE)$/.test(flag)) && /[a-z]/i.test(letters)
}

function ofStep(step: RewriteStep): PathSection {
  const { directive, pattern, negated, conditions } = step
  const methods = conditions.filter(({ kind }) => kind === 'method').flatMap(({ names }) => names)
  const sure = conditions.every(({ kind }) => kind === 'method') && conditions.length < 2
  const doubt = sure ? null : 'has conditions that httpd alone knows'
  const place = { at: directive.at, text: `${directive.name} ${directive.rest}` }
  const requires = denied(directive.at, methods)
  if (!negated) {
    const expression = isInAnyCase(step) ? `(?i)${pattern}` : pattern
    // In the letters that are written it goes to its app.
    const passed = passesOn(step) && runsAlways(step) ? passedPath(step) : null
    const except = passed === null ? [] : [passed.path]
    return { ...refusal, ...place, kind: 'expression', pattern: expression, requires, doubt, except }
  }
  const spared = /^\^(\/[\w/-]+)/.exec(pattern)?.[1]?.replace(/\/$/, '')
  return {
    ...refusal,
    ...place,
    kind: 'prefix',
    pattern: '/',
    requires,
    doubt: doubt ?? 'holds for every path but some',
    except: spared === undefined ? [] : [spared],
  }
}

const refusal = { directives: [], compat: null, doubt: null, except: [], isRefusal: true } as const

function denied(at: SourcePosition, methods: readonly string[]): RequireGroup {
  const limit = methods.length === 0 ? null : { except: false, names: new Set(methods) }
  const test = { kind: 'all', granted: false } as const
  const member = {
    kind: 'rule',
    negated: false,
    test,
    limit,
    at,
    text: 'is answered by httpd itself',
  } as const
  return { kind: 'group', op: 'any', negated: false, members: [member], at }
}

/** What goes to an app by an expression that cannot be said: no other app got it. */
function ofProxyPassMatch({ key, name, rest, at }: Directive): readonly PathSection[] {
  const [pattern = '', target = ''] = splitWords(rest)
  if (key !== 'proxypassmatch' || readMatch(pattern, target) !== null) return []
  return [{ ...refusal, at, text: `${name} ${rest}`, kind: 'expression', pattern, requires: denied(at, []) }]
}

/** `Redirect 404 /x`: of mod_alias, which is asked after `ProxyPass`. */
function ofRedirect(
  directive: Directive,
  host: HostParts,
  served: readonly ServedPath[],
): readonly PathSection[] {
  if (!/^redirect(?:match|permanent|temp)?$/.test(directive.key) || served.length === 0) return []
  const path = redirected(directive)
  if (path === null) return []
  const passed = passedPaths(host)
  const place = { at: directive.at, text: `${directive.name} ${directive.rest}` }
  const requires = denied(directive.at, [])
  if (directive.key === 'redirectmatch') {
    return [{ ...refusal, ...place, kind: 'expression', pattern: path, requires, except: passed }]
  }
  if (passed.some((one) => isAtOrBelow(path, one))) return []
  return [{ ...refusal, ...place, kind: 'prefix', pattern: path, requires, except: passed }]
}

/** The path or expression that is redirected; null where it is not one. */
export function redirected({ key, rest }: Directive): string | null {
  const words = splitWords(rest)
  const hasStatus = key === 'redirect' || key === 'redirectmatch'
  const [path = ''] =
    hasStatus && /^(?:\d{3}|permanent|temp|seeother|gone)$/i.test(words[0] ?? '') ? words.slice(1) : words
  return path === '' ? null : path
}

/** What httpd itself answers with, where no ProxyPass is about the path: mod_proxy comes before all handlers. */
const ownHandlers = /^["']?(?:server-|balancer-|ldap-|md-|cgi-|wsgi-|send-|default-|type-)/

/** In a section both are asked after the rules, and hold for what is passed on, too. */
function inSection(section: PathSection, hostPassesOn: boolean, host: HostParts): readonly PathSection[] {
  const own = ownName(host.directives)
  const isPassedOn =
    section.kind === 'prefix' && passedPaths(host).some((one) => isAtOrBelow(section.pattern, one))
  const steps = rewriteSteps(section.directives)
  return section.directives.flatMap((directive) => {
    // Another app got it, and by a way that is not said here.
    const passes =
      directive.key === 'proxypassmatch' || (directive.key === 'proxypass' && section.kind !== 'prefix')
    const redirects =
      passes ||
      /^redirect(?:match|permanent|temp)?$/.test(directive.key) ||
      (directive.key === 'sethandler' && hostPassesOn && !isPassedOn && ownHandlers.test(directive.rest))
    const step = steps.find((one) => one.directive === directive)
    if (!redirects && (step === undefined || !refuses(step, hostPassesOn, hostPassesOn, own))) return []
    const place = { at: directive.at, text: `${directive.name} ${directive.rest}` }
    const { kind, pattern, except } = section
    const doubt = 'which requests below its section it is for, httpd decides'
    return [{ ...refusal, ...place, kind, pattern, except, requires: denied(directive.at, []), doubt }]
  })
}

/** The same of folders, where httpd served the app by itself: rewriting inside of it comes along with the app. */
export function refusalsInFolders(sections: readonly PathSection[], host: HostParts): readonly PathSection[] {
  return sections.flatMap((section) => inSection(section, false, host))
}
