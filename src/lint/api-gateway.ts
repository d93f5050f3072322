import type { App, Location } from '../core/gateway.ts'
import { isApiGateway, isFunctionUrl } from './aws-apps.ts'
import { type Check, type Found, foundAt } from './check.ts'
import { isWritten, type Subject, whereOfLocation } from './subject.ts'

/** What AWS sets as limits on the way to a Lambda function: developers' guides of API Gateway and Lambda, quotas. */
const apiGatewayBodyBytes = 10 * 1024 * 1024
const lambdaBodyBytes = 6 * 1024 * 1024
const apiGatewaySeconds = 29
const headerBytes = 10_240

/** Apps behind API Gateway or a function's own URL. */
export const apiGatewayChecks: readonly Check[] = [
  {
    id: 'api-gateway-header-size',
    severity: 'note',
    finds: 'Identity headers that may be more than API Gateway takes',
    why: `API Gateway takes ${headerBytes} bytes of headers in all, those of the browser included. If there are more, it answers with an error of its own. Groups and roles grow without limit, and tokens grow with them.`,
    fix: 'Send only the claims that the app reads. Leave groups out of `identity_headers`, or name those that the app looks at in `only`.',
    example: `upstream: https://abc123.execute-api.eu-west-1.amazonaws.com/prod
identity_headers: { X-Forwarded-Groups: groups }`,
    find: (subject) =>
      atLocations(subject, isApiGateway, 'identity_headers', ({ forwarding }) => {
        const list = forwarding.identityHeaders.find(({ from, form }) => growing.test(from) && !form?.only)
        const name = list?.name ?? forwarding.tokenHeaders[0]?.name
        return name === undefined
          ? null
          : `${name} may grow beyond the ${headerBytes} bytes of headers that API Gateway takes`
      }),
  },
  {
    id: 'api-gateway-body-size',
    severity: 'warning',
    finds: 'A `max_body` that the way to the app does not take',
    why: 'API Gateway takes 10 MiB, and a function’s URL takes 6 MiB. A larger body passes the gateway and is refused behind it, with an answer that tells people nothing.',
    fix: 'Write a `max_body` that is not larger, or let people upload elsewhere (a presigned URL).',
    example: `upstream: https://abc123.execute-api.eu-west-1.amazonaws.com/prod
max_body: 50MiB`,
    find: (subject) =>
      atLocations(subject, isAws, 'max_body', ({ forwarding: { maxBodyBytes } }, app) => {
        const most = isApiGateway(app) ? apiGatewayBodyBytes : lambdaBodyBytes
        if (maxBodyBytes !== null && maxBodyBytes <= most) return null
        const name = isApiGateway(app) ? 'API Gateway' : 'a function’s URL'
        return `${name} takes ${most / 1024 / 1024} MiB at most`
      }),
  },
  {
    id: 'api-gateway-timeout',
    severity: 'note',
    finds: 'A `timeouts.response` that API Gateway does not wait for',
    why: `API Gateway answers 504 by itself after ${apiGatewaySeconds} seconds, unless somebody raised the quota of a regional REST API. A longer time does nothing.`,
    fix: 'Write a shorter time. Or start long work with one request, and ask with others whether it has ended.',
    example: `upstream: https://abc123.execute-api.eu-west-1.amazonaws.com/prod
timeouts: { response: 5m }`,
    find: (subject) =>
      atLocations(subject, isApiGateway, 'timeouts', ({ forwarding: { timeouts } }, _app, at) => {
        if (!isWritten(subject, [...at, 'response']) || timeouts.responseSeconds <= apiGatewaySeconds + 1)
          return null
        // One second more leaves the answer to API Gateway, and is no mistake.
        return `API Gateway gives up after ${apiGatewaySeconds} seconds`
      }),
  },
  {
    id: 'api-gateway-websocket',
    severity: 'warning',
    finds: 'WebSockets to an HTTP or REST API of API Gateway',
    why: 'These APIs know no upgrade, so the handshake fails. A WebSocket API is a separate API with a host of its own.',
    fix: 'Remove `websocket`. Or make an app of the WebSocket API, and say so in a comment.',
    example: `upstream: https://abc123.execute-api.eu-west-1.amazonaws.com/prod
websocket: true`,
    find: (subject) =>
      atLocations(subject, isAws, 'websocket', ({ forwarding }) =>
        forwarding.websocketOrigins === null ? null : 'nothing behind this address opens WebSockets',
      ),
  },
  {
    id: 'api-gateway-host',
    severity: 'warning',
    finds: '`preserve_host` towards API Gateway',
    why: 'API Gateway finds the API by `Host`. With the public name it answers 403 to every request.',
    fix: 'Remove `preserve_host`, or register the public name as a custom domain there.',
    example: `upstream: { url: "https://abc123.execute-api.eu-west-1.amazonaws.com/prod", preserve_host: true }`,
    find: (subject) =>
      subject.gateway.apps.flatMap((app) => {
        if (!isAws(app) || !app.upstream.preserveHost) return []
        const path = ['apps', app.name, 'upstream', 'preserve_host']
        return [foundAt(subject, path, 'the API is found by its own host, which this replaces')]
      }),
  },
]

const growing = /(?:^|[.:/_-])(?:groups|roles|permissions|entitlements)$/i

function isAws(app: App): boolean {
  return isApiGateway(app) || isFunctionUrl(app)
}

/** Looks at a key of every location of such apps; told once for each place where it is written. */
function atLocations(
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
