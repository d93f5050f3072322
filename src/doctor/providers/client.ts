import type { ProviderSettings } from '../../core/gateway.ts'
import type { AuthorizationAnswer } from '../../oidc/inspection/authorization.ts'
import type { ProviderInspection, Seen } from '../../oidc/inspection/inspection.ts'
import { quote } from '../../oidc/quote.ts'
import type { Finding, FindingsOf } from '../finding.ts'

/** Whether each redirect URI is taken for the client id. */
export function authorizationFindings(
  say: FindingsOf,
  settings: ProviderSettings,
  authorizations: ProviderInspection['authorizations'],
): readonly Finding[] {
  return [...authorizations].map(([uri, answer]) => authorizationFinding(say, settings, uri, answer))
}

function authorizationFinding(
  say: FindingsOf,
  { clientId, name }: ProviderSettings,
  uri: string,
  seen: Seen<AuthorizationAnswer>,
): Finding {
  if (!seen.ok)
    return say.failed('redirect URI', `${uri}: ${seen.reason}`, 'People are sent there to sign in.')
  const answer = seen.value
  switch (answer.kind) {
    case 'accepted':
      return say.ok('redirect URI', `${uri} is registered for ${quote(clientId)}`)
    case 'refused':
      return say.failed(
        'redirect URI',
        `${uri} is registered, and a sign-in comes back with ${quote(answer.error)}`,
        `See what the client may ask for there, and \`scopes\` and \`authorization_parameters\` at providers.${name}.`,
      )
    case 'not-sent-back':
      return say.failed(
        'redirect URI',
        `a sign-in with ${uri} ends at the provider with ${answer.status}`,
        `Register this very address there for the client ${quote(clientId)}, and see \`client_id\` at providers.${name}.`,
      )
    case 'page':
      return say.note(
        'redirect URI',
        `${uri}: it answers ${answer.status} with a page of its own, from which nothing can be told`,
        'Sign in once, or try `claimgate doctor --sign-in`.',
      )
  }
}

/** Whether the token endpoint takes us for the client. */
export function clientFindings(say: FindingsOf, token: ProviderInspection['token']): readonly Finding[] {
  if (token === null) return []
  if (!token.ok)
    return [
      say.failed('client', token.reason, 'Sign-ins end there: see the address, and what its operator says.'),
    ]
  const answer = token.value
  switch (answer.kind) {
    case 'client-accepted':
      return [
        say.ok(
          'client',
          'the token endpoint knows it: a made-up code is refused as `invalid_grant`, as it should be',
        ),
      ]
    case 'client-refused':
      return [
        say.failed(
          'client',
          `the token endpoint answers ${answer.said}: it does not accept the client`,
          `${answer.proofKeys}.`,
        ),
      ]
    case 'unclear':
      return [
        say.note(
          'client',
          `the token endpoint answers ${answer.said} to a made-up code, from which nothing can be told`,
        ),
      ]
  }
}
