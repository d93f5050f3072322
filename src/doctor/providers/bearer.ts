import type { BearerSettings } from '../../core/credential/bearer-settings.ts'
import type { AccessTokenReading } from '../../core/provider-port.ts'
import type { Seen } from '../../oidc/inspection/inspection.ts'
import type { Finding, FindingsOf } from '../finding.ts'

/** What a token that nobody made came to, at a provider whose tokens are accepted. */
export function bearerFinding(
  say: FindingsOf,
  { check }: BearerSettings,
  reading: Seen<AccessTokenReading>,
): Finding {
  if (!reading.ok) return say.failed('access tokens', reading.reason, cures[check])
  const { value } = reading
  switch (value.kind) {
    case 'refused':
      return say.ok('access tokens', `a token that nobody made is refused: ${value.detail}`)
    case 'read':
      return say.failed(
        'access tokens',
        'a token that nobody made is accepted',
        'Whatever answers there lets everybody in: see that it is the provider, and that it checks tokens.',
      )
    case 'throttled':
      return say.note('access tokens', 'the provider was asked too often just now to say anything of tokens')
  }
}

const cures: { readonly [check in BearerSettings['check']]: string } = {
  jwt: 'Without its keys no token can be checked, and whoever sends one gets 503: see `jwks_uri`, `metadata_url` and the way there.',
  introspection:
    'Without its answer whoever sends a token gets 503. The client of `client_id` must be allowed to ask for tokens that others got.',
  userinfo:
    'Without its answer whoever sends a token gets 503: see `token_info`, the userinfo endpoint and the way there.',
}
