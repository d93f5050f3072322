import type { App } from '../core/gateway.ts'
import { asksAtLeast } from '../core/step-up-order.ts'
import { type Check, type Found, foundAtPart } from './check.ts'
import { enclosingLocations, isOpen } from './enclosing.ts'
import type { Subject } from './subject.ts'

/** A step-up of a location goes no further than its rule does: a location within it has its own. */
export const stepUpBelowChecks: readonly Check[] = [
  {
    id: 'step-up-left-below',
    severity: 'note',
    finds: 'A location that asks for less than the `step_up` of the location around it',
    why: 'A location within another one has its own `step_up` or none, as it has its own `require`. Only the `step_up` of the app holds at all of its locations.',
    fix: 'Write the `step_up` at the inner location too, or at the app. If the inner one is meant to ask for less, say so in a comment.',
    example: `locations:
  - { path: /admin, require: { groups: admins }, step_up: { acr_values: [phr] } }
  - { path: /admin/users, require: { groups: owners } }`,
    find: (subject) => subject.gateway.apps.flatMap((app) => leftBelow(subject, app)),
  },
]

function leftBelow(subject: Subject, app: App): readonly Found[] {
  return app.allLocations.flatMap((location) => {
    if (isOpen(location) || location.access.kind === 'nobody') return []
    const around = enclosingLocations(app, location).filter(
      (outer) => outer.stepUp !== null && !asksAtLeast(location.stepUp, outer.stepUp),
    )
    return around.slice(0, 1).flatMap((outer) => {
      const message = `${location.label} asks for less than the \`step_up\` of ${outer.label}, which it lies in`
      return foundAtPart(subject, location, message)
    })
  })
}
