import type { UpstreamSettings } from '../core/upstream-settings.ts'

/**
 * Whether two upstreams are one: the same address, or the same function. Where connections go says nothing of that: all
 * functions of a region are asked at one, and so is what a VPC endpoint leads to.
 */
export function isOneUpstream(one: UpstreamSettings, other: UpstreamSettings): boolean {
  return isOneServer(one, other) && one.basePath === other.basePath
}

/** The same, whatever the path below which each asks. */
export function isOneServer(one: UpstreamSettings, other: UpstreamSettings): boolean {
  if (one.lambda !== null || other.lambda !== null) return functionOf(one) === functionOf(other)
  return one.ownOrigin === other.ownOrigin && one.socketPath === other.socketPath
}

/** Without a version or an alias, the newest is asked. */
function functionOf({ lambda }: UpstreamSettings): string | null {
  return lambda === null ? null : lambda.functionName.replace(/:\$LATEST$/, '')
}
