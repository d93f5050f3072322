import type { AwsSettings, LambdaSettings } from './aws-settings.ts'
import { limits } from './limits/table.ts'
import type { Secret } from './secret.ts'

export interface UpstreamSettings {
  /** Where the app listens instead of at a host and port; those are then `localhost`, as the app is told. */
  readonly socketPath: string | null
  readonly scheme: 'http' | 'https'
  readonly hostname: string
  readonly port: number
  /** `https://abc.example.com`, without a path: where connections go. */
  readonly origin: string
  /** By which the app knows itself. Another one than `origin` where requests go by an endpoint of their own. */
  readonly ownOrigin: string
  /** Host header value: with the port unless it is the default. */
  readonly host: string
  /** `/prod`; empty when there is none. */
  readonly basePath: string
  readonly ca: string | null
  readonly headers: readonly { readonly name: string; readonly value: Secret }[]
  readonly preserveHost: boolean
  readonly stripPrefix: boolean
  /** Of requests; as many WebSockets beside them. */
  readonly maxConnections: number
  /** Null: requests are not signed. */
  readonly aws: AwsSettings | null
  /** Null: the app is asked over HTTP. A function is invoked by signed requests: `aws` is there too. */
  readonly lambda: LambdaSettings | null
}

/** Whether a body is sent in one piece, after its last byte came: what is signed, or put into an event, is all of it. */
export function takesWholeBodies(upstream: Pick<UpstreamSettings, 'aws' | 'lambda'>): boolean {
  return longestWholeBody(upstream) !== null
}

/**
 * The longest body that can be sent in one piece, as AWS takes no longer one; null: bodies are sent as they come.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html (payload size)
 * https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html (invocation payload)
 */
export function longestWholeBody({ aws, lambda }: Pick<UpstreamSettings, 'aws' | 'lambda'>): number | null {
  if (lambda !== null || aws?.service === 'lambda') return limits.invokedBodyBytes
  return aws?.service === 'execute-api' ? limits.apiBodyBytes : null
}

/** Whether the very requests that an app gets are signed. A function gets an event, whose headers are not those of a request. */
export function isSigned({ aws, lambda }: Pick<UpstreamSettings, 'aws' | 'lambda'>): boolean {
  return aws !== null && lambda === null
}

/** Where an app listens, as an operator's message names it: the app's name, and the address without its path. */
export function upstreamPlace(
  app: string,
  { origin, socketPath }: Pick<UpstreamSettings, 'origin' | 'socketPath'>,
): string {
  return `app ${app}, ${socketPath === null ? origin : `unix:${socketPath}`}`
}

export interface Timeouts {
  readonly connectSeconds: number
  /** Until the response's headers. */
  readonly responseSeconds: number
  /** Between two pieces of a body. */
  readonly idleSeconds: number
  /** How long an idle connection is kept; null: what the app announces, else a second. */
  readonly keepAliveSeconds: number | null
  /** The slowest that a request body may come; null: any rate will do. */
  readonly body: BodyRate | null
}

/** A body may fall behind `bytesPerSecond` by `graceSeconds` at any time, and no more. */
export interface BodyRate {
  readonly graceSeconds: number
  readonly bytesPerSecond: number
}
