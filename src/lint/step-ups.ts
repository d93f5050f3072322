import type { App, Location, Pattern } from '../core/gateway.ts'
import type { ProviderSettings } from '../core/provider-settings.ts'
import { bySpecificity } from '../core/request/location-pattern.ts'
import { acceptedAt } from '../core/rules/accepted.ts'
import { mentionsConnection } from '../core/rules/requirement.ts'
import { waysIn } from '../core/rules/ways-in.ts'
import type { StepUp } from '../core/step-up.ts'
import { asksAtLeast } from '../core/step-up-order.ts'
import { type Check, type Found, foundAt, foundAtKey } from './check.ts'
import { isOpen } from './enclosing.ts'
import { isWritten, type Subject } from './subject.ts'
import { quoted } from './words.ts'

const manyTimes = 12

/** What a stronger sign-in is asked for, and whether it can be had. */
export const stepUpChecks: readonly Check[] = [
  {
    id: 'step-up-acr-microsoft',
    severity: 'error',
    finds: '`acr_values` where people sign in with Entra, which knows none',
    why: 'Entra’s tokens have no `acr` that says how somebody signed in, and Entra does not look at `acr_values`. Whoever signs in with it gets 403 after every sign-in.',
    fix: 'Make an authentication context in Conditional Access, and write it as `auth_context: c1`. Let the application send the optional claim `acrs` in its ID token.',
    example: `providers:
  entra: { issuer: "https://login.microsoftonline.com/TENANT-ID/v2.0" }
apps:
  bank: { step_up: { acr_values: [mfa] } }`,
    find: (subject) =>
      stepUpsOf(subject).flatMap(({ path, stepUp, providers }) => {
        const entra = providers.filter(({ preset }) => preset === 'microsoft')
        if (stepUp.acrValues.length === 0 || entra.length === 0) return []
        return [at(subject, path, 'acr_values', `${named(entra)} sends no \`acr\`, so nobody of it gets in`)]
      }),
  },
  {
    id: 'step-up-acr-of-provider',
    severity: 'error',
    finds: 'Values of `acr_values` that the `acr_values` of every sign-in leave out',
    why: 'What `authorization_parameters` of a provider ask for is demanded of every sign-in, step-ups too. One that brings what the step-up asks for is refused for that.',
    fix: 'Write these values among the `acr_values` of the provider too, with a space between two.',
    example: `providers:
  main: { issuer: "https://id.example.com", authorization_parameters: { acr_values: pwd } }
apps:
  bank: { step_up: { acr_values: [phr] } }`,
    find: (subject) =>
      stepUpsOf(subject).flatMap(({ path, stepUp: { acrValues }, providers }) =>
        providers.flatMap(({ name, authorizationParameters }): readonly Found[] => {
          const always = authorizationParameters.get('acr_values')?.split(' ')
          if (always === undefined || acrValues.length === 0) return []
          if (acrValues.some((value) => always.includes(value))) return []
          const message = `every sign-in with "${name}" has to bring one of ${quoted(always.slice(0, 10))}, so no step-up comes back`
          return [at(subject, path, 'acr_values', message)]
        }),
      ),
  },
  {
    id: 'step-up-context-elsewhere',
    severity: 'warning',
    finds: '`auth_context` where people sign in with another provider than Entra',
    why: 'The claim `acrs` is Entra’s own. Whoever signs in with a provider that does not send it gets 403 after every sign-in.',
    fix: 'Write `acr_values` for other providers. If this one does know the claim `acrs`, say so in a comment.',
    example: `providers:
  main: { issuer: "https://id.example.com" }
apps:
  bank: { step_up: { auth_context: c1 } }`,
    find: (subject) =>
      stepUpsOf(subject).flatMap(({ path, stepUp, providers }) => {
        const others = providers.filter(({ preset }) => preset !== 'microsoft')
        if (stepUp.authContext === null || others.length === 0) return []
        return [at(subject, path, 'auth_context', `${named(others)} may not know the claim \`acrs\``)]
      }),
  },
  {
    id: 'step-up-age-google',
    severity: 'warning',
    finds: '`max_age` or `prompt: login` where people sign in with Google',
    why: 'Google says when somebody signed in (`auth_time`) only for a verified app with “Session age claims”. Without the claim nobody of Google gets in.',
    fix: 'Switch on “Session age claims” in the Google Auth Platform, under Settings, Advanced Settings. Then say so in a comment.',
    example: `providers:
  google: { issuer: "https://accounts.google.com" }
apps:
  bank: { require: { hd: example.com }, step_up: { max_age: 5m } }`,
    find: (subject) =>
      stepUpsOf(subject).flatMap(({ path, stepUp, providers }) => {
        const google = providers.filter(({ preset }) => preset === 'google')
        if (!asksForTime(stepUp) || google.length === 0) return []
        const key = stepUp.maxAgeSeconds === null ? 'prompt' : 'max_age'
        return [at(subject, path, key, `${named(google)} sends \`auth_time\` only where that is switched on`)]
      }),
  },
  {
    id: 'step-up-lasts-long',
    severity: 'note',
    finds: 'A fresh sign-in that counts for very much longer',
    why: '`max_age` asks for somebody who has just signed in, and `lasts` lets the same sign-in pass for hours. What the short age is to prevent, an open screen say, is prevented at the first request only.',
    fix: 'Write a `lasts` of a few times `max_age`, or say in a comment why it is meant so.',
    example: 'step_up: { max_age: 1m, lasts: 8h }',
    find: (subject) =>
      stepUpsOf(subject).flatMap(({ path, stepUp: { maxAgeSeconds, lastsSeconds } }) => {
        if (maxAgeSeconds === null || lastsSeconds === null || lastsSeconds <= manyTimes * maxAgeSeconds)
          return []
        const message = `a sign-in of ${maxAgeSeconds}s counts for ${lastsSeconds}s`
        return [at(subject, path, 'lasts', message)]
      }),
  },
  {
    id: 'step-up-prompt-once',
    severity: 'note',
    finds: '`prompt: login` without an age',
    why: 'It holds for the sign-in that is asked for by the step-up. A session that already meets the rest passes without logging in again, however old it is.',
    fix: 'Write `max_age`, and `lasts` where one sign-in may count for longer.',
    example: 'step_up: { acr_values: [phr], prompt: login }',
    find: (subject) =>
      stepUpsOf(subject).flatMap(({ path, stepUp }) => {
        if (stepUp.maxAgeSeconds !== null || !asksForTime(stepUp)) return []
        return [at(subject, path, 'prompt', 'who meets the rest already passes without logging in again')]
      }),
  },
  {
    id: 'step-up-by-address',
    severity: 'warning',
    finds: '`step_up` where the rule lets people in by their address, without a sign-in',
    why: 'A step-up needs somebody who is signed in. Whoever came in by address alone has to sign in now.',
    fix: 'Add `signed_in` to the rule, so that it says what happens, or give the address a location of its own.',
    example: `apps:
  bank:
    require: { any: [{ client_ip: 10.0.0.0/8 }, { groups: staff }] }
    step_up: { max_age: 5m }`,
    find: (subject) =>
      stepUpsOf(subject).flatMap(({ path, app, location }) => {
        if (location.access.kind !== 'rule' || !passesUnknown(subject, app, location)) return []
        return [
          foundAtKey(subject, path, 'the rule lets somebody in who is not signed in, and this does not'),
        ]
      }),
  },
  {
    id: 'step-up-not-at-open',
    severity: 'note',
    finds: 'An app’s `step_up` beside locations where nobody must sign in',
    why: 'It holds wherever somebody must sign in. Open locations stay as open as they are.',
    fix: 'If such a location is to be protected, write who may pass there. If it is meant to be open, say so in a comment.',
    example: `apps:
  bank:
    require: signed_in
    step_up: { max_age: 5m }
    locations:
      - { path: /rates, require: anyone }`,
    find: (subject) =>
      subject.gateway.apps.flatMap((app) => {
        const path = ['apps', app.name, 'step_up']
        const open = app.allLocations.filter(isOpen)
        if (!isWritten(subject, path) || open.length === 0) return []
        const labels = open.slice(0, 3).map(({ label }) => label)
        const more = open.length > 3 ? ` and ${open.length - 3} more` : ''
        return [foundAtKey(subject, path, `does not hold at ${labels.join(', ')}${more}`)]
      }),
  },
  {
    id: 'step-up-some-methods',
    severity: 'warning',
    finds: '`step_up` for reading a path, and none for changing what is there',
    why: 'The location names methods that only read. POST, PUT, PATCH and DELETE are judged by another location or by the app’s own rule, which asks for less.',
    fix: 'Write a location for the other methods with the same `step_up`, or leave `methods` out.',
    example: `locations:
  - { path: /pay, methods: [GET], require: signed_in, step_up: { max_age: 5m } }
  - { path: /pay, methods: [POST], require: signed_in }`,
    find: (subject) =>
      stepUpsOf(subject).flatMap(({ path, app, location }) => {
        if (!readsOnly(location)) return []
        const weaker = otherForChanges(app, location)
        if (weaker === undefined) return []
        return [foundAtKey(subject, path, `does not hold for methods that change: see ${weaker.label}`)]
      }),
  },
  {
    id: 'step-up-acr-not-offered',
    severity: 'warning',
    online: true,
    finds: 'A value of `acr_values` that the provider does not offer',
    why: 'Its metadata (`acr_values_supported`) does not name this one. A sign-in that it never brings ends with 403.',
    fix: 'Write a value that the provider names, or have it offer this one.',
    example: 'step_up: { acr_values: [phr] }',
    find: (subject) =>
      stepUpsOf(subject).flatMap(({ path, stepUp, providers }) =>
        providers.flatMap(({ name }): readonly Found[] => {
          const answer = subject.answers?.get(name)
          const offered = answer?.ok === true ? (answer.acrValues ?? null) : null
          if (offered === null || stepUp.acrValues.length === 0) return []
          if (stepUp.acrValues.some((value) => offered.includes(value))) return []
          const message = `"${name}" offers none of these: it names ${quoted(offered.slice(0, 10))}`
          return [at(subject, path, 'acr_values', message)]
        }),
      ),
  },
  {
    id: 'step-up-claims-not-read',
    severity: 'warning',
    online: true,
    finds: '`auth_context` with a provider that does not read the parameter `claims`',
    why: 'The authentication context is asked for by this parameter (OpenID Connect Core 5.5). The provider’s metadata says that it does not support it (`claims_parameter_supported`).',
    fix: 'Use `acr_values`, or see with `claimgate doctor --sign-in` what arrives.',
    example: 'step_up: { auth_context: c1 }',
    find: (subject) =>
      stepUpsOf(subject).flatMap(({ path, stepUp, providers }) =>
        providers.flatMap(({ name, preset }) => {
          const answer = subject.answers?.get(name)
          // Entra reads it, whatever its metadata says.
          if (stepUp.authContext === null || preset === 'microsoft') return []
          if (answer?.ok !== true || answer.claimsParameter !== false) return []
          return [at(subject, path, 'auth_context', `"${name}" does not read the parameter \`claims\``)]
        }),
      ),
  },
]

