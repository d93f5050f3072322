import { readAwsHost } from '../config/build/aws-host.ts'
import type { App, Location } from '../core/gateway.ts'
import { type Found, foundAt } from './check.ts'
import { type Subject, whereOfLocation } from './subject.ts'

/** Whether an API of API Gateway is asked: by its own host, or as requests are signed for one (a custom domain). */
export function isApiGateway({ upstream }: App): boolean {
  return serviceOf(upstream) === 'execute-api'
}

/** Whether a function is asked by its URL. One that is invoked has none. */
export function isFunctionUrl({ upstream }: App): boolean {
  return upstream.lambda === null && serviceOf(upstream) === 'lambda'
}

function serviceOf({ aws, ownOrigin }: App['upstream']): string | null {
  if (aws !== null) return aws.service
  const host = readAwsHost(new URL(ownOrigin).hostname)
  return host.kind === 'service' ? host.service : null
}

/** Looks at a key of every location of such apps; told once for each place where it is written. */
export function atLocations(
  subject: Subject,
  isMeant: (app: App) => boolean,
  key: string,
  judge: (location: Location, app: App, at: readonly (string | number)[]) => string | null,
): readonly Found[] {
  return subject.gateway.apps.filter(isMeant).flatMap((app) =>
    [app.fallback, ...app.allLocations].flatMap((location) => {
      const at = whereOfLocation(subject, app.name, location, key) ?? ['apps', app.name, 'upstream']
      const message = judge(location, app, at)
      return message === null ? [] : [foundAt(subject, at, message)]
    }),
  )
}
