import { readAwsHost } from '../../config/build/aws-host.ts'
import type { App } from '../../core/gateway.ts'
import type { UpstreamSettings } from '../../core/upstream-settings.ts'
import type { UpstreamAnswer } from './answer.ts'

/** Whether something of AWS stands before the app: by its own host, or because requests are signed for it. */
export function isOfAws({ upstream }: App): boolean {
  return serviceOf(upstream) !== null
}

/** Whether an API of API Gateway is asked. */
export function isOfApiGateway(upstream: UpstreamSettings): boolean {
  return serviceOf(upstream) === 'execute-api'
}

function serviceOf({ aws, ownOrigin }: UpstreamSettings): string | null {
  if (aws !== null) return aws.service
  const host = readAwsHost(new URL(ownOrigin).hostname)
  return host.kind === 'service' ? host.service : null
}

/** Whether a refusal is the one that HTTP APIs have for everything. */
export function isOfHttpApi({ status, message }: Extract<UpstreamAnswer, { kind: 'answered' }>): boolean {
  return status === 403 && message === 'Forbidden'
}
