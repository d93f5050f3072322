import { ownAuthorizationParameters } from '../../core/session/authorization-parameters.ts'
import { encodeStepUp } from '../../core/session/sealed-step-up.ts'
import type { StepUp } from '../../core/step-up.ts'
import { type ConfigPath, positionOf } from '../node.ts'
import type { StepUpKeys } from '../schema/step-up.ts'
import { faultAt, faultAtKey, type Scope } from './scope.ts'

/** A `step_up` of the file, and where it stands. */
export interface WrittenStepUp {
  readonly stepUp: StepUp
  readonly path: ConfigPath
}

/** As it is sealed: it travels in the attempt's cookie, and several of these with each request. */
const mostBytes = 1024

/** What one place asks for, by itself; what is wrong with it is reported. */
export function buildStepUp(scope: Scope, path: ConfigPath, keys: StepUpKeys): WrittenStepUp {
  checkKeys(scope, path, keys)
  const { max_age: maxAge, lasts } = keys
  const stepUp: StepUp = {
    acrValues: [...new Set(keys.acr_values)],
    authContext: keys.auth_context ?? null,
    // A sign-in that is too old for every request would come back as old as it was.
    maxAgeSeconds: maxAge ?? lasts ?? null,
    lastsSeconds: lasts ?? maxAge ?? null,
    scopes: [...new Set(keys.scopes)],
    prompt: keys.prompt ?? null,
    authorizationParameters: new Map(Object.entries(keys.authorization_parameters ?? {})),
  }
  checkLength(scope, path, stepUp)
  return { stepUp, path }
}

function checkKeys(scope: Scope, path: ConfigPath, keys: StepUpKeys): void {
  const { max_age: maxAge, lasts, prompt } = keys
  if ([keys.acr_values, keys.auth_context, maxAge, keys.scopes].every((key) => key === undefined)) {
    const message =
      'needs at least one of `acr_values`, `auth_context`, `max_age` and `scopes`: the rest is only asked for, and whoever signs in can edit it out of the address'
    faultAt(scope, path, message)
  }
  if (maxAge !== undefined && lasts !== undefined && lasts < maxAge) {
    const message =
      'is shorter than `max_age`: a sign-in that is just young enough to come back would be too old at once'
    faultAt(scope, [...path, 'lasts'], message)
  }
  if (prompt?.split(' ').includes('none') === true) {
    const message = 'cannot hold `none`: the provider would ask nobody for anything'
    faultAt(scope, [...path, 'prompt'], message)
  }
  for (const name of Object.keys(keys.authorization_parameters ?? {})) {
    const message = whyNotWritten(name.toLowerCase(), keys)
    if (message !== null) faultAtKey(scope, [...path, 'authorization_parameters', name], message)
  }
}

/** In any case: some providers read the names of parameters without regard to it. */
function whyNotWritten(name: string, keys: StepUpKeys): string | null {
  if (name === 'scope') return 'has a key of its own: write `scopes` in `step_up`'
  if (name === 'acr_values' || name === 'max_age' || name === 'prompt')
    return `has a key of its own: write \`${name}\` in \`step_up\``
  if (name === 'claims' && keys.auth_context !== undefined) return 'is set by `auth_context`'
  const own = ownAuthorizationParameters.has(name) || name === 'login_hint' || name === 'id_token_hint'
  return own ? 'is set by the gateway itself' : null
}

function checkLength(scope: Scope, path: ConfigPath, stepUp: StepUp): void {
  if (Buffer.byteLength(JSON.stringify(encodeStepUp(stepUp))) <= mostBytes) return
  faultAt(
    scope,
    path,
    `is too long: with what its app asks for it has at most ${mostBytes} bytes in its values, scopes and parameters, where quotes and backslashes count twice`,
  )
}

/** Both must hold, as two rules must. What no sign-in could meet is a fault, told at the location's. */
export function bothStepUps(scope: Scope, floor: WrittenStepUp, own: WrittenStepUp): WrittenStepUp {
  const [one, other] = [floor.stepUp, own.stepUp]
  const lastsSeconds = smaller(one.lastsSeconds, other.lastsSeconds)
  // A sign-in is never asked to be younger at a request than it has to be when it comes back.
  const maxAgeSeconds = smaller(smaller(one.maxAgeSeconds, other.maxAgeSeconds), lastsSeconds)
  const stepUp: StepUp = {
    acrValues: commonValues(one.acrValues, other.acrValues),
    authContext: own.stepUp.authContext ?? floor.stepUp.authContext,
    maxAgeSeconds,
    lastsSeconds,
    scopes: [...new Set([...one.scopes, ...other.scopes])],
    prompt: other.prompt ?? one.prompt,
    authorizationParameters: new Map([...one.authorizationParameters, ...other.authorizationParameters]),
  }
  checkTogether(scope, floor, own)
  checkLength(scope, own.path, stepUp)
  return { stepUp, path: own.path }
}

function smaller(one: number | null, other: number | null): number | null {
  if (one === null || other === null) return one ?? other
  return Math.min(one, other)
}

function commonValues(one: readonly string[], other: readonly string[]): readonly string[] {
  if (one.length === 0 || other.length === 0) return [...one, ...other]
  return other.filter((value) => one.includes(value))
}

function checkTogether(scope: Scope, floor: WrittenStepUp, own: WrittenStepUp): void {
  const [one, other] = [floor.stepUp, own.stepUp]
  const line = positionOf(scope.root, floor.path)?.line
  // What they say may come from outside the file, and is not repeated.
  const refuse = (...keys: readonly string[]) => {
    const message = `asks for something else than the \`step_up\` of the app in line ${line}: no sign-in could meet both`
    faultAt(scope, [...own.path, ...keys], message)
  }
  const { acrValues } = one
  if (
    acrValues.length > 0 &&
    other.acrValues.length > 0 &&
    commonValues(acrValues, other.acrValues).length === 0
  )
    refuse('acr_values')
  if (one.authContext !== null && other.authContext !== null && one.authContext !== other.authContext)
    refuse('auth_context')
  if (one.prompt !== null && other.prompt !== null && one.prompt !== other.prompt) refuse('prompt')
  for (const [name, value] of other.authorizationParameters) {
    const theirs = one.authorizationParameters.get(name)
    if (theirs !== undefined && theirs !== value) refuse('authorization_parameters', name)
  }
  const [context, parameters] = one.authContext === null ? [other, one] : [one, other]
  if (
    context.authContext !== null &&
    parameters.authContext === null &&
    parameters.authorizationParameters.has('claims')
  ) {
    const message = `asks with the app’s (line ${line}) for \`claims\` and for an \`auth_context\`, which sets that parameter: leave one of the two out`
    faultAt(scope, own.path, message)
  }
}
