import type { UpstreamSettings } from '../../core/upstream-settings.ts'

/** Whether an API of API Gateway is asked, by its own name or because the requests are signed for one. */
export function isOfApiGateway({ ownOrigin, aws }: Pick<UpstreamSettings, 'ownOrigin' | 'aws'>): boolean {
  return (
    aws?.service === 'execute-api' ||
    /\.execute-api\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?$/.test(new URL(ownOrigin).hostname)
  )
}
