import type { Decision } from '../../core/decision.ts'
import type { Gateway } from '../../core/gateway.ts'
import type { Claims } from '../../core/rules/claims.ts'
import { probe } from '../../http/admission/probe.ts'
import type { ConvertedHost } from '../apache/host/host.ts'
import { rulesOf } from '../apache/reading/require.ts'
import type { JudgedRequest } from '../finding.ts'
import type { MergedPath, Verdict } from './apache-model.ts'
import { addressesFor, peopleFor } from './people.ts'

/** One path at which both are asked. */
export interface Case {
  readonly host: ConvertedHost
  readonly origin: string
  readonly path: string
  /** What httpd may merge there: one, unless a section is in doubt. */
  readonly places: readonly MergedPath[]
}

/** The requests by which one path is judged: of everybody who meets its conditions, almost meets or lacks them. */
export function requestsOf({ host, path, places }: Case): readonly JudgedRequest[] {
  const issuers = [...host.context.issuers.keys()]
  const { remoteUser, tokenUser } = host.context
  const requires = places.map((place) => place.requires)
  const methods = ['GET', 'POST', 'OPTIONS', ...places.flatMap(methodsOf)]
  const people = (issuers.length === 0 ? [''] : issuers).flatMap((issuer) =>
    requires.flatMap((one) => {
      const base = {
        ...baseClaims(issuer, tokenUser?.claim ?? 'sub'),
        ...baseClaims(issuer, remoteUser.claim),
      }
      return [remoteUser, ...(tokenUser === null ? [] : [tokenUser])].flatMap((user) =>
        peopleFor(one, base, user),
      )
    }),
  )
  const addresses = new Set(requires.flatMap(addressesFor))
  const different = [...new Map(people.map((claims) => [JSON.stringify(claims), claims])).values()]
  const ways = host.context.tokenUser === null ? [{}] : [{}, { byToken: true } as const]
  return [...new Set(methods)].flatMap((method) =>
    different.flatMap((claims) =>
      [...addresses].flatMap((clientAddress) =>
        // Nobody comes by nothing.
        (claims === null ? [{}] : ways).map((way) => ({ method, path, claims, clientAddress, ...way })),
      ),
    ),
  )
}

function methodsOf({ requires }: MergedPath): readonly string[] {
  const rules = requires === null ? [] : rulesOf(requires)
  const tellsApart = rules.some(({ limit, test }) => limit !== null || test.kind === 'method')
  return tellsApart ? ['HEAD', 'PUT', 'PATCH', 'DELETE'] : []
}

/** Everybody can sign in: what names people is there. */
function baseClaims(issuer: string, user: string): Claims {
  return {
    iss: issuer,
    sub: 'somebody',
    [user]: 'somebody',
    ...(user === 'email' ? { email_verified: true } : {}),
  }
}

/** What the gateway decides; null for whom the provider's settings make no user of: no rule is asked. */
export function askGateway(
  { context }: ConvertedHost,
  url: string,
  { claims, method, clientAddress, byToken }: JudgedRequest,
  gateway: Gateway,
): { readonly decision: Decision; readonly provider: string } | null {
  const provider = context.issuers.get(String(claims?.iss)) ?? [...gateway.providers.keys()][0] ?? ''
  const by = byToken === true ? { by: { kind: 'bearer', isClient: false } as const } : {}
  const person = claims === null ? null : { provider, claims, ...by }
  const ruling = probe(gateway, { method, url, person, clientAddress })
  return ruling.userIdFault === null ? { decision: ruling.admission.decision, provider } : null
}

/** A decision in the words of both. */
export function verdictOn(decision: Decision): Verdict {
  switch (decision.kind) {
    case 'allow':
      return 'allow'
    case 'challenge':
      // Whoever is signed in, and asked for more, is kept out until then, as by a `Require` on it.
      return decision.reason === 'step-up-needed' ? 'deny' : 'sign-in'
    case 'deny':
    case 'reject':
      return 'deny'
  }
}
