import type { App, Gateway, Location } from '../../core/gateway.ts'
import { denyReasons } from '../../core/reason.ts'
import { stepUpWords } from '../../core/step-up-rows.ts'
import type { PlaceAccess } from './access.ts'
import { byCredential, listOf, type RuleAccess, setsOf } from './by-credential.ts'
import { wrap } from './layout.ts'
import { type RequiredScopes, requiredScopes } from './required-scopes.ts'
import { type Demand, hasHeaders, notesOn } from './words.ts'

/** Who gets in, in words, with a final newline. */
export function accessText(gateway: Gateway, app: App, access: PlaceAccess): string {
  switch (access.kind) {
    case 'anyone':
      return 'Anyone, without a sign-in.\n'
    case 'maybe_signed_in':
      return 'Anyone, without a sign-in; who is signed in is told to the app.\n'
    case 'nobody':
      return `Nobody. ${denyReasons[access.reason]}\n`
    case 'rule': {
      if (access.ways.length === 0) return 'Nobody: no one can meet all that the rule demands.\n'
      const more = access.complete
        ? ''
        : '  … and more: the rule can be met in more ways than are listed here.\n'
      const notes = notesOn(access.ways, trustsEmails(gateway, app)).map((note) => `${wrap(note, '  ')}\n`)
      const scopes = requiredScopes(gateway.providers, access.accepted)
      const list = hasHeaders(access.accepted) ? byCredential(scopes, access) : listOf(access)
      return `${list}${more}${stepUpOf(access)}${notes.length === 0 ? '' : `\n${notes.join('')}`}`
    }
  }
}

/** What a sign-in has to bring besides. */
function stepUpOf({ stepUp }: RuleAccess): string {
  return stepUp === null
    ? ''
    : `  after a step-up:\n${stepUpWords(stepUp)
        .map((one) => `${wrap(one, '    ')}\n`)
        .join('')}`
}

/** The same for programs. */
export function accessJson(
  { providers }: Pick<Gateway, 'providers'>,
  app: App,
  location: Location,
  access: PlaceAccess,
): {
  readonly app: string
  readonly location: string
  readonly access: PlaceAccess['kind']
  readonly reason: string | null
  readonly sets: readonly (readonly Demand[])[]
  readonly complete: boolean
  /** What a sign-in has to bring besides; null: nothing. */
  readonly step_up: readonly string[] | null
  /** By provider: the scopes that its access tokens must have. */
  readonly required_scopes: RequiredScopes
} {
  return {
    app: app.name,
    location: location.label,
    access: access.kind,
    reason: access.kind === 'nobody' ? access.reason : null,
    sets: access.kind === 'rule' ? setsOf(access) : [],
    complete: access.kind !== 'rule' || access.complete,
    step_up: access.kind === 'rule' && access.stepUp !== null ? stepUpWords(access.stepUp) : null,
    required_scopes: access.kind === 'rule' ? requiredScopes(providers, access.accepted) : {},
  }
}

/** Whether every provider of the app has its addresses believed as they are. */
function trustsEmails({ providers }: Gateway, app: App): boolean {
  return app.providers.every((name) => providers.get(name)?.trustEmail === true)
}
