import type { YamlValue } from '../../yaml.ts'
import type { RemoteUser } from '../context.ts'
import { lastOf } from '../reading/last.ts'
import type { Directive } from '../reading/tree.ts'
import { splitWords } from '../reading/words.ts'
import { kept, type ProviderNotes, plain } from './notes.ts'

/** Who people are to apps: `user_id`. */
export function readUser(
  directives: readonly Directive[],
  name: string,
  _issuer: string,
  notes: ProviderNotes,
): Record<string, YamlValue> {
  const directive = lastOf(directives, 'OIDCRemoteUserClaim')
  const { claim, suffix, expression } = readRemoteUser(directives, '')
  if (expression !== null) {
    notes.report(
      plain(
        'remote-user',
        'not-convertible',
        directive,
        `REMOTE_USER was cut out of the claim by an expression; \`user_id\` is the whole claim \`${claim}\`: see that apps know people by it`,
      ),
    )
  } else if (directive === null || suffix !== '') {
    notes.report(
      plain(
        'remote-user',
        'changed',
        directive,
        `REMOTE_USER was \`${claim}@issuer\`; apps get \`${claim}\` alone: see that they know people by it`,
      ),
    )
  } else kept(directive, `providers.${name}.user_id`, notes)
  if (claim === 'email') {
    notes.report(
      plain(
        'remote-user-email',
        'changed',
        directive,
        'a sign-in without `email_verified: true` fails, as nobody vouches for the address; `trust_email: true` for a provider that verifies and does not say so',
      ),
    )
  }
  return claim === 'sub' ? {} : { user_id: claim }
}

/** `OIDCRemoteUserClaim`: by default the subject with the issuer behind it. */
export function readRemoteUser(directives: readonly Directive[], issuer: string): RemoteUser {
  const directive = lastOf(directives, 'OIDCRemoteUserClaim')
  const [written = 'sub@', expression = null] = splitWords(directive?.rest ?? '')
  const withIssuer = written.endsWith('@')
  const suffix = withIssuer ? `@${issuer.replace(/^https?:\/\//, '').replace(/\/$/, '')}` : ''
  return { claim: withIssuer ? written.slice(0, -1) : written, suffix, expression }
}
