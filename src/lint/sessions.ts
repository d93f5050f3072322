import type { Gateway, Origin } from '../core/gateway.ts'
import { type Check, foundAt, foundAtKey } from './check.ts'
import { isWritten, type Subject, whereOfApp } from './subject.ts'

const daySeconds = 24 * 60 * 60
const fewHoursSeconds = 4 * 60 * 60

/** How long people stay signed in, and what else concerns an origin as a whole. */
export const sessionChecks: readonly Check[] = [
  {
    id: 'session-long',
    severity: 'warning',
    finds: 'Sessions that live for more than a day',
    why: 'People who are locked at the provider, or who leave, stay signed in here until the session ends. So does somebody who took a cookie.',
    fix: 'Write a `max_lifetime` of a working day. Signing in again is quick while people are signed in at the provider.',
    example: 'session: { max_lifetime: 30d }',
    find: (subject) =>
      originsOf(subject.gateway).flatMap((origin) => {
        if (origin.maxLifetimeSeconds <= daySeconds) return []
        const hours = Math.floor(origin.maxLifetimeSeconds / 3600)
        const message = `a session lives for ${hours} hours, whatever happens to the account`
        return [foundAt(subject, lifetimePath(subject, origin, 'max_lifetime'), message)]
      }),
  },
  {
    id: 'session-in-cookie',
    severity: 'note',
    finds: 'Sessions that rest in cookies, where nobody can end them',
    why: 'Whoever copies the cookies of a session is signed in until `max_lifetime`. A sign-out holds in its own browser and process. No command, no provider and no page ends a session elsewhere.',
    fix: 'With a disk take `sqlite`, with several machines Redis. With `cookie`, write a `max_lifetime` of a few hours.',
    example: 'session: { store: cookie, max_lifetime: 8h }',
    find: (subject) =>
      subject.gateway.session.store.kind !== 'cookie'
        ? []
        : originsOf(subject.gateway).flatMap((origin) => {
            if (origin.maxLifetimeSeconds <= fewHoursSeconds) return []
            const hours = Math.floor(origin.maxLifetimeSeconds / 3600)
            const message = `a copied cookie lives for ${hours} hours, and nobody can end its session`
            return [foundAt(subject, lifetimePath(subject, origin, 'max_lifetime'), message)]
          }),
  },
  {
    id: 'session-idle-longer',
    severity: 'warning',
    finds: 'An `idle_timeout` that is never reached, because `max_lifetime` is shorter',
    why: 'A session ends by the shorter of the two. This idle time does nothing, and people who rely on it are signed out in the middle of their work.',
    fix: 'Write an `idle_timeout` below `max_lifetime`.',
    example: 'session: { idle_timeout: 12h, max_lifetime: 8h }',
    find: (subject) =>
      originsOf(subject.gateway).flatMap((origin) => {
        if (origin.idleTimeoutSeconds <= origin.maxLifetimeSeconds) return []
        const path = lifetimePath(subject, origin, 'idle_timeout')
        return [foundAt(subject, path, '`idle_timeout` is longer than `max_lifetime`, and never comes about')]
      }),
  },
  {
    id: 'strict-form-post',
    severity: 'note',
    finds: '`same_site: strict` with `response_mode: form_post`',
    why: 'A form that the provider’s page posts is a cross-site request. The cookie of a sign-in under way has to be `SameSite=None` for it, whatever the session’s own cookie says.',
    fix: 'Remove `response_mode`. `query` with PKCE is as safe, and keeps that cookie `Lax`.',
    example: `session: { same_site: strict }
providers:
  main: { response_mode: form_post }`,
    find: (subject) =>
      formPosting(subject.gateway).flatMap((name) => {
        if (subject.gateway.session.sameSite !== 'strict') return []
        const path = ['providers', name, 'response_mode']
        return [foundAt(subject, path, 'the cookie of a sign-in under way is `SameSite=None` for this')]
      }),
  },
  {
    id: 'form-post-http',
    severity: 'warning',
    finds: '`response_mode: form_post` for an app on http',
    why: 'Browsers send no cookie with a cross-site form, unless it is `SameSite=None`, which needs https. So no sign-in ever succeeds.',
    fix: 'Remove `response_mode`, or serve the app by https.',
    example: `providers:
  main: { response_mode: form_post }
apps:
  wiki: { url: "http://localhost:8080" }`,
    find: (subject) =>
      formPosting(subject.gateway).flatMap((name) => {
        const app = subject.gateway.apps.find(
          ({ providers, origin }) => providers.includes(name) && origin.startsWith('http:'),
        )
        if (app === undefined) return []
        const path = ['providers', name, 'response_mode']
        return [foundAt(subject, path, `no sign-in at "${app.name}" ever ends: it is on http`)]
      }),
  },
  {
    id: 'apps-share-origin',
    severity: 'note',
    finds: 'Apps that share one origin',
    why: 'To browsers they are one site. A page of one app can send requests to the other as the person who is signed in, and read the answers. Cookies of one app reach the other.',
    fix: 'Give each a host of its own, unless they trust each other.',
    example: `apps:
  home: { url: "https://tools.example.com" }
  wiki: { url: "https://tools.example.com/wiki" }`,
    find: (subject) =>
      originsOf(subject.gateway).flatMap((origin) => {
        const [first, second] = subject.gateway.apps.filter((app) => app.origin === origin.origin)
        if (first === undefined || second === undefined) return []
        const path = ['apps', second.name, 'url']
        return [foundAt(subject, path, `"${second.name}" and "${first.name}" are one site to browsers`)]
      }),
  },
  {
    id: 'log-subject-plain',
    severity: 'note',
    finds: 'User ids in plain text in the log',
    why: 'Access lines then say who read what. In many places that is personal data, and everybody who reads the log has it.',
    fix: 'Leave `log.subject` at `hash`. You can still see which lines belong to one person.',
    example: 'log: { subject: plain }',
    find: (subject) =>
      subject.gateway.log.subject === 'plain'
        ? [foundAtKey(subject, ['log', 'subject'], 'access lines name people by their user id')]
        : [],
  },
]

function originsOf({ hosts }: Gateway): readonly Origin[] {
  return [...new Set(hosts.values())]
}

/** Where a lifetime is written that holds for an origin: in its first app, in `defaults` or in `session`. */
function lifetimePath(subject: Subject, origin: Origin, key: string): readonly string[] {
  const app = subject.gateway.apps.find((one) => one.origin === origin.origin)
  const ofApp = app === undefined ? null : whereOfApp(subject, app.name, key)
  const path = ['session', key]
  if (ofApp === null && !isWritten(subject, path) && key === 'idle_timeout') {
    return lifetimePath(subject, origin, 'max_lifetime')
  }
  return (ofApp ?? path).map(String)
}

function formPosting({ providers }: Gateway): readonly string[] {
  return [...providers.values()].flatMap(({ name, responseMode }) =>
    responseMode === 'form_post' ? [name] : [],
  )
}
