import { readAwsHost } from '../config/build/aws-host.ts'
import type { App, Gateway } from '../core/gateway.ts'
import { foldHeaderName } from '../core/headers/names.ts'
import { isSigned } from '../core/upstream-settings.ts'
import { isApiGateway, isFunctionUrl } from './aws-apps.ts'
import { type Check, foundAt, foundAtKey } from './check.ts'
import { writtenHeaders } from './claim-reach.ts'
import { type Subject, upstreamPath, whereOfApp, whereOfLocation } from './subject.ts'

/** What IAM takes of the path of a request to an API: API Gateway Developer Guide, quotas and important notes. */
const iamPathBytes = 1500

/** Requests that are signed, those that could be, and what API Gateway takes for its own. */
export const signedRequestChecks: readonly Check[] = [
  {
    id: 'aws-unsigned',
    severity: 'note',
    finds: 'API Gateway or a function’s URL, asked without a signature',
    why: 'The address is open to the whole internet, so everybody’s requests start the function. Only the app’s own check of the shared secret keeps strangers out, on every path. IAM refuses them before anything starts.',
    fix: 'Demand IAM there (`authorizer: aws_iam`, for a function’s URL `AuthType: AWS_IAM`), and write `aws: { sign: execute-api }`, or `sign: lambda`. See docs/aws.md.',
    example: 'upstream: https://abc123.execute-api.eu-west-1.amazonaws.com/prod',
    find: (subject) =>
      subject.gateway.apps.flatMap((app) => {
        const { name, upstream } = app
        if (upstream.aws !== null || !(isApiGateway(app) || isFunctionUrl(app))) return []
        const message = `whoever finds this address reaches "${name}": requests to it could be signed`
        return [foundAt(subject, upstreamPath(subject, name), message)]
      }),
  },
  {
    id: 'aws-half-signed',
    severity: 'warning',
    finds: 'One address that one app asks with a signature and another without',
    why: 'Where IAM is demanded, the app without a signature gets 403 at each request. Where it is not, the signature of the other keeps nobody out, and whoever finds the address reaches both.',
    fix: 'Write `aws` for both, and demand IAM for every method there.',
    example: `wiki:
  upstream: { url: "https://abc123.execute-api.eu-west-1.amazonaws.com/prod", aws: { sign: execute-api } }
board:
  upstream: https://abc123.execute-api.eu-west-1.amazonaws.com/prod`,
    find: (subject) => {
      const { apps } = subject.gateway
      return apps.flatMap((app) => {
        const signed =
          app.upstream.aws === null
            ? apps.find((other) => isSigned(other.upstream) && overlap(app, other))
            : null
        if (!signed) return []
        const message = `"${app.name}" asks without a signature what "${signed.name}" asks with one: IAM refuses the first, or strangers reach the second`
        return [foundAt(subject, upstreamPath(subject, app.name), message)]
      })
    },
  },
  {
    id: 'aws-keys-lasting',
    severity: 'note',
    finds: 'Keys of an IAM user that sign requests',
    why: 'Such keys never end. Whoever reads them once can ask the app around the gateway until somebody deletes them.',
    fix: 'Remove `credentials`, and give the machine, task or pod a role: the gateway finds it by itself. Elsewhere use a web identity, or IAM Roles Anywhere by `aws_signing_helper update`: a `credential_process` is not run.',
    example: `upstream:
  url: https://abc123.execute-api.eu-west-1.amazonaws.com/prod
  aws:
    sign: execute-api
    credentials: { access_key_id: "\${env:KEY_ID}", secret_access_key: "\${env:KEY}" }`,
    find: (subject) => givenKeys(subject, false, 'these keys never end: a role has keys that do'),
  },
  {
    id: 'aws-keys-ending',
    severity: 'warning',
    finds: 'Temporary keys in the file',
    why: 'Keys with a session token end after some hours. The gateway cannot renew what stands in the file: from then on every request to the app is answered with 502.',
    fix: 'Remove `credentials`: the gateway finds the role of the machine, task or pod by itself, and renews its keys in time. Or let whatever writes the file renew them.',
    example: `upstream:
  url: https://abc123.execute-api.eu-west-1.amazonaws.com/prod
  aws:
    sign: execute-api
    credentials: { access_key_id: ASIA…, secret_access_key: …, session_token: … }`,
    find: (subject) => givenKeys(subject, true, 'these keys end within hours, and nothing renews them'),
  },
  {
    id: 'api-gateway-key-header',
    severity: 'note',
    finds: 'Keys of yours in the header that API Gateway reads as its own',
    why: 'API Gateway takes `X-Api-Key` for the key of a usage plan. Customers’ keys of the gateway are never sent on, so a method that demands a usage plan’s key answers 403. Any other text that a client writes there reaches API Gateway, and counts as a plan’s key.',
    fix: 'Write another name in `api_keys.header`. If the API has usage plans, set `X-Api-Key` in `upstream.headers`: then no client’s header of that name passes.',
    example: `api_keys: {}
apps:
  api:
    upstream: https://abc123.execute-api.eu-west-1.amazonaws.com/prod
    credentials: [api_key]`,
    find: (subject) =>
      subject.gateway.apps.flatMap((app) => {
        if (!isApiGateway(app) || !takesPlanKeys(subject.gateway, app)) return []
        const { name } = app
        const own = [app.fallback, ...app.allLocations].find(({ credentials }) =>
          credentials.includes('api_key'),
        )
        if (own === undefined) return []
        const at =
          whereOfLocation(subject, name, own, 'credentials') ?? whereOfApp(subject, name, 'credentials')
        const message = 'API Gateway reads X-Api-Key itself, as the key of a usage plan'
        return [foundAtKey(subject, at ?? ['apps', name], message)]
      }),
  },
  {
    id: 'api-gateway-forwarded-names',
    severity: 'note',
    finds: 'Identity headers with `X-Forwarded-` before an HTTP API',
    why: 'HTTP APIs put what they take for forwarding headers into `Forwarded`. AWS does not say which names it reads so. An identity header that is changed on the way arrives under another name, or not at all.',
    fix: 'Name identity headers without that prefix (`X-Wiki-User`), and let the app read those.',
    example: `upstream: https://abc123.execute-api.eu-west-1.amazonaws.com
identity_headers: { X-Forwarded-User: user }`,
    find: (subject) =>
      subject.gateway.apps.filter(isHttpApi).flatMap((app) => {
        const headers = writtenHeaders(subject).filter(
          (header) => header.app === app && isForwarded(header.name),
        )
        if (headers.length > 0)
          return headers.map(({ name, path }) => foundAtKey(subject, path, `an HTTP API may change ${name}`))
        const name = defaultNames(app).find(isForwarded)
        const at = upstreamPath(subject, app.name)
        return name === undefined
          ? []
          : [
              foundAt(
                subject,
                at,
                `an HTTP API may change ${name}, which is sent unless \`identity_headers\` is written`,
              ),
            ]
      }),
  },
  {
    id: 'api-gateway-long-path',
    severity: 'warning',
    finds: 'Paths that are too long for IAM',
    why: `Where IAM judges requests to an API, a path may have about ${iamPathBytes} bytes, stage and percent-encoding included. Longer ones are refused, whoever asks.`,
    fix: 'Put what is long into the query or the body. Or invoke the function itself (`upstream.lambda`), which has no such limit.',
    example: `upstream:
  url: https://abc123.execute-api.eu-west-1.amazonaws.com/prod
  aws: { sign: execute-api }
locations:
  - { path: /a-very-long-path-indeed, require: signed_in }`,
    find: (subject) =>
      subject.gateway.apps.flatMap((app) => {
        if (app.upstream.aws?.service !== 'execute-api') return []
        return app.allLocations.flatMap((location) => {
          const bytes = app.upstream.basePath.length + pathBytes(location.pattern.segments)
          const at = subject.places.get(location)?.path
          if (bytes <= iamPathBytes || at === undefined) return []
          return [
            foundAt(
              subject,
              [...at, 'path'],
              `paths here have ${bytes} bytes and more: IAM takes about ${iamPathBytes}`,
            ),
          ]
        })
      }),
  },
]

