import type { HeaderPlan } from '../../../src/core/headers/plan.ts'
import { upstreamHeaders } from '../../../src/core/headers/request.ts'
import type { Principal } from '../../../src/core/principal.ts'
import { forwarding, makeApp, makePlan } from './apps.ts'

export const plan = makePlan(makeApp())

export const alice: Principal = {
  user: 'alice',
  provider: 'acme',
  claims: { email: 'alice@example.com', groups: ['staff', 'wiki'] },
}

export function sent(
  rawHeaders: readonly string[],
  principal: Principal | null = null,
  to: HeaderPlan = plan,
): readonly string[] {
  const result = upstreamHeaders(to, {
    rawHeaders,
    forwarding,
    principal,
    tokens: null,
    clientAddress: '192.0.2.7',
    destination: null,
  })
  if (!result.ok) throw new Error(result.reason)
  return result.headers
}
