import type { Origin } from '../../core/gateway.ts'
import { sealFilled } from '../../core/keys/own-key-form.ts'
import type { AuthorizationWish } from '../../core/session/authorization-wish.ts'
import { sealFormLink } from '../../core/session/sent-form.ts'
import type { SessionKey } from '../../core/session/session.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import type { Admission } from '../admission/admission.ts'
import { ownKeysAddress } from '../own-keys/address.ts'
import { type Answer, frameOf, pageAnswer, redirectAnswer } from '../pages/answer.ts'
import { movingOnPage } from '../pages/pages.ts'

/** Whom a sign-in brought. */
export interface Arrived {
  readonly session: SessionKey | null
  /** As `account-hash` has it; null: it is not known. */
  readonly account: string | null
}

/**
 * Where somebody goes who has signed in for a form that waits, or for the page of their own keys. Null: to the page that
 * the sign-in was for.
 */
export function toOwnPage(
  runtime: Runtime,
  admission: Admission,
  origin: Origin,
  { wish, arrived }: { readonly wish: AuthorizationWish | null; readonly arrived: Arrived },
): Answer | null {
  const address =
    wish === null
      ? null
      : (formPage(runtime, origin, wish, arrived) ?? keysPage(runtime, origin, wish, arrived))
  if (address === null) return null
  // A Strict cookie is not sent on the redirect that another site began: see `arrive` of `arrival.ts`.
  return origin.cookies.sameSite === 'Strict'
    ? pageAnswer(
        200,
        movingOnPage({ ...frameOf(admission), why: 'signed-in', to: new URL(address, origin.origin) }),
      )
    : redirectAnswer(address)
}

function formPage(
  { gateway, ring, random }: Runtime,
  origin: Origin,
  { form, account, stepUp }: AuthorizationWish,
  arrived: Arrived,
): string | null {
  // That of a step-up has come back, or nobody would be here. Else the page is for one account, whoever came.
  const holder = stepUp === null ? (account ?? arrived.account) : arrived.account
  if (form === null || holder === null) return null
  const link = sealFormLink(ring, { origin: origin.origin, kind: 'page' }, { form, holder }, random)
  return `${gateway.authPrefix}/resume?form=${link}`
}

function keysPage(
  { gateway, ring, random }: Runtime,
  origin: Origin,
  { keyForm: filled }: AuthorizationWish,
  { session }: Arrived,
): string | null {
  const address = ownKeysAddress(gateway, origin)
  if (filled === undefined || address === null) return null
  if (filled === '' || session === null) return address
  return `${address}?filled=${sealFilled(ring, { origin: origin.origin, session }, filled, random)}`
}
