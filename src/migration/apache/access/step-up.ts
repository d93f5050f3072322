import { allOf, claimPaths, type Rule } from '../../rule.ts'
import type { YamlValue } from '../../yaml.ts'
import { wordsOf } from '../reading/last.ts'
import type { Directive } from '../reading/tree.ts'
import type { Say } from './findings.ts'
import { type PathParameters, readPathParameters } from './path-parameters.ts'

/** A rule and what is asked of a sign-in beside it. */
export interface SteppedUp {
  readonly require: Rule
  readonly stepUp: { readonly [key: string]: YamlValue } | null
}

/**
 * `OIDCPathAuthRequestParams`, `OIDCPathScope` and `OIDCUnAutzAction auth` of one place. httpd checked what its `Require`
 * said and nothing else; here what is asked for is checked too. A `Require` on `acr`, or on the `acrs` that is asked for,
 * becomes part of it: in a rule it would refuse before anybody could step up.
 */
export function convertStepUp(directives: readonly Directive[], rule: Rule, say: Say): SteppedUp {
  const [parameters = ''] = wordsOf(directives, 'OIDCPathAuthRequestParams')
  const asked = readPathParameters(parameters)
  const scopes = pathScopes(directives)
  const signsInAgain = wordsOf(directives, 'OIDCUnAutzAction')[0]?.toLowerCase() === 'auth'
  if (!signsInAgain && parameters === '' && scopes.length === 0) return { require: rule, stepUp: null }
  const taken = takeAcr(rule)
  const isAlternative = taken === null && claimPaths(rule).includes('acr')
  if (isAlternative) {
    const message =
      'asks for `acr` beside other ways in: whoever lacks it is refused by the rule, and is not sent to the provider. Write `step_up` at a location of its own'
    say('step-up-alternative', 'not-convertible', message)
    return { require: rule, stepUp: null }
  }
  const acrValues = taken?.values ?? asked.acrValues
  const stepUp = keysOf(asked, acrValues, scopes)
  if (stepUp === null) {
    if (signsInAgain) sayNothingAsked(say)
    return { require: rule, stepUp: null }
  }
  if (taken !== null) {
    const message = '`acr` is one text here, as the standard has it: httpd looked into a list as well'
    say('step-up-acr', 'changed', message, 'stricter', ({ claims }) => Array.isArray(claims?.acr))
  }
  if (isMoreThanRequired(asked, taken !== null, scopes)) {
    const message =
      'asked the provider for more than `Require` checked: here `step_up` checks all of it, with each request. `lasts` lets an old sign-in count for longer'
    say('step-up-checked', 'changed', message, 'stricter', ({ claims }) => claims !== null)
  }
  return { require: withoutContext(taken?.rest ?? rule, asked.authContext), stepUp }
}

function sayNothingAsked(say: Say): void {
  const message =
    'sent whom `Require` refused to sign in again, and got the same claims back, round and round: here refused is 403. Where a stronger sign-in helps, write `step_up`'
  say('step-up-nothing-asked', 'changed', message)
}

function isMoreThanRequired(
  { authContext, maxAgeSeconds, acrValues }: PathParameters,
  requiresAcr: boolean,
  scopes: readonly string[],
): boolean {
  const more = authContext !== null || maxAgeSeconds !== null || scopes.length > 0
  return more || (acrValues.length > 0 && !requiresAcr)
}

/** Null: nothing in it would be checked. */
function keysOf(
  { authContext, maxAgeSeconds, prompt, others }: PathParameters,
  acrValues: readonly string[],
  scopes: readonly string[],
): SteppedUp['stepUp'] {
  const checked: Record<string, YamlValue> = {
    ...(acrValues.length === 0 ? {} : { acr_values: [...new Set(acrValues)] }),
    ...(authContext === null ? {} : { auth_context: authContext }),
    ...(maxAgeSeconds === null ? {} : { max_age: `${maxAgeSeconds}s` }),
    ...(scopes.length === 0 ? {} : { scopes }),
  }
  if (Object.keys(checked).length === 0) return null
  return {
    ...checked,
    ...(prompt === null ? {} : { prompt }),
    ...(Object.keys(others).length === 0 ? {} : { authorization_parameters: others }),
  }
}

/** Without those that are expressions. */
function pathScopes(directives: readonly Directive[]): readonly string[] {
  const [text = ''] = wordsOf(directives, 'OIDCPathScope')
  return text.includes('%{') ? [] : text.split(/\s+/).filter((scope) => /^[!#-[\]-~]+$/.test(scope))
}

/** The values of `acr` that a rule demands of everybody, and the rule without them; null where it does not. */
function takeAcr(rule: Rule): { readonly values: readonly string[]; readonly rest: Rule } | null {
  const members = rule.kind === 'all' ? rule.members : [rule]
  const found = members.flatMap((member) => acrOf(member) ?? [])
  const others = members.filter((member) => acrOf(member) === null)
  const [first] = found
  if (first === undefined || found.length > 1 || others.flatMap(claimPaths).includes('acr')) return null
  return { values: first.values, rest: allOf([...others, { kind: 'signed_in' }]) }
}

/** The rule without a demand that the step-up's `auth_context` makes by itself, of everybody. */
function withoutContext(rule: Rule, authContext: string | null): Rule {
  const members = rule.kind === 'all' ? rule.members : [rule]
  const others = members.filter((member) => !demandsContext(member, authContext))
  return others.length === members.length ? rule : allOf([...others, { kind: 'signed_in' }])
}

function demandsContext(rule: Rule, authContext: string | null): boolean {
  if (rule.kind !== 'claim' || rule.path !== 'acrs' || rule.test.matcher !== 'is') return false
  return rule.test.values.every((value) => value === authContext)
}

function acrOf(rule: Rule): { readonly values: readonly string[] } | null {
  if (rule.kind !== 'claim' || rule.path !== 'acr' || rule.test.matcher !== 'is') return null
  const values = rule.test.values.filter((one) => typeof one === 'string' && /^[!#-[\]-~]+$/.test(one))
  return values.length === rule.test.values.length ? { values: values.map(String) } : null
}
