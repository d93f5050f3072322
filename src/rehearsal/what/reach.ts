import type { App, Gateway, Location } from '../../core/gateway.ts'
import { type ExampleRequest, exampleRequest } from '../../core/request/example-request.ts'
import { describeRefusal } from '../../core/rules/explain.ts'
import { stepUpWords } from '../../core/step-up-rows.ts'
import { type Person, type Probe, probe } from '../../http/admission/probe.ts'
import { outcomeOf } from '../explain/outcome.ts'
import { type Told, toldNothing, toldOf } from '../explain/told.ts'
import { oneOf } from '../who/words.ts'

/** What somebody may open at one app. */
export interface AppReach {
  readonly app: string
  readonly url: string
  readonly locations: readonly LocationReach[]
}

export interface LocationReach extends Told {
  readonly location: string
  /** The request that was tried; null where none leads to the location. */
  readonly method: string | null
  readonly example: string | null
  readonly access: 'allowed' | 'sign_in' | 'denied' | 'unreachable'
  readonly reason: string
  /** For people: the first condition that fails, or where to sign in. */
  readonly because: string
}

export interface Reach {
  readonly apps: readonly AppReach[]
  /** Why nobody can have these claims: the sign-in would fail. */
  readonly userIdFault: string | null
}

/** Where the requests come from, what the connection shows, and when: a key and a certificate end. */
export type Connection = Pick<Probe, 'clientAddress' | 'certificate' | 'now'>

/** Asks the gate at every location of every app, in the order of the file. */
export function reachOf(gateway: Gateway, person: Person, connection: Connection): Reach {
  const asker = { gateway, person, connection }
  const [anyApp] = gateway.apps
  const { userIdFault } = probe(gateway, {
    method: 'GET',
    url: anyApp?.url ?? 'https://localhost',
    person,
    ...connection,
  })
  const apps = gateway.apps.map((app) => {
    const origin = gateway.hosts.get(new URL(app.url).host)
    const locations = [...app.allLocations, app.fallback]
    return {
      app: app.name,
      url: app.url,
      locations: locations.map((location) =>
        reach(asker, {
          app,
          location,
          request: origin === undefined ? null : exampleRequest(origin, location),
        }),
      ),
    }
  })
  return { apps, userIdFault }
}

interface Asker {
  readonly gateway: Gateway
  readonly person: Person
  readonly connection: Connection
}

interface Tried {
  readonly app: App
  readonly location: Location
  readonly request: ExampleRequest | null
}

function reach({ gateway, person, connection }: Asker, { app, location, request }: Tried): LocationReach {
  const place = { location: location.label, method: request?.method ?? null, example: null }
  const never = {
    ...place,
    access: 'unreachable',
    reason: 'unreachable',
    because: 'no request leads here',
    ...toldNothing,
  } as const
  if (request === null) return never
  const url = app.origin + request.path
  const ruling = probe(gateway, { method: request.method, url, person, ...connection })
  const { decision } = ruling.admission
  if (ruling.admission.location !== location) return never
  // Whether there is a user id is told once, for all.
  const { outcome, reason, sentence } = outcomeOf({ ...ruling, userIdFault: null }, 'sub')
  const found = { ...place, example: url, reason, ...toldOf(ruling) }
  switch (outcome) {
    case 'allowed':
      return { ...found, access: 'allowed', because: openness(reason) }
    case 'sign_in': {
      const { providers, stepUp } = decision.kind === 'challenge' ? decision : noChallenge
      if (providers.length === 0) return { ...found, access: 'denied', because: sentence }
      const by = `with ${oneOf(providers)}`
      const because = stepUp === null ? by : `step-up ${by}: ${stepUpWords(stepUp).join('; ')}`
      return { ...found, access: 'sign_in', because }
    }
    case 'denied':
    case 'rejected': {
      const [first] = ruling.rows.filter(({ blocks }) => blocks)
      return {
        ...found,
        access: 'denied',
        because: first === undefined ? sentence : describeRefusal([first]),
      }
    }
  }
}

const noChallenge = { providers: [], stepUp: null } as const

function openness(reason: string): string {
  return reason === 'open-to-anyone' || reason === 'maybe-signed-in' ? 'open to anyone' : ''
}
