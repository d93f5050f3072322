import type { IncomingHttpHeaders } from 'node:http'
import type { Origin, ProviderSettings } from '../../core/gateway.ts'
import type { ApiKey } from '../../core/keys/api-key.ts'
import type { SelfServiceSettings } from '../../core/keys/api-key-settings.ts'
import { limits } from '../../core/limits/table.ts'
import type { Principal } from '../../core/principal.ts'
import { findProvider } from '../../core/provider-id.ts'
import { isFramed } from '../../core/request/navigation.ts'
import { startOf } from '../../core/session/landing.ts'
import type { Session } from '../../core/session/session.ts'
import type { KeyPlace } from '../../runtime/keys/made-key.ts'
import { type CopiedPerson, copiedFromSession } from '../../runtime/keys/persons-claims.ts'
import type { Admission } from '../admission/admission.ts'
import { useSession } from '../admission/session-lookup.ts'
import { type Answer, refusal } from '../pages/answer.ts'
import { unauthorized } from '../pages/unauthorized.ts'
import type { RequestContext } from '../server/context.ts'
import { ownKeysAddress } from './address.ts'

/** Whoever is signed in at the page of their own keys. */
export interface KeyOwner {
  readonly origin: Origin
  /** Of the page. */
  readonly address: string
  readonly session: Session
  readonly principal: Principal
  readonly provider: ProviderSettings
  readonly place: KeyPlace
  readonly selfService: SelfServiceSettings
  /** What a key of theirs takes over; null: they do not meet `self_service.require`, and may only see and revoke. */
  readonly person: CopiedPerson | null
}

/**
 * Who is there, or the answer for whoever may not be: the page is for people, in a window of its own, who are signed in at
 * the one origin. Throws a StoreFault.
 */
export async function keyOwner(
  { runtime }: RequestContext,
  admission: Admission,
  headers: IncomingHttpHeaders,
): Promise<KeyOwner | Answer> {
  const { gateway, keys, random, clock } = runtime
  const { origin } = admission
  const { apiKeys } = gateway
  const address = origin === null ? null : ownKeysAddress(gateway, origin)
  const selfService = apiKeys?.selfService ?? null
  if (origin === null || address === null || keys === null || apiKeys === null || selfService === null)
    return refusal(admission, 404, 'address-unknown')
  if (!isForPeople(headers)) return refusal(admission, 403, 'not-a-navigation')
  const found = await useSession(runtime, origin, headers)
  if (found.kind === 'none') return unauthorized(gateway, admission, found.why, startOf(origin))
  const { session, principal } = found
  const provider = findProvider(gateway.providers, selfService.providers, session)
  if (provider === null) return refusal(admission, 404, 'address-unknown')
  const place = {
    ...{ gateway: { ...gateway, apiKeys }, keys: keys.store, sessions: null },
    ...{ random, now: clock.now() },
  }
  const person = copiedFromSession(selfService, { provider, session })
  return { origin, address, session, principal, provider, place, selfService, person }
}

/** An app's script that asks gets nothing, nor does a frame. A browser that says nothing of it is taken for a person's. */
function isForPeople(headers: IncomingHttpHeaders): boolean {
  const mode = headers['sec-fetch-mode']
  return (mode === undefined || mode === 'navigate') && !isFramed(headers)
}

/** All keys of the person, the newest first; those too that operators made for them. Throws a StoreFault. */
export async function ownedKeys({ session, place }: KeyOwner): Promise<readonly ApiKey[]> {
  const { user, issuer, clientId } = session
  const { keys } = await place.keys.list({
    ...{ user, provider: { issuer, clientId } },
    ...{ after: null, most: limits.keysOfPage },
  })
  return keys.filter(({ owner }) => owner.kind === 'person')
}
