import type { SessionSettings } from '../../core/gateway.ts'
import type { EpochSeconds } from '../../core/session/session.ts'
import type { ConfigPath } from '../node.ts'
import { sessionKeys } from '../schema/session.ts'
import { checkKeys } from '../validate.ts'
import { faultAt, isWritten, placeOf, type Scope, warnAt } from './scope.ts'
import type { NamedSecret } from './secrets.ts'

export interface BuiltSession {
  /** Null when reported. */
  readonly session: SessionSettings | null
  /** For apps that say nothing of their own. */
  readonly lifetimes: { readonly idle: number; readonly max: number }
  readonly sealing: readonly NamedSecret[]
}

export function buildSession(scope: Scope): BuiltSession {
  const path = ['session']
  const keys = checkKeys(sessionKeys, placeOf(scope, path))
  const { secret, store, cookie_name: cookieName, same_site: sameSite } = keys
  const { sign_in_timeout: signInTimeoutSeconds, during_outage: duringOutageSeconds } = keys
  const revokedBefore = keys.revoked_before ?? null
  checkRevokedBefore(scope, [...path, 'revoked_before'], revokedBefore)
  if (secret === undefined && !isWritten(scope, [...path, 'secret'])) {
    const message = 'is absent: one is generated into the `data` folder, which serves a single instance'
    warnAt(scope, [...path, 'secret'], message)
  }
  const secrets = secret ?? []
  const complete =
    store !== undefined &&
    cookieName !== undefined &&
    sameSite !== undefined &&
    signInTimeoutSeconds !== undefined &&
    duringOutageSeconds !== undefined
  return {
    session: complete
      ? {
          store: { kind: store },
          duringOutageSeconds,
          revokedBefore,
          secrets,
          cookieName,
          sameSite,
          signInTimeoutSeconds,
        }
      : null,
    // Zero only where the key was faulty: then no model is made.
    lifetimes: { idle: keys.idle_timeout ?? 0, max: keys.max_lifetime ?? 0 },
    sealing: secrets.map((one, index) => {
      const member = [...path, 'secret', index]
      return {
        purpose: 'session',
        path: isWritten(scope, member) ? member : [...path, 'secret'],
        secret: one,
      }
    }),
  }
}

/** Until then each sign-in would bring a session that has ended already. */
function checkRevokedBefore(scope: Scope, path: ConfigPath, time: EpochSeconds | null): void {
  const { now } = scope.surroundings
  if (time === null || now === undefined || time <= now) return
  const here = new Date(now * 1000).toISOString().replace('.000', '')
  faultAt(scope, path, `lies in the future, and nobody could stay signed in until then: it is ${here} here`)
}
