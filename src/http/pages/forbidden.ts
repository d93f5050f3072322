import type { DenyReason } from '../../core/decision.ts'
import type { Gateway } from '../../core/gateway.ts'
import { plainWish } from '../../core/session/authorization-wish.ts'
import type { Admission } from '../admission/admission.ts'
import { accountOf } from './account.ts'
import { type Answer, frameOf, pageAnswer, problemAnswer } from './answer.ts'
import { keepsFragment, linkTo, pageOf } from './link-back.ts'
import { forbiddenPage } from './pages.ts'
import { keepForLink, withScript } from './scripts.ts'

/** 403: as whom one is signed in and what can be done about it; nothing of the rule. */
export function forbidden(gateway: Gateway, admission: Admission, reason: DenyReason): Answer {
  if (!admission.wantsPage) return problemAnswer(admission, 403, publicReason(reason))
  const { principal } = admission
  const account =
    principal === null ? null : accountOf(gateway.providers.get(principal.provider) ?? null, principal)
  const link =
    account === null
      ? null
      : linkTo(gateway, pageOf(admission), {
          wish: { ...plainWish, otherAccount: true },
          keepsFragment: keepsFragment(admission),
        })
  const script = keepForLink(link?.keep ?? null)
  const page = forbiddenPage({
    ...frameOf(admission),
    script,
    account,
    unsendable: reason === 'identity-unsendable',
    contact: admission.app?.contact ?? null,
    switchAccountHref: link?.href ?? null,
  })
  return withScript(pageAnswer(403, page), script)
}

/** What of a refusal is the client's own doing is told it; of the rule, not even what kind it is. The log knows. */
function publicReason(reason: DenyReason): string {
  switch (reason) {
    case 'rule-not-met':
    case 'nobody-allowed':
    case 'no-location':
    case 'client-address':
    case 'client-certificate':
      return 'not-allowed'
    case 'step-up-not-met':
    case 'identity-unsendable':
    case 'insecure-scheme':
    case 'websocket-origin':
    case 'destination-not-allowed':
    case 'cross-site':
    case 'scope-insufficient':
    case 'key-restricted':
    case 'undecided':
      return reason
  }
}
