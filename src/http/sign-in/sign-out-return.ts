import type { Origin } from '../../core/gateway.ts'
import { limits } from '../../core/limits/table.ts'
import { type ReturnTo, readReturnTo } from '../../core/session/return-to.ts'
import { open, type SealScope, sameText, seal } from '../../core/session/seal.ts'
import type { RequestContext } from '../server/context.ts'
import type { SetCookie } from './cookie.ts'

const returnLifetimeSeconds = 300

/** `return_to` waits in a sealed cookie while the browser is at the provider, bound to the state that comes back. */
export function rememberReturn(
  context: RequestContext,
  origin: Origin,
  state: string,
  returnTo: ReturnTo | null,
): readonly SetCookie[] {
  if (returnTo === null || returnTo.length > limits.signOutReturnToBytes) return []
  const { ring, random } = context.runtime
  const value = seal(ring, returnScope(origin), JSON.stringify([state, returnTo]), random)
  const options = {
    path: '/',
    httpOnly: true,
    secure: origin.cookies.secure,
    sameSite: 'lax',
    maxAge: returnLifetimeSeconds,
  } as const
  return [{ name: returnCookieName(origin), value, options }]
}

/** The page that waits in the cookie `value`; null: none does, or it was kept for another `state`. */
export function readReturn(
  context: RequestContext,
  origin: Origin,
  value: string | undefined,
  state: string | null,
): ReturnTo | null {
  if (value === undefined || state === null) return null
  const opened = open(context.runtime.ring, returnScope(origin), value)
  if (!opened.ok) return null
  const [sealedState, path]: unknown[] = JSON.parse(opened.text)
  if (typeof sealedState !== 'string' || typeof path !== 'string' || !sameText(sealedState, state))
    return null
  return readReturnTo(path, context.runtime.gateway.authPrefix)
}

function returnScope(origin: Origin): SealScope {
  return { purpose: 'sign-out', context: [origin.origin, returnCookieName(origin)] }
}

/** Below the transactions' prefix, so that the same code keeps it from the apps. */
export function returnCookieName(origin: Origin): string {
  return `${origin.cookies.transactionPrefix}out`
}