/** Keys in the file, of one kind; told of once where they stand. */
function givenKeys(subject: Subject, areTemporary: boolean, message: string) {
  return subject.gateway.apps.flatMap(({ name, upstream: { aws } }) => {
    const given = aws?.credentials.given ?? null
    if (given === null || (given.sessionToken !== null) !== areTemporary) return []
    return [foundAtKey(subject, ['apps', name, 'upstream', 'aws', 'credentials'], message)]
  })
}

/** Whether the header of our keys is that of usage plans, and the file sets none. */
function takesPlanKeys({ apiKeys }: Gateway, { upstream }: App): boolean {
  const isPlanKey = (name: string) => foldHeaderName(name) === 'x-api-key'
  return (
    apiKeys !== null && isPlanKey(apiKeys.header) && !upstream.headers.some(({ name }) => isPlanKey(name))
  )
}

/** REST APIs always have a stage in the path, on their own host. */
function isHttpApi(app: App): boolean {
  const { basePath, ownOrigin } = app.upstream
  return isApiGateway(app) && basePath === '' && readAwsHost(new URL(ownOrigin).hostname).kind === 'service'
}

function isForwarded(name: string): boolean {
  return foldHeaderName(name).startsWith('x-forwarded-')
}

function defaultNames(app: App): readonly string[] {
  return app.fallback.forwarding.identityHeaders.map(({ name }) => name)
}

function pathBytes(segments: readonly (string | null)[]): number {
  return segments.reduce((sum, segment) => sum + 1 + encodeURIComponent(segment ?? 'x').length, 0)
}

/** Whether one asks below what the other asks. */
function overlap({ upstream: one }: App, { upstream: other }: App): boolean {
  if (one.ownOrigin !== other.ownOrigin) return false
  const [a, b] = [`${one.basePath}/`, `${other.basePath}/`]
  return a.startsWith(b) || b.startsWith(a)
}
