import type { App, Location } from '../core/gateway.ts'
import { type Check, type Found, foundAt } from './check.ts'
import { isOpen } from './enclosing.ts'
import { type Subject, upstreamPath, whereOfLocation } from './subject.ts'

/** How allowed requests, and answers, are passed on. */
export const forwardingChecks: readonly Check[] = [
  {
    id: 'cache-upstream',
    severity: 'note',
    finds: 'Protected answers that shared caches may keep',
    why: 'With `cache: upstream`, the app’s own `Cache-Control` decides. If it says `public` or nothing, a cache in front of the gateway hands one person’s page to the next.',
    fix: 'Remove `cache` where answers differ from person to person.',
    example: `require: signed_in
cache: upstream`,
    find: (subject) =>
      protectedWith(subject, 'cache', ({ forwarding }, app) =>
        forwarding.cache === 'upstream'
          ? `what "${app.name}" answers here may be kept by shared caches`
          : null,
      ),
  },
  {
    id: 'preflight-passes',
    severity: 'note',
    finds: 'Requests that reach a protected app without a session',
    why: 'With `cors_preflight: pass`, everybody who sends OPTIONS with `Origin` and `Access-Control-Request-Method` reaches the app, signed in or not. If the app does more at OPTIONS than answer CORS, it does that for everybody.',
    fix: 'Remove `cors_preflight`, unless other origins call this app.',
    example: `require: signed_in
cors_preflight: pass`,
    find: (subject) =>
      protectedWith(subject, 'cors_preflight', ({ forwarding }, app) =>
        forwarding.corsPreflight === 'pass' ? `preflights reach "${app.name}" without a session` : null,
      ),
  },
  {
    id: 'upstream-is-gateway',
    severity: 'error',
    finds: 'An upstream that is an address of the gateway itself',
    why: 'Every request would come back to the gateway, until one of the limits ends it.',
    fix: 'Write the address where the app really listens.',
    example: `apps:
  wiki: { url: "https://wiki.example.com", upstream: "https://wiki.example.com" }`,
    find: (subject) =>
      subject.gateway.apps.flatMap(({ name, upstream }) => {
        const own = subject.gateway.apps.find(({ origin }) => origin === upstream.origin)
        if (own === undefined || upstream.socketPath !== null) return []
        const message = `requests to "${name}" would come back to the gateway, as those to "${own.name}"`
        return [foundAt(subject, upstreamPath(subject, name), message)]
      }),
  },
]

function protectedWith(
  subject: Subject,
  key: string,
  judge: (location: Location, app: App) => string | null,
): readonly Found[] {
  return subject.gateway.apps.flatMap((app) =>
    [app.fallback, ...app.allLocations].flatMap((location) => {
      const at = whereOfLocation(subject, app.name, location, key)
      const message = isOpen(location) || location.access.kind === 'nobody' ? null : judge(location, app)
      return at === null || message === null ? [] : [foundAt(subject, at, message)]
    }),
  )
}
