import type { Gateway } from '../../core/gateway.ts'
import type { Admission } from '../admission/admission.ts'
import { type LinkedSignIn, type LoginLink, loginLink } from './login-link.ts'

/**
 * Begins a sign-in and comes back here; only a GET can be come back to. `keepsFragment`: it is for a page of ours at this
 * very address, and what follows the `#` there is kept.
 */
export function linkBack(gateway: Gateway, admission: Admission, keepsFragment = false): LoginLink {
  return canBeAskedAgain(admission)
    ? linkTo(gateway, pageOf(admission), { keepsFragment })
    : { href: `${gateway.authPrefix}/login`, keep: null }
}

/** Begins a sign-in and comes back to `page`, which is a return address. */
export function linkTo(
  { authPrefix }: Gateway,
  page: string,
  more: Pick<LinkedSignIn, 'wish' | 'keepsFragment'> = {},
): LoginLink {
  return loginLink(authPrefix, { page: { returnTo: page, keptAs: null }, ...more })
}

/** Whether a page of ours in place of the app's has what follows the `#`, and keeps it for a sign-in. */
export function keepsFragment({ app, address }: Admission): boolean {
  return address === null && app?.keepFragment === true
}

/** Only a GET can be come back to. */
export function canBeAskedAgain({ method }: Admission): boolean {
  return method === 'GET' || method === 'HEAD'
}

/** The page that was asked for, as a return address. */
export function pageOf({ target }: Admission): string {
  return target === null ? '/' : target.path + target.query
}
