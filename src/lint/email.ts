import type { ProviderSettings } from '../core/gateway.ts'
import type { Preset } from '../core/preset.ts'
import { type Check, foundAt, foundAtKey, foundAtPart } from './check.ts'
import { claimDemands } from './claim-reach.ts'
import { claimUses } from './rules.ts'
import { isWritten } from './subject.ts'
import { conditionName } from './words.ts'

/** Where an address is taken for a person. */
export const emailChecks: readonly Check[] = [
  {
    id: 'trust-email-self-registration',
    severity: 'warning',
    finds: '`trust_email` at a provider where people may register themselves',
    why: 'If people can sign up with an address that nobody checks, `trust_email` believes it. Rules on `email` then let them in as anybody they name.',
    fix: 'Remove `trust_email`, and have the provider send `email_verified`. If registration is closed and only administrators set addresses, keep it and say so in a comment.',
    example: `providers:
  acme: { issuer: "https://acme.eu.auth0.com/", trust_email: true }`,
    find: (subject) =>
      trusting(subject.gateway.providers, selfRegistration).map(({ name }) =>
        foundAtKey(
          subject,
          ['providers', name, 'trust_email'],
          `people can register at "${name}" with any address, unless that is switched off there`,
        ),
      ),
  },
  {
    id: 'trust-email-microsoft',
    severity: 'warning',
    finds: '`trust_email` at Microsoft',
    why: 'Entra sends `email` as the account’s administrator wrote it, unverified. Guests bring the address of their own tenant. To take it for an identity is the mistake known as nOAuth.',
    fix: 'Decide by `oid`, `tid`, `roles` or `groups`. If only your own administrators set addresses and there are no guests, keep it and say so in a comment.',
    example: `providers:
  entra: { issuer: "https://login.microsoftonline.com/TENANT-ID/v2.0", trust_email: true }`,
    find: (subject) =>
      trusting(subject.gateway.providers, new Set(['microsoft'])).map(({ name }) =>
        foundAtKey(
          subject,
          ['providers', name, 'trust_email'],
          `"${name}" sends addresses that nobody has verified`,
        ),
      ),
  },
  {
    id: 'trust-email',
    severity: 'note',
    finds: '`trust_email` at any other provider',
    why: 'It is safe only if nobody can set an address that is not theirs. The file does not show whether that is so.',
    fix: 'Have the provider send `email_verified: true`, and remove `trust_email`.',
    example: `providers:
  main: { issuer: "https://id.example.com", trust_email: true }`,
    find: (subject) =>
      trusting(subject.gateway.providers, otherPresets).map(({ name }) =>
        foundAtKey(
          subject,
          ['providers', name, 'trust_email'],
          `addresses of "${name}" are taken as verified when it does not say so`,
        ),
      ),
  },
  {
    id: 'email-never-verified',
    severity: 'warning',
    finds: 'A rule, header or `user_id` on the `email` of a provider that never verifies it',
    why: 'Entra sends no `email_verified`, and without it `email` counts as missing. The rule is never true, the header is never there, and the sign-in fails.',
    fix: 'Decide by `oid`, `roles` or `groups`. To show people a name, send `preferred_username`.',
    example: `providers:
  entra: { issuer: "https://login.microsoftonline.com/TENANT-ID/v2.0" }
apps:
  wiki: { require: { email: { domain: example.com } } }`,
    find: (subject) =>
      claimDemands(subject).flatMap(({ path, provider, found }) => {
        if (path !== 'email' || provider.preset !== 'microsoft' || provider.trustEmail) return []
        return found(`"${provider.name}" never sends a verified \`email\`, so it counts as missing`)
      }),
  },
  {
    id: 'user-id-changes',
    severity: 'warning',
    finds: 'People whom apps know by something that changes or passes to somebody else',
    why: 'Addresses and sign-in names change with a marriage. They also pass to the next person with that name, who then owns the account in the app.',
    fix: 'Remove `user_id`, which then is `sub`. Or use the provider’s stable id (`oid`, `user_id`). Send the address in a header of its own.',
    example: `providers:
  main: { issuer: "https://id.example.com", user_id: email }`,
    find: (subject) =>
      [...subject.gateway.providers.values()].flatMap(({ name, userId }) => {
        const path = ['providers', name, 'user_id']
        if (!changing.has(userId) || !isWritten(subject, path)) return []
        return [
          foundAt(subject, path, `"${name}" names people by \`${userId}\`, which can pass to somebody else`),
        ]
      }),
  },
  {
    id: 'email-suffix',
    severity: 'warning',
    finds: 'An address that is compared by its end, without the `@`',
    why: '`ends_with: example.com` lets in `eve@notexample.com`.',
    fix: 'Write `domain: example.com`.',
    example: 'require: { email: { ends_with: example.com } }',
    find: (subject) =>
      claimUses(subject.gateway).flatMap(({ condition }) => {
        const { path, matcher } = condition
        if (!addresses.has(path.slice(path.lastIndexOf('.') + 1))) return []
        const loose = matcher.tests.some(
          (test) =>
            test.kind === 'ends_with' &&
            test.values.some((value) => /^[^@]*[^@.][^@]*$/.test(value) && !value.startsWith('.')),
        )
        const message = `${conditionName(subject, condition)} may end so after other letters: write \`domain\``
        return loose ? foundAtPart(subject, condition, message) : []
      }),
  },
]

const selfRegistration: ReadonlySet<Preset> = new Set(['auth0', 'cognito', 'keycloak', 'salesforce'])
const otherPresets: ReadonlySet<Preset> = new Set(['generic', 'okta', 'google'])

function trusting(
  providers: ReadonlyMap<string, ProviderSettings>,
  presets: ReadonlySet<Preset>,
): readonly ProviderSettings[] {
  return [...providers.values()].filter(({ trustEmail, preset }) => trustEmail && presets.has(preset))
}

const changing: ReadonlySet<string> = new Set([
  ...['email', 'preferred_username', 'upn', 'unique_name', 'name', 'nickname', 'given_name', 'family_name'],
  ...['phone_number', 'cognito:username'],
])

const addresses: ReadonlySet<string> = new Set(['email', 'upn', 'preferred_username'])