/** A step-up as it holds somewhere, and where it is written. */
interface PlacedStepUp {
  readonly app: App
  readonly location: Location
  readonly stepUp: StepUp
  readonly path: readonly (string | number)[]
  /** Those with which people sign in there. */
  readonly providers: readonly ProviderSettings[]
}

function stepUpsOf({ gateway, places }: Subject): readonly PlacedStepUp[] {
  return gateway.apps.flatMap((app) =>
    [app.fallback, ...app.allLocations].flatMap((location) => {
      const { stepUp } = location
      const place = stepUp && places.get(stepUp)
      if (!stepUp || !place) return []
      const providers = app.providers.flatMap((name) => gateway.providers.get(name) ?? [])
      return [{ app, location, stepUp, path: place.path, providers }]
    }),
  )
}

/** At a key, or at the whole where the app's own brought it. */
function at(subject: Subject, path: PlacedStepUp['path'], key: string, message: string): Found {
  const own = [...path, key]
  return isWritten(subject, own) ? foundAt(subject, own, message) : foundAtKey(subject, path, message)
}

function named(providers: readonly ProviderSettings[]): string {
  return quoted(providers.map(({ name }) => name))
}

function asksForTime({ maxAgeSeconds, prompt }: StepUp): boolean {
  return maxAgeSeconds !== null || prompt?.split(' ').includes('login') === true
}

