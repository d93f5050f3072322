import type { AuthorizationWish } from '../../core/session/authorization-wish.ts'
import { plainWish } from '../../core/session/authorization-wish.ts'
import type { ReturnTo } from '../../core/session/return-to.ts'

export interface LinkedSignIn {
  readonly returnTo: ReturnTo
  readonly wish?: AuthorizationWish
}

/** The address of ours that begins a sign-in, and asks for the same as the one before. */
export function loginLink(authPrefix: string, { returnTo, wish = plainWish }: LinkedSignIn): string {
  const account = wish.otherAccount ? '&account=other' : ''
  const passed = [...wish.passed].map(
    ([name, value]) => `&${encodeURIComponent(name)}=${encodeURIComponent(value)}`,
  )
  return `${authPrefix}/login?return_to=${encodeURIComponent(returnTo)}${account}${passed.join('')}`
}
