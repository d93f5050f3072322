import type { UpstreamSettings } from '../../core/gateway.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import type { Admission } from './admission.ts'
import { admit } from './gate.ts'
import type { RequestFacts } from './request-facts.ts'

/** What the rules in force now say of a request that was let in before. Being asked keeps no session alive. */
export async function admitAgain({ gateway, sessions }: Runtime, facts: RequestFacts): Promise<Admission> {
  const lookUp = sessions.lookUp.bind(sessions)
  return admit({ gateway, sessions: { use: lookUp, lookUp } }, facts, 'again', 0)
}

/** Whether a connection to the one is a connection to the other: by address, path, and whose certificates count. */
export function leadsTo(now: UpstreamSettings, then: UpstreamSettings): boolean {
  return now.origin === then.origin && now.basePath === then.basePath && now.ca === then.ca
}
