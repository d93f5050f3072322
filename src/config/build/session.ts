import type { LogSettings, SessionSettings } from '../../core/gateway.ts'
import type { EpochSeconds } from '../../core/session/session.ts'
import { isShared, type SessionStoreSettings } from '../../core/session-store-settings.ts'
import type { ConfigPath } from '../node.ts'
import { sessionKeys } from '../schema/session.ts'
import { type Checked, checkKeys } from '../validate.ts'
import { needsNoProvider } from './credentials.ts'
import { faultAt, faultAtKey, isWritten, placeOf, type Scope, warnAt } from './scope.ts'
import type { NamedSecret } from './secrets.ts'
import { buildStore } from './session-store.ts'

const path: ConfigPath = ['session']
/** `store` has faults of its own kind. */
const { store: _store, ...plainKeys } = sessionKeys

export interface BuiltSession {
  /** Null when reported. */
  readonly session: SessionSettings | null
  /** For apps that say nothing of their own. */
  readonly lifetimes: { readonly idle: number; readonly max: number }
  /** The secrets that seal, and the passwords of the store. */
  readonly sealing: readonly NamedSecret[]
}

export function buildSession(scope: Scope): BuiltSession {
  const keys = checkKeys(plainKeys, placeOf(scope, path), ['store'])
  const allowInsecureRedis = keys.allow_insecure_redis ?? isWritten(scope, [...path, 'allow_insecure_redis'])
  const { store, passwords } = buildStore(scope, allowInsecureRedis)
  const revokedBefore = keys.revoked_before ?? null
  checkRevokedBefore(scope, [...path, 'revoked_before'], revokedBefore)
  checkSecret(scope, keys.secret, store)
  checkOutage(scope, store)
  const secrets = keys.secret ?? []
  return {
    session:
      store === null || !isComplete(keys)
        ? null
        : {
            store,
            allowInsecureRedis,
            duringOutageSeconds: keys.during_outage,
            revokedBefore,
            secrets,
            cookieName: keys.cookie_name,
            sameSite: keys.same_site,
            signInTimeoutSeconds: keys.sign_in_timeout,
          },
    // Zero only where the key was faulty: then no model is made.
    lifetimes: { idle: keys.idle_timeout ?? 0, max: keys.max_lifetime ?? 0 },
    sealing: [
      ...secrets.map((one, index) => {
        const member = [...path, 'secret', index]
        const at = isWritten(scope, member) ? member : [...path, 'secret']
        return { purpose: 'session' as const, path: at, secret: one }
      }),
      ...passwords,
    ],
  }
}

type Keys = Checked<typeof plainKeys>
type NeededKey = 'during_outage' | 'cookie_name' | 'same_site' | 'sign_in_timeout'

function isComplete(keys: Keys): keys is Keys & { readonly [Key in NeededKey]: NonNullable<Keys[Key]> } {
  const needed: readonly NeededKey[] = ['during_outage', 'cookie_name', 'same_site', 'sign_in_timeout']
  return needed.every((key) => keys[key] !== undefined)
}

/** Where other processes open what this one seals, a secret that each makes for itself opens nothing. */
function checkSecret(scope: Scope, secret: Keys['secret'], store: SessionStoreSettings | null): void {
  const at = [...path, 'secret']
  if (secret !== undefined || isWritten(scope, at)) return
  const make = 'make one with `openssl rand -base64 32`'
  if (store !== null && isShared(store))
    faultAt(scope, at, `is missing: all gateways that share a Redis seal with the same secret; ${make}`)
  else if (store?.kind === 'cookie')
    faultAt(scope, at, `is missing: with \`store: cookie\` it seals the sessions themselves; ${make}`)
  // Where nobody signs in it seals nothing.
  else if (isWritten(scope, ['providers']) || !needsNoProvider(scope))
    warnAt(
      scope,
      at,
      store?.kind === 'memory'
        ? 'is absent: one is made at each start, with which sign-ins that are under way end, as sessions in `memory` do'
        : 'is absent: one is generated into the `data` folder, which serves a single instance',
    )
}

/** Read as a bound of something that cannot happen, it would be thought to bound something else. */
function checkOutage(scope: Scope, store: SessionStoreSettings | null): void {
  const at = [...path, 'during_outage']
  if (store?.kind !== 'memory' && store?.kind !== 'cookie') return
  if (isWritten(scope, at))
    faultAtKey(scope, at, `means nothing with \`store: ${store.kind}\`: there is no store that could be away`)
}

/** The lines of one person must have one name, whichever of the gateways wrote them. */
export function checkSubjectKey(
  scope: Scope,
  session: SessionSettings | null,
  log: LogSettings | null,
): void {
  const at = ['log', 'subject_key']
  if (session === null || log === null || !isShared(session.store)) return
  if (log.subject === 'off' || log.subjectKey !== null || isWritten(scope, at)) return
  const message =
    'is missing: gateways that share a Redis need the same one, or each calls the same person by another name; make one with `openssl rand -base64 32`'
  faultAt(scope, at, message)
}

/** Until then each sign-in would bring a session that has ended already. */
function checkRevokedBefore(scope: Scope, at: ConfigPath, time: EpochSeconds | null): void {
  const { now } = scope.surroundings
  if (time === null || now === undefined || time <= now) return
  const here = new Date(now * 1000).toISOString().replace('.000', '')
  faultAt(scope, at, `lies in the future, and nobody could stay signed in until then: it is ${here} here`)
}
