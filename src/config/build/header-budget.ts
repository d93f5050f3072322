import { unsignedLine } from '../../core/assertion/assertion.ts'
import type { AwsSettings } from '../../core/aws-settings.ts'
import type { App, Location } from '../../core/gateway.ts'
import { leftForIdentity, signatureBytes, someKeyId } from '../../core/headers/aws-budget.ts'
import { fixedHeaders, linesOf } from '../../core/headers/plan.ts'
import { limits } from '../../core/limits/table.ts'
import type { ConfigPath } from '../node.ts'
import { faultAt, type Scope } from './scope.ts'

/**
 * What the gateway says on every request must be less than API Gateway takes of its own headers, or it would refuse
 * everybody there. Counted is what is certain: of credentials that are fetched the id alone, of people the shortest.
 * `path` is that of the app.
 */
export function checkHeaderBudget(scope: Scope, path: ConfigPath, app: App): void {
  const least = [app.fallback, ...app.allLocations].flatMap((location) => leastBytes(app, location) ?? [])
  const most = Math.max(0, ...least)
  if (most <= limits.apiOwnHeaderBytes) return
  faultAt(
    scope,
    [...path, 'upstream'],
    `the gateway’s own headers have at least ${most} bytes, whoever asks: \`headers\`, shared secret, assertion, signature and session token; of these API Gateway takes ${limits.apiOwnHeaderBytes}, so nobody would get through`,
  )
}

/** Null: nobody counts there, or nothing is ever sent. */
function leastBytes(app: App, { access, forwarding }: Location): number | null {
  const { aws } = app.upstream
  if (aws === null || access.kind === 'nobody') return null
  const lines = [...fixedHeaders(app), ...linesOf(forwarding.headers ?? app.upstream.headers)]
  const assertion = access.kind === 'rule' ? assertionLines(app) : []
  const left = leftForIdentity(app.upstream, [...lines, ...assertion], leastSignature(aws))
  return left === null ? null : limits.apiOwnHeaderBytes - left
}

function leastSignature(aws: AwsSettings): number {
  const { given, role } = aws.credentials
  const token = role === null ? (given?.sessionToken ?? null) : null
  return signatureBytes(aws, someKeyId.length, token === null ? 0 : token.reveal().length)
}

function assertionLines({ identityAssertion, providers: [provider = 'p'] }: App): readonly string[] {
  if (identityAssertion === null) return []
  const line = unsignedLine({ user: 'u', provider, claims: {} }, identityAssertion, 1_800_000_000)
  return line.ok ? [line.header, line.token] : []
}
