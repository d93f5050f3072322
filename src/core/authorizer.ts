import type { LambdaSettings } from './aws-settings.ts'
import type { Forwarding } from './gateway.ts'
import { claimText, plainForm } from './headers/claim-text.ts'
import type { HeaderForm } from './headers/form.ts'
import { limits } from './limits/table.ts'
import type { Principal } from './principal.ts'
import { claimAt } from './rules/claims.ts'

/** Who somebody is, as an authorizer of API Gateway would have said it. */
export interface Authorizer {
  /** The user id: adapters make it `REMOTE_USER`. */
  readonly principalId: string
  /** Those that identity headers of the place name, by the path that names them. */
  readonly claims: Readonly<Record<string, string>>
}

/**
 * What a function is told of a principal. A claim that two headers name is told as the first of them has it; one that
 * the principal lacks is absent. Never throws: what no header could carry never comes here, as such a request is refused.
 */
export function authorizerOf(
  principal: Principal,
  { identityHeaders }: Pick<Forwarding, 'identityHeaders'>,
): Authorizer {
  const claims = new Map<string, string>()
  for (const { from, form = plainForm } of identityHeaders) {
    if (from === 'user' || from === 'provider' || claims.has(from)) continue
    const value = claimAt(principal.claims, from) ?? null
    const sent = claimText(value, form, limits.identityHeaderBytes)
    if (sent?.ok) claims.set(from, readable(sent.text, form))
  }
  return { principalId: principal.user, claims: Object.fromEntries(claims) }
}

/** As `requestContext.authorizer` has it in each format of events. */
export function authorizerMember(payload: LambdaSettings['payload'], authorizer: Authorizer) {
  const { principalId, claims } = authorizer
  return payload === '1.0' ? { principalId, claims } : { principalId, jwt: { claims, scopes: null } }
}

/**
 * A header's text without the escapes that JSON has no need of. Those of `%`, of `,` and of what joins elements stay: two
 * values that headers tell apart are never the same text here, and whoever decodes one as a header's gets the claim.
 */
function readable(text: string, { encoding, join }: HeaderForm): string {
  if (encoding === 'base64') return text
  const escaped = `%,${join}`
  return text.replace(/(?:%[0-9A-F]{2})+/g, (escapes) =>
    decodeURIComponent(escapes).replace(/[ -/:-@[-`{-~]/g, (one) =>
      escaped.includes(one) ? escapeOf(one) : one,
    ),
  )
}

function escapeOf(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`
}
