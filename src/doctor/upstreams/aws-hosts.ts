import { readAwsHost } from '../../config/build/aws-host.ts'
import type { App } from '../../core/gateway.ts'
import type { UpstreamSettings } from '../../core/upstream-settings.ts'

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
