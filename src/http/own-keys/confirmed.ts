import { formatKeyId } from '../../core/keys/key-form.ts'
import { encodeFilled, type FilledKeyForm } from '../../core/keys/own-key-form.ts'
import { recentSignIn } from '../../core/keys/recent-sign-in.ts'
import { stepUpChallenge } from '../../core/step-up-challenge.ts'
import type { MadeKey } from '../../runtime/keys/made-key.ts'
import type { Admission } from '../admission/admission.ts'
import { type Answer, frameOf, pageAnswer, withHeaders } from '../pages/answer.ts'
import { type MadeKeyPage, madeKeyPage, signInForKeysPage } from '../pages/made-key-page.ts'
import { copyShown, withScript } from '../pages/scripts.ts'
import type { RequestContext } from '../server/context.ts'
import { stepUpLink, stepUpWish } from '../sign-in/step-up-link.ts'
import { curlLine } from './curl-line.ts'
import type { KeyOwner } from './key-owner.ts'
import { inOwnWindow } from './window.ts'

export interface Kept {
  readonly title: MadeKeyPage['title']
  readonly made: MadeKey
}

/**
 * 401: the person signs in once more, at their provider and with this account, and comes back to the page with what they
 * filled in. A link, as no page of ours posts to where an answer would leave the origin.
 */
export function askToSignIn(
  {
    context: { runtime },
    admission,
    owner,
  }: { readonly context: RequestContext; readonly admission: Admission; readonly owner: KeyOwner },
  filled: FilledKeyForm,
): Answer {
  const { origin, session, provider, place } = owner
  // Google refuses a prompt that it does not know.
  const stepUp = recentSignIn(provider.preset === 'google' ? 'select_account' : 'login')
  const wish = { ...stepUpWish(runtime, session, stepUp), keyForm: encodeFilled(filled) }
  const link = stepUpLink(runtime, origin, session, wish) ?? ''
  const signInHref = `${runtime.gateway.authPrefix}/login?step_up=${link}`
  const challenge = stepUpChallenge(stepUp, session, place.now)
  const page = signInForKeysPage({ ...frameOf(admission), signInHref })
  return inOwnWindow(
    withHeaders(pageAnswer(401, page), { 'www-authenticate': `Cookie realm="claimgate", ${challenge}` }),
  )
}

/** The one answer with a secret in it. Nobody is to keep it, and nothing of it stands in an address, a cookie or the log. */
export function madeKeyAnswer(
  admission: Admission,
  { address, provider, place: { gateway } }: KeyOwner,
  { title, made: { key, secret, whole } }: Kept,
): Answer {
  const script = copyShown(address)
  const page = madeKeyPage({
    ...frameOf(admission),
    ...{ title, name: key.name, id: formatKeyId(key), secret, whole, script, keysHref: address },
    curl: curlLine({ gateway, provider, key }, whole),
  })
  return inOwnWindow(withScript(pageAnswer(200, page), script))
}
