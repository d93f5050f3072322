import { keysOfIssuer } from '../core/assertion/settings.ts'
import type { Gateway } from '../core/gateway.ts'

/** An app that is sent identity assertions, and what it has to demand of them. */
interface AssertedApp {
  readonly app: string
  readonly header: string
  readonly issuer: string
  readonly audience: string
  readonly claims: readonly string[]
  readonly lifetime_seconds: number
  readonly jwks_uri: string
}

export function assertedAppsOf({ apps }: Gateway): readonly AssertedApp[] {
  return apps.flatMap(({ name, identityAssertion }) => {
    if (identityAssertion === null) return []
    const { header, issuer, audience, claims, lifetimeSeconds } = identityAssertion
    const jwks = keysOfIssuer(issuer)
    const times = { lifetime_seconds: lifetimeSeconds, jwks_uri: jwks }
    return [{ app: name, header, issuer, audience, claims, ...times }]
  })
}

const mostShown = 10

/** A line for each; nothing where no app is one. */
export function assertedAppsText(asserted: readonly AssertedApp[]): string {
  const lines = asserted
    .slice(0, mostShown)
    .map(
      ({ app, header, issuer, audience }) =>
        `verifies: ${app}, ${header} of ${issuer} for ${audience} (\`snippet\` prints how)\n`,
    )
  const more = asserted.length - lines.length
  return [...lines, more > 0 ? `verifies: ${more} more apps with \`identity_assertion\`\n` : ''].join('')
}