/** Whether some address, or a certificate, is enough by itself. */
function passesUnknown({ gateway }: Subject, app: App, location: Location): boolean {
  if (location.access.kind !== 'rule' || !mentionsConnection(location.access.requirement)) return false
  const { ways } = waysIn(location.access.requirement, acceptedAt(gateway, app, location))
  const withoutSignIn = ways.filter(({ by }) => by === null)
  return withoutSignIn.some(({ claims }) => claims.length === 0)
}

const changing = ['POST', 'PUT', 'PATCH', 'DELETE']

function readsOnly({ methods }: Location): boolean {
  return methods !== null && !changing.some((method) => methods.has(method))
}

/** What judges a request that changes something at the same path, where it asks for less. */
function otherForChanges(app: App, { pattern, stepUp }: Location): Location | undefined {
  const around = [app.fallback, ...app.allLocations].filter(
    (one) => !readsOnly(one) && coversPath(one.pattern, pattern),
  )
  const nearest = around.toSorted((a, b) => bySpecificity(a.pattern, b.pattern))[0]
  if (nearest === undefined || nearest.access.kind === 'nobody') return undefined
  return asksAtLeast(nearest.stepUp, stepUp) ? undefined : nearest
}

function coversPath(around: Pattern, own: Pattern): boolean {
  if (around.exact && (!own.exact || around.segments.length !== own.segments.length)) return false
  return around.segments.every((segment, index) => segment === null || segment === own.segments[index])
}
