import { knownMethods } from '../../../core/request/method.ts'
import { allOf, asks, besideProviders, needsPerson, never, open, type Rule } from '../../rule.ts'
import type { Context } from '../context.ts'
import { wordsOf } from '../reading/last.ts'
import { type RequireNode, rulesOf } from '../reading/require.ts'
import { type MergedSections, mergeSections, methodsNamed, type PathSection } from '../reading/section.ts'
import { asks as asksCertificate } from './certificates.ts'
import { isStranger } from './claim.ts'
import { findingsOf, type Say } from './findings.ts'
import { convertRequires, dependsOnCaller } from './requirement.ts'
import { withoutLaterAlternatives } from './signs-in-again.ts'
import { convertStepUp, type SteppedUp } from './step-up.ts'
import { convertTokens, credentialsOfEach, userAt } from './tokens.ts'

/** Who may pass at one path, by one set of methods; null: by all that no other set names. */
export interface Access {
  readonly methods: readonly string[] | null
  readonly require: Rule | 'maybe_signed_in'
  readonly unauthenticated: 'sign_in' | 'deny'
  /** What a sign-in must bring beside; absent: nothing. */
  readonly stepUp?: NonNullable<SteppedUp['stepUp']>
  /** By what somebody may come; absent: by a session. */
  readonly credentials?: readonly ('session' | 'bearer')[]
}

/**
 * What holds after merging as accesses of ours: one, unless methods are told apart. Of several possibilities, lists of
 * sections of which one or the other holds, whoever passes has to meet each.
 */
export function convertAccess(
  possibilities: readonly (readonly PathSection[])[],
  context: Context,
): readonly Access[] {
  // Of several possibilities each has to be met, for which a rule has words and a step-up has none.
  const where = { ...context, stepsUp: possibilities.length === 1 }
  const merged = possibilities.map((sections) => ({ sections, merged: mergeSections(sections) }))
  const named = merged.flatMap(({ merged: { requires } }) => (requires ? [...methodsNamed(requires)] : []))
  const methods = [...new Set([...knownMethods, ...named])].filter(
    (method) => !/^(?:TRACE|CONNECT)$/.test(method),
  )
  // HEAD goes with GET in httpd as it does here.
  const asked = named.length === 0 ? ['GET'] : methods.filter((method) => method !== 'HEAD')
  const groups = new Map<string, { access: Access; methods: string[] }>()
  for (const method of asked) {
    const access = eachOf(merged.map((one) => accessFor(method, one.merged, one.sections, where)))
    const group = groups.get(JSON.stringify(access))
    if (group === undefined) groups.set(JSON.stringify(access), { access, methods: [method] })
    else group.methods.push(method)
  }
  noteOpenMethods([...groups.values()], possibilities.at(-1) ?? [], context)
  const found = [...groups.values()].toSorted((one, other) => other.methods.length - one.methods.length)
  return found.map(({ access, methods: names }, index) => {
    // Methods beyond the known ones pass only where they are listed.
    const unknown = names.some((name) => !knownMethods.includes(name))
    return { ...access, methods: index === 0 && !unknown ? null : names }
  })
}

/** The access that lets in whom each of these lets in. */
function eachOf(accesses: readonly Access[]): Access {
  const [first] = accesses
  if (first !== undefined && accesses.length === 1) return first
  if (first !== undefined && accesses.every(({ require }) => require === 'maybe_signed_in')) return first
  const rules = accesses.map(({ require }) => (require === 'maybe_signed_in' ? open : require))
  const denies = accesses.some(({ unauthenticated }) => unauthenticated === 'deny')
  const credentials = credentialsOfEach(accesses)
  const require = credentials === null ? never : allOf(rules)
  return { methods: null, require, unauthenticated: denies ? 'deny' : 'sign_in', ...credentials }
}

/** A method that no `Require` is about is open in httpd, which is easily forgotten. */
function noteOpenMethods(
  groups: readonly { readonly access: Access; readonly methods: readonly string[] }[],
  sections: readonly PathSection[],
  { report }: Context,
): void {
  const open = groups.find(
    ({ access }) => access.require !== 'maybe_signed_in' && access.require.kind === 'open',
  )
  const at = sections.at(-1)
  if (open === undefined || groups.length < 2 || at === undefined) return
  const message = `${open.methods.join(', ')}: no \`Require\` is about them, so they are open to everybody, as before`
  report({ id: 'method-open', kind: 'suspect', at: at.at, what: at.text, message, effect: null })
}

function accessFor(
  method: string,
  merged: MergedSections,
  sections: readonly PathSection[],
  context: Context & { readonly stepsUp: boolean },
): Access {
  return withCertificate(accessOfPeople(method, merged, sections, context), merged, context)
}

/** `SSLVerifyClient require` stands beside whatever else is asked; a place takes nothing of it back that the host asks. */
function withCertificate(access: Access, { directives }: MergedSections, { certificates }: Context): Access {
  if (certificates === null) return access
  if (!certificates.isRequired && !asksCertificate(wordsOf(directives, 'SSLVerifyClient')[0])) return access
  // `maybe_signed_in` stands alone, and asks nobody for anything.
  if (access.require === 'maybe_signed_in') return { ...access, require: never }
  return { ...access, require: allOf([certificates.rule, access.require]) }
}

