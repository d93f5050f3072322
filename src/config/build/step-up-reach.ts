import type { Credential } from '../../core/credential/credential.ts'
import type { Access, Location } from '../../core/gateway.ts'
import { conditionsOf, type Requirement } from '../../core/rules/requirement.ts'
import type { StepUp } from '../../core/step-up.ts'
import type { ConfigPath } from '../node.ts'
import { positionOf } from '../node.ts'
import type { StepUpKeys } from '../schema/step-up.ts'
import type { AppUnderJudgement } from './app.ts'
import { whereWritten } from './app-settings.ts'
import type { BuiltLocation } from './location-trees.ts'
import { faultAt, faultAtKey, isWritten, type Scope } from './scope.ts'
import { bothStepUps, buildStepUp, type WrittenStepUp } from './step-up.ts'

/** What an app asks for everywhere where somebody must sign in; null: nothing. */
export function readFloorStepUp(scope: Scope, app: AppUnderJudgement): WrittenStepUp | null {
  const { step_up: keys } = app.settings
  return keys === undefined ? null : buildStepUp(scope, whereWritten(scope, app.path, 'step_up'), keys)
}

/** What holds at one location: its own and the app's as one. Null: nothing, or nobody must sign in there. */
export function stepUpAt(
  scope: Scope,
  floor: WrittenStepUp | null,
  location: { readonly path: ConfigPath; readonly keys: StepUpKeys | undefined; readonly access: Access },
): StepUp | null {
  const { path, keys, access } = location
  const own = keys === undefined ? null : buildStepUp(scope, [...path, 'step_up'], keys)
  const both = floor !== null && own !== null ? bothStepUps(scope, floor, own) : (own ?? floor)
  if (both === null || access.kind !== 'rule') return null
  scope.places.set(both.stepUp, { position: positionOf(scope.root, both.path), path: both.path })
  return both.stepUp
}

/** What `step_up` may not stand beside, wherever it came from. */
export function checkStepUps(
  scope: Scope,
  app: AppUnderJudgement,
  fallback: Location | null,
  locations: readonly BuiltLocation[],
): void {
  for (const { path, own } of locations) {
    const at = [...path, 'step_up']
    if (own.kind !== 'rule' && isWritten(scope, at))
      faultAtKey(scope, at, `${meaningless} \`require\` is \`${own.kind}\``)
  }
  const all = [...locations.map(({ location }) => location), ...(fallback === null ? [] : [fallback])]
  const ofApp = [...app.path, 'step_up']
  if (isWritten(scope, ofApp) && all.every(({ access }) => access.kind !== 'rule'))
    faultAtKey(scope, ofApp, `${meaningless} every \`require\` of the app is open, or \`nobody\``)
  for (const { path, location } of locations) checkRule(scope, [...path, 'require'], location)
  if (fallback !== null) checkRule(scope, whereWritten(scope, app.path, 'require'), fallback)
}

const meaningless = 'means nothing where nobody must sign in:'

function checkRule(scope: Scope, at: ConfigPath, { access, stepUp, credentials }: Location): void {
  if (stepUp === null || access.kind !== 'rule') return
  if (asksForAddressesAlone(access.requirement)) {
    const message =
      'asks for addresses alone, so that nobody must sign in, and `step_up` asks for a sign-in: add `signed_in`, or name whom you mean'
    faultAt(scope, at, message)
  }
  for (const credential of credentials) {
    const message = whyNotBeside(credential)
    if (message !== null) faultAt(scope, at, message)
  }
}

/** A credential that was made before somebody stepped up would be the way round. */
function whyNotBeside(credential: Credential): string | null {
  switch (credential) {
    case 'session':
    case 'bearer':
    case 'api_key':
    case 'exchange':
    case 'widget':
    case 'client_certificate':
      return null
  }
}

/** Whether a rule knows people by their addresses alone. */
function asksForAddressesAlone(requirement: Requirement): boolean {
  return conditionsOf(requirement).every(({ kind }) => kind === 'client_ip')
}
