import type { App } from '../core/gateway.ts'
import { atLocations, isApiGateway, isFunctionUrl } from './aws-apps.ts'
import { type Check, foundAt } from './check.ts'
import { headerSizeCheck } from './header-size.ts'
import { isWritten } from './subject.ts'

/** What AWS sets as limits on the way to a Lambda function: developers' guides of API Gateway and Lambda, quotas. */
const apiGatewayBodyBytes = 10 * 1024 * 1024
const lambdaBodyBytes = 6 * 1024 * 1024
const apiGatewaySeconds = 29

/** Apps behind API Gateway or a function's own URL. */
export const apiGatewayChecks: readonly Check[] = [
  headerSizeCheck,
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

function isAws(app: App): boolean {
  return isApiGateway(app) || isFunctionUrl(app)
}