function accessOfPeople(
  method: string,
  merged: MergedSections,
  sections: readonly PathSection[],
  context: Context & { readonly stepsUp: boolean },
): Access {
  const { directives } = merged
  const at = sections.at(-1)
  const say = findingsOf(context.report, at?.at ?? null, at?.text ?? 'no section')
  const authType = wordsOf(directives, 'AuthType')[0]?.toLowerCase() ?? 'none'
  const plain = { methods: null, unauthenticated: 'sign_in' } as const
  const requires = merged.requires && alternativesOf(merged.requires, method, directives, say)
  if (requires === null) {
    if (authType !== 'none') {
      const message =
        'has an AuthType and no `Require`: httpd answers 500 there, so nobody got in, and nobody does here'
      say('no-require', 'suspect', message, 'either', isStranger)
      return { ...plain, require: never }
    }
    return { ...plain, require: open }
  }
  const converted = convertRequires(requires, method, { ...context, remoteUser: userAt(authType, context) })
  const rule = context.providers.length > 1 ? besideProviders(converted, context.providers) : converted
  if (JSON.stringify(rule) !== JSON.stringify(converted)) {
    const message =
      'asks for a claim and names no issuer: whichever provider sends it is believed, as before. Name the one that is meant in `provider`'
    say('any-provider', 'suspect', message)
  }
  if (!asks(rule) && !(needsPerson(rule) && rulesOf(requires).some(dependsOnCaller))) {
    return { ...plain, require: rule }
  }
  if (!knownTypes.has(authType)) {
    say(
      'auth-type',
      'not-convertible',
      authType === 'none'
        ? 'asks who it is without an AuthType: httpd answered 500, and nobody gets in here'
        : `AuthType ${authType} is none of mod_auth_openidc's: nobody gets in here`,
      'either',
      () => true,
    )
    return { ...plain, require: never }
  }
  const tokens = convertTokens(authType, rule, requires, context, say)
  if (authType === 'oauth20') return { ...plain, require: never, ...tokens }
  return { ...ofSessions(directives, rule, context.stepsUp, say), ...tokens }
}

/** Who is sent to sign in, and who is not, where a session counts. */
function ofSessions(
  directives: MergedSections['directives'],
  rule: Rule,
  stepsUp: boolean,
  say: Say,
): Access {
  const plain = { methods: null, unauthenticated: 'sign_in' } as const
  const [action = 'auth', expression] = wordsOf(directives, 'OIDCUnAuthAction')
  const unauthenticated = /^4/.test(action) ? 'deny' : 'sign_in'
  if (action === 'pass' && expression === undefined) return passing(rule, plain, say)
  if (expression !== undefined) {
    const message = `whether to answer ${action} was decided by an expression: here scripts get 401 and navigations are sent to sign in`
    say('unauth-expression', 'changed', message)
    return { ...plain, ...withStepUp(directives, rule, stepsUp, say) }
  }
  return { ...plain, unauthenticated, ...withStepUp(directives, rule, stepsUp, say) }
}

/** The rules that httpd went by. */
function alternativesOf(
  requires: RequireNode,
  method: string,
  directives: MergedSections['directives'],
  say: Say,
): RequireNode {
  if (wordsOf(directives, 'OIDCUnAutzAction')[0]?.toLowerCase() !== 'auth') return requires
  const first = withoutLaterAlternatives(requires, method)
  if (JSON.stringify(first) !== JSON.stringify(requires)) {
    const message =
      'with `OIDCUnAutzAction auth` httpd sent away whoever did not meet the first `Require claim` of several, or whom a `not` was about, whatever the other lines said. They let nobody in here either: write them back where they are meant'
    say('first-alternative', 'changed', message, 'stricter', () => true)
  }
  return first
}

function withStepUp(
  directives: MergedSections['directives'],
  rule: Rule,
  stepsUp: boolean,
  say: Say,
): Pick<Access, 'require' | 'stepUp'> {
  if (!stepsUp) return { require: rule }
  const { require, stepUp } = convertStepUp(directives, rule, say)
  return { require, ...(stepUp === null ? {} : { stepUp }) }
}

const knownTypes: ReadonlySet<string> = new Set(['openid-connect', 'auth-openidc', 'oauth20'])

/** `OIDCUnAuthAction pass`: without a session everybody got in, whatever claims were asked for. */
function passing(rule: Rule, plain: Pick<Access, 'methods' | 'unauthenticated'>, say: Say): Access {
  const everybody =
    rule.kind === 'signed_in' ||
    (rule.kind === 'any' && rule.members.some(({ kind }) => kind === 'signed_in'))
  if (everybody) return { ...plain, require: 'maybe_signed_in' }
  const message =
    '`OIDCUnAuthAction pass` let everybody in who was not signed in, whatever `Require` asked of people; here the rule holds for everybody. To leave the path open write `require: maybe_signed_in`'
  say('pass-bypasses-claims', 'changed', message, 'stricter', ({ claims }) => claims === null)
  return { ...plain, require: rule }
}
