import { countedCredential, type Verifiable } from '../../core/credential/counted.ts'
import { presentedCredentials } from '../../core/credential/presented.ts'
import { acceptedBearers } from '../../core/credential/protected-resource.ts'
import { isAskedOfTokens, providerOfToken } from '../../core/credential/token-provider.ts'
import { ProviderFault } from '../../core/fault.ts'
import type { App, Gateway } from '../../core/gateway.ts'
import type { Awaitable } from '../../core/ports.ts'
import type { CallerLookup } from './caller.ts'
import { type Asking, findCaller } from './caller-lookup.ts'
import type { JudgeOfCaller } from './routed-request.ts'
import { type AdmissionContext, lookUpSession } from './session-lookup.ts'

/** What asked who it is by the rules in force, and what was found; null: they do not ask. */
export interface FoundInForce {
  readonly judge: JudgeOfCaller
  readonly lookup: CallerLookup
}

/**
 * Who asks by rules that are only rehearsed: the same as by those in force, unless their list makes another credential
 * count. Keeps no session alive. A token that only its provider can read, or a pair, goes to no provider for it: what the
 * app's own clients send it would leave the gateway for a mere trial. Throws, or rejects with, a fault.
 */
export function findRehearsedCaller(
  context: AdmissionContext,
  rehearsed: JudgeOfCaller,
  inForce: FoundInForce | null,
  asking: Asking,
): Awaitable<CallerLookup> {
  const { credentials } = rehearsed.location
  const { gateway, presented = presentedCredentials(asking.facts.rawHeaders, gateway.apiKeys) } = context
  const counted = countedCredential(credentials, presented)
  if (inForce !== null && countsAlike(counted.kind, inForce.judge, presented)) return inForce.lookup
  // A probe sends nothing to anybody.
  const isSent = context.presented === undefined
  if (isSent && counted.kind === 'header' && isForProvider(counted.presented, gateway, rehearsed.app))
    throw new ProviderFault('PROVIDER_BUSY', 'no provider is asked of such a token for a rehearsal')
  return findCaller(context, rehearsed, asking, lookUpSession)
}

/** Whether it would be sent to a provider to learn whose it is. */
function isForProvider(presented: Verifiable, gateway: Gateway, app: App): boolean {
  switch (presented.kind) {
    case 'pair':
      return true
    case 'token': {
      const provider = providerOfToken(acceptedBearers(gateway, app), presented.token)
      return provider !== null && isAskedOfTokens(provider)
    }
    case 'key':
    case 'short-token':
      return false
  }
}

/** Whether what was found stands for the list that is rehearsed too: `decide` holds its own list against it. */
function countsAlike(
  kind: ReturnType<typeof countedCredential>['kind'],
  inForce: JudgeOfCaller,
  presented: Parameters<typeof countedCredential>[1],
): boolean {
  const { credentials } = inForce.location
  if (kind !== countedCredential(credentials, presented).kind) return false
  return kind === 'header' || (kind === 'ambient' && credentials.includes('session'))
}
