import type { Gateway, Origin } from '../../core/gateway.ts'
import { matchRoute } from '../../core/request/route-match.ts'
import { readTarget } from '../../core/request/target.ts'
import { providersThatCould, readJudgedAddress } from '../../core/rules/requirement.ts'
import type { ReturnTo } from '../../core/session/return-to.ts'
import type { Admission } from '../admission/admission.ts'

/**
 * The providers that a sign-in for this page offers: those with which its rule could be met over the client's connection, as
 * the gate finds them. For a page that asks nobody, or that nobody's rule covers, all that the origin accepts.
 */
export function fittingProviders(
  gateway: Gateway,
  origin: Origin,
  returnTo: ReturnTo,
  { clientAddress, certificate }: Pick<Admission, 'clientAddress' | 'certificate'>,
): readonly string[] {
  const reading = readTarget(returnTo)
  if (!reading.ok) return origin.providers
  const match = matchRoute(origin, reading.target, 'GET')
  if (match.kind === 'unmatched') return origin.providers
  const { app, location, others } = match
  const members = [location, ...others].flatMap(({ access }) =>
    access.kind === 'rule' ? [access.requirement] : [],
  )
  if (members.length === 0) return app.signInProviders
  const fitting = app.signInProviders.filter((name) => gateway.providers.has(name))
  const all = { kind: 'all', members } as const
  const facts = { clientAddress: readJudgedAddress(clientAddress), certificate }
  const could = providersThatCould(all, fitting, facts)
  return could.length === 0 ? fitting : could
}
