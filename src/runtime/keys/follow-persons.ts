import type { RenewalEvent } from '../renewals/event.ts'
import type { SignIn, Started } from '../session-start.ts'
import type { Sessions } from '../sessions.ts'
import type { Keys } from './keys.ts'

/** The same sessions: whoever signs in brings their keys up to date by it, wherever on the gateway that is. */
export function tellingKeys(sessions: Sessions, keys: Pick<Keys, 'signedIn'> | null): Sessions {
  if (keys === null) return sessions
  return {
    ...sessions,
    async start(signIn: SignIn): Promise<Started> {
      const started = await sessions.start(signIn)
      const { issuer, clientId, user, signedInAt: at } = started.session
      // What the provider said, and not what the session keeps of it.
      keys.signedIn({ issuer, clientId, user, claims: signIn.identity.claims, at }, 'sign-in')
      return started
    },
  }
}

/** What a provider says that is asked again reaches the person's keys; of whom it says that they are gone, they sleep. */
export function followRenewal(keys: Pick<Keys, 'signedIn' | 'sleepSoon'> | null, event: RenewalEvent): void {
  switch (event.kind) {
    case 'renewed': {
      const { issuer, clientId, user, claims, checkedAt: at } = event.session
      keys?.signedIn({ issuer, clientId, user, claims, at }, 'recheck')
      return
    }
    case 'ended': {
      const { issuer, clientId, user } = event.session
      if (saysThatGone(event.why)) keys?.sleepSoon({ user, provider: { issuer, clientId } })
      return
    }
    case 'unanswered':
    case 'not-revoked':
      return
  }
}

/** Not where nothing was said, or not enough: then the claims are too old one day. */
function saysThatGone(why: Extract<RenewalEvent, { kind: 'ended' }>['why']): boolean {
  switch (why) {
    case 'grant-refused':
    case 'subject-differs':
    case 'token-invalid':
    case 'userinfo-refused':
    case 'user-differs':
      return true
    case 'insufficient':
    case 'unanswered':
    case 'not-stored':
      return false
  }
}
