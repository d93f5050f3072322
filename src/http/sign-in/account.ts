import type { IncomingHttpHeaders } from 'node:http'
import { findProvider } from '../../core/provider-id.ts'
import { plainWish } from '../../core/session/authorization-wish.ts'
import { startOf } from '../../core/session/landing.ts'
import { sessionTimes } from '../../core/session/session.ts'
import { wantedPage } from '../../core/session/storage-key.ts'
import type { Admission } from '../admission/admission.ts'
import { openableApps } from '../admission/openable-apps.ts'
import { sessionOfPage } from '../admission/session-lookup.ts'
import { ownKeysAddress } from '../own-keys/address.ts'
import { accountOf } from '../pages/account.ts'
import { accountPage, nobodyPage } from '../pages/account-page.ts'
import { type Answer, frameOf, pageAnswer, refusal, withHeaders } from '../pages/answer.ts'
import { loginLink } from '../pages/login-link.ts'
import type { RequestContext } from '../server/context.ts'
import { sessionsAddress } from './own-sessions.ts'
import { withRenewal } from './renewal.ts'

/**
 * `/.auth/`: for people, who they are here, until when, and which apps of this origin they may open. Of the rules and of
 * apps that the person may not open it says nothing; claims it does not show. Throws a StoreFault.
 */
export async function account(
  context: RequestContext,
  admission: Admission,
  headers: IncomingHttpHeaders,
): Promise<Answer> {
  const { gateway, clock } = context.runtime
  const { origin } = admission
  if (origin === null) return refusal(admission, 404, 'address-unknown')
  const page = wantedPage(startOf(origin))
  const found = await sessionOfPage(context.runtime, origin, admission, headers)
  if (found.kind === 'none') {
    const { href } = loginLink(gateway.authPrefix, { page })
    return pageAnswer(200, nobodyPage({ ...frameOf(admission), signInHref: href }))
  }
  const { session, principal } = found
  const frame = frameOf(admission)
  const apps = openableApps(origin, admission, found, clock.now())
    .map(({ app, path }) => ({ title: app.title ?? app.url.replace(/^https?:\/\//, ''), href: path }))
    .toSorted((one, next) => one.title.localeCompare(next.title, frame.look.language))
  const other = loginLink(gateway.authPrefix, { page, wish: { ...plainWish, otherAccount: true } })
  const shown = accountPage({
    ...frame,
    account: accountOf(findProvider(gateway.providers, origin.providers, session), principal),
    user: principal.user,
    now: clock.now(),
    signedInAt: session.signedInAt,
    ...sessionTimes(session, origin),
    apps,
    signOutAction: `${gateway.authPrefix}/logout`,
    switchAccountHref: other.href,
    sessionsHref: sessionsAddress(gateway),
    keysHref: ownKeysAddress(gateway, origin),
  })
  // As on the page that asks before a sign-out: with `no-referrer` the form would be posted with `Origin: null`.
  const answer = withHeaders(pageAnswer(200, shown), { 'referrer-policy': 'same-origin' })
  return withRenewal(answer, found, origin, headers)
}
