import type { App, Gateway, Location } from '../../core/gateway.ts'
import { rejectReasons } from '../../core/reason.ts'
import { type ProbeResult, probe } from '../../http/admission/probe.ts'
import { accessAt, judgingLocations, type PlaceAccess } from './access.ts'
import { accessJson, accessText } from './report.ts'

/** The answer to "who is let in": for programs and for people. */
export interface WhoAnswer {
  readonly json: object
  readonly text: string
  /** Whether somebody is. */
  readonly open: boolean
}

interface Question {
  readonly method: string
  readonly url: string
}

/** Who may ask this of an address. */
export function whoMayOpen(gateway: Gateway, question: Question): WhoAnswer {
  const { admission } = probe(gateway, { ...question, person: null, clientAddress: null })
  const { app, location } = admission
  if (app === null || location === null) return whoNowhere(admission, question)
  const locations = judgingLocations(admission)
  const access = accessAt(gateway, app, locations)
  const labels = locations.map(({ label }) => label).join(' and ')
  return {
    json: { ...question, ...accessJson(gateway, app, location, access) },
    text: `${question.method} ${question.url}\napp ${app.name}, location ${labels}\n\n${accessText(gateway, app, access)}`,
    open: isOpenToSomebody(access),
  }
}

/** Every location of every app, as a list that can be compared with that of another version of the file. */
export function whoMayOpenEach(gateway: Gateway): WhoAnswer {
  const places = gateway.apps.flatMap((app) =>
    locationsInOrder(app).map((location) => ({ app, location, access: accessAt(gateway, app, [location]) })),
  )
  const texts = places.map(
    ({ app, location, access }) => `${app.name} ${location.label}\n${accessText(gateway, app, access)}`,
  )
  return {
    json: places.map(({ app, location, access }) => ({
      url: app.url,
      ...accessJson(gateway, app, location, access),
    })),
    text: texts.join('\n'),
    open: places.some(({ access }) => isOpenToSomebody(access)),
  }
}

function isOpenToSomebody(access: PlaceAccess): boolean {
  return access.kind === 'rule' ? access.ways.length > 0 : access.kind !== 'nobody'
}

/** An address that no app answers. */
function whoNowhere({ decision, app }: ProbeResult['admission'], question: Question): WhoAnswer {
  const isOwn = decision.kind === 'allow'
  const sentence =
    decision.kind === 'reject'
      ? `${decision.status}: ${rejectReasons[decision.reason]}${decision.allow === undefined ? '' : ` Allowed: ${decision.allow.join(', ')}.`}`
      : 'An address of the gateway itself: it answers everyone.'
  const access = isOwn ? 'gateway' : 'rejected'
  const place = { app: app?.name ?? null, location: null, access, reason: decision.reason }
  return {
    json: { ...question, ...place, sets: [], complete: true },
    text: `${question.method} ${question.url}\n\n${isOwn ? '' : 'Nobody is let in. '}${sentence}\n`,
    open: isOwn,
  }
}

/** By label: the order in the file means nothing. */
function locationsInOrder(app: App): readonly Location[] {
  const byLabel = app.allLocations.toSorted((a, b) => (a.label < b.label ? -1 : Number(a.label > b.label)))
  return [...byLabel, app.fallback]
}
