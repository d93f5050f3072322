import { nodeAt } from '../config/node.ts'
import type { App } from '../core/gateway.ts'
import { type Check, foundAtKey } from './check.ts'
import { isOneUpstream } from './one-upstream.ts'
import { isWritten, type Subject, whereOfApp } from './subject.ts'

/** Apps that verify who they are told of. */
export const assertionChecks: readonly Check[] = [
  {
    id: 'assertion-beside-headers',
    severity: 'warning',
    finds: 'Identity headers beside an assertion, and nothing else that keeps strangers from the app',
    why: 'The app verifies the assertion. It cannot verify the identity headers, and no `shared_secret` says that they came from the gateway. A part of the app that reads them believes whoever reaches it.',
    fix: 'Write `identity_headers: {}` and read everything from the assertion, or set a `shared_secret` that the app compares.',
    example: `identity_assertion: { claims: [email] }
identity_headers: { X-Forwarded-Email: email }`,
    find: (subject) =>
      asserting(subject).flatMap(({ app, path }) => {
        if (app.sharedSecret !== null || app.upstream.aws !== null) return []
        const names = headerNames(app)
        if (names.length === 0) return []
        const beside = names.length === 1 ? names[0] : `${names[0]} and ${names.length - 1} more`
        return [foundAtKey(subject, path, `"${app.name}" is sent ${beside} beside what it verifies`)]
      }),
  },
  {
    id: 'assertion-audience-shared',
    severity: 'warning',
    finds: 'Two apps whose assertions have one audience',
    why: 'An app demands the audience to know that an assertion is meant for it. With one audience, what one app is sent counts at the other too: whoever breaks into the first can be anybody who uses it at the second.',
    fix: 'Leave `audience` out, so that it is the `url` of each app, or name each app by a text of its own.',
    example: 'defaults: { identity_assertion: { audience: internal } }',
    find: (subject) => {
      const first = new Map<string, App>()
      return asserting(subject).flatMap(({ app, path, settings }) => {
        const before = first.get(settings.audience)
        if (before === undefined) first.set(settings.audience, app)
        // One app may be browsed under several addresses.
        if (before === undefined || isOneUpstream(before.upstream, app.upstream)) return []
        const at = isWritten(subject, [...path, 'audience']) ? [...path, 'audience'] : path
        return [foundAtKey(subject, at, `what "${before.name}" is sent counts at "${app.name}" too`)]
      })
    },
  },
  {
    id: 'assertion-long',
    severity: 'note',
    finds: 'An assertion that counts for more than two minutes',
    why: 'The gateway makes a new one for half of its life anyway. Until it ends, whoever has read one in a log or in memory can be that person at the app, also after a sign-out.',
    fix: 'Leave `lifetime` at `60s`. A longer one helps only where the clocks of app and gateway differ, which is better mended.',
    example: 'identity_assertion: { lifetime: 5m }',
    find: (subject) =>
      asserting(subject).flatMap(({ path, settings: { lifetimeSeconds } }) => {
        const at = [...path, 'lifetime']
        if (lifetimeSeconds <= longSeconds || !isWritten(subject, at)) return []
        return [foundAtKey(subject, at, `an assertion counts for ${lifetimeSeconds} seconds`)]
      }),
  },
]

const longSeconds = 120

/** Each app that is sent one, and where that is written. */
export function asserting(subject: Subject) {
  return subject.gateway.apps.flatMap((app) => {
    const path = whereOfApp(subject, app.name, 'identity_assertion')
    const { identityAssertion: settings } = app
    return settings === null || path === null ? [] : [{ app, settings, path }]
  })
}

/** Where the claims of an assertion are written, each with its place. */
export function assertedClaims(subject: Subject) {
  return asserting(subject).flatMap(({ app, settings, path }) => {
    const list = nodeAt(subject.root, [...path, 'claims'])
    if (list?.kind !== 'list') return []
    return settings.claims.map((claim, index) => ({ app, claim, path: [...path, 'claims', index] }))
  })
}

function headerNames({ fallback, allLocations }: App): readonly string[] {
  const places = [fallback, ...allLocations].filter(
    ({ access }) => access.kind === 'rule' || access.kind === 'maybe_signed_in',
  )
  const names = places.flatMap(({ forwarding }) => [
    ...forwarding.identityHeaders.map(({ name }) => name),
    ...(forwarding.credentialHeaders ?? []).map(({ name }) => name),
  ])
  return [...new Set(names)]
}
