import { readAwsHost } from '../config/build/aws-host.ts'
import type { App } from '../core/gateway.ts'

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
