import { createFailureCount, type FailureCount } from './failures.ts'
import { limits } from './table.ts'

/** Counts tokens and keys in headers that were looked into and are wrong. */
export function createCredentialFailures(): FailureCount {
  return createFailureCount({
    most: limits.failedCredentials,
    withinMs: limits.failedCredentialsMs,
    networks: limits.failedCredentialNetworks,
  })
}
