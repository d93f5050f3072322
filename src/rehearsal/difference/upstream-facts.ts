import type { App } from '../../core/gateway.ts'
import type { UpstreamSettings } from '../../core/upstream-settings.ts'
import { fileText, secretText } from './digest.ts'
import type { Fact } from './fact.ts'

type Named = Readonly<Record<string, string | Fact | null>>

/** Who gets an answer of an app without the gateway: the fewer, the stricter. */
export function aroundFact(app: Pick<App, 'upstream' | 'sharedSecret' | 'identityAssertion'>): Fact {
  const { upstream, sharedSecret, identityAssertion } = app
  const [text, others] =
    upstream.aws !== null
      ? ['whom IAM allows', 0]
      : sharedSecret !== null
        ? ['who knows the shared secret', 1]
        : identityAssertion !== null
          ? ['who holds an assertion of the gateway', 1]
          : [`who reaches the ${upstream.socketPath === null ? 'address' : 'socket'}`, 2]
  return { text, lets: { others }, otherwise: 'nothing' }
}

/** Where an app is reached, and how. */
export function upstreamFacts(upstream: UpstreamSettings): Named {
  return {
    upstream: upstreamText(upstream),
    'upstream.ca_file': upstream.ca && fileText(upstream.ca),
    'upstream.preserve_host': String(upstream.preserveHost),
    'upstream.strip_prefix': String(upstream.stripPrefix),
    'upstream.max_connections': String(upstream.maxConnections),
    ...awsFacts(upstream),
    ...lambdaFacts(upstream),
    ...Object.fromEntries(
      upstream.headers.map(({ name, value }) => [`upstream.headers.${name}`, secretText(value)]),
    ),
  }
}

function upstreamText({ socketPath, ownOrigin, basePath, lambda }: UpstreamSettings): string {
  if (lambda !== null) return lambda.functionName
  if (socketPath === null) return ownOrigin + basePath
  return basePath === '' ? `unix:${socketPath}` : `unix:${socketPath}:${basePath}`
}

/** Of which form the events and answers of a function are. */
function lambdaFacts({ lambda }: UpstreamSettings): Named {
  if (lambda === null) return {}
  return {
    'upstream.lambda.payload': lambda.payload,
    'upstream.lambda.streaming': String(lambda.streaming),
  }
}

/** Who signs what for which service. */
function awsFacts({ aws, lambda, origin, ownOrigin }: UpstreamSettings): Named {
  if (aws === null) return {}
  const { given, role } = aws.credentials
  return {
    'upstream.aws.sign': aws.service,
    'upstream.aws.region': aws.region,
    'upstream.aws.role_arn': role?.arn ?? null,
    'upstream.aws.external_id': role?.externalId ?? null,
    'upstream.aws.session_name': role?.sessionName ?? null,
    'upstream.aws.credentials': given === null ? 'of the process' : keysText(given),
    'upstream.aws.endpoint': origin === ownOrigin && lambda === null ? null : origin,
  }
}

function keysText(given: NonNullable<NonNullable<UpstreamSettings['aws']>['credentials']['given']>): string {
  const { accessKeyId, secretAccessKey, sessionToken } = given
  const token = sessionToken === null ? '' : `, session token ${secretText(sessionToken)}`
  return `${accessKeyId}, secret ${secretText(secretAccessKey)}${token}`
}
