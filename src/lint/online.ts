import { type Check, type Found, foundAt, foundAtKey } from './check.ts'
import { type ClaimDemand, claimDemands } from './claim-reach.ts'
import type { ProviderAnswer, Subject } from './subject.ts'

/** What the providers say of themselves, held against the file. */
export const onlineChecks: readonly Check[] = [
  {
    id: 'provider-not-asked',
    severity: 'note',
    online: true,
    finds: 'A provider that could not be asked',
    why: 'What its metadata would show stays unknown.',
    fix: 'Try again from where the gateway will run.',
    example: `providers:
  main: { issuer: "https://id.example.com" }`,
    find: (subject) =>
      [...(subject.answers ?? [])].flatMap(([name, answer]) =>
        answer.ok
          ? []
          : [foundAtKey(subject, ['providers', name], `could not ask "${name}": ${answer.reason}`)],
      ),
  },
  {
    id: 'issuer-differs',
    severity: 'error',
    online: true,
    finds: 'A provider that calls itself by another name',
    why: 'The issuer is compared exactly, with the slash at its end (OpenID Connect Discovery 1.0 section 4.3). No sign-in succeeds.',
    fix: 'Write the issuer as the provider’s metadata has it.',
    example: `providers:
  main: { issuer: "https://acme.eu.auth0.com" }`,
    find: (subject) =>
      asked(subject).flatMap(({ name, answer }) => {
        const issuer = subject.gateway.providers.get(name)?.issuer
        if (answer.issuer === issuer) return []
        const path = ['providers', name, 'issuer']
        return [
          foundAt(subject, path, `"${name}" calls itself ${JSON.stringify(answer.issuer.slice(0, 200))}`),
        ]
      }),
  },
  {
    id: 'claim-not-issued',
    severity: 'warning',
    online: true,
    finds: 'A claim that the provider does not list',
    why: 'Its metadata (`claims_supported`) names the claims that it can send, and this one is not among them. A rule on it may never be true. The list need not be complete. A list that names no claim of a person at all is ignored.',
    fix: 'Look at `/.auth/me` for what really arrives. Have the provider send the claim, or use one that it sends.',
    example: 'require: { group: admins }',
    find: (subject) =>
      claimDemands(subject).flatMap((demand) => {
        const answer = subject.answers?.get(demand.provider.name)
        if (answer?.ok !== true || answer.claims === null || isListed(demand, answer.claims)) return []
        if (isHint(answer.claims, ofProtocol)) return []
        return demand.found(`"${demand.provider.name}" does not list \`${demand.path}\` among its claims`)
      }),
  },
  {
    id: 'scope-not-offered',
    severity: 'warning',
    online: true,
    finds: 'A scope that the provider does not offer',
    why: 'Its metadata (`scopes_supported`) does not name this one. Some providers ignore such a scope, and others refuse every sign-in.',
    fix: 'Remove it from `scopes`, or have the provider offer it.',
    example: `providers:
  main: { scopes: [openid, gruops] }`,
    find: (subject) =>
      asked(subject).flatMap(({ name, answer }) => {
        const missing = subject.gateway.providers.get(name)?.scopes.filter((scope) => {
          return answer.scopes !== null && !isHint(answer.scopes, ofSession) && !answer.scopes.includes(scope)
        })
        if (missing === undefined || missing.length === 0) return []
        const path = ['providers', name, 'scopes']
        return [
          foundAt(
            subject,
            path,
            `"${name}" does not offer the scope ${missing.map((scope) => `"${scope}"`).join(', ')}`,
          ),
        ]
      }),
  },
  {
    id: 'scope-offered-not-asked',
    severity: 'warning',
    online: true,
    finds: 'A claim for which the provider has a scope that is not asked for',
    why: 'Providers that offer a scope `groups` or `roles` send the claim of that name only if you ask for the scope.',
    fix: 'Add the scope to the provider’s `scopes`.',
    example: `providers:
  main: { scopes: [openid, profile, email] }
apps:
  wiki: { require: { groups: admins } }`,
    find: (subject) => claimDemands(subject).flatMap((demand) => offeredScope(subject, demand)),
  },
]

type Answered = Extract<ProviderAnswer, { ok: true }>

function asked({ answers }: Subject): readonly { readonly name: string; readonly answer: Answered }[] {
  return [...(answers ?? [])].flatMap(([name, answer]) => (answer.ok ? [{ name, answer }] : []))
}

/** Those of the protocol itself (OpenID Connect Core section 2), which few providers list. */
const ofProtocol: ReadonlySet<string> = new Set([
  ...['sub', 'iss', 'aud', 'exp', 'iat', 'nbf', 'jti', 'auth_time', 'nonce', 'acr', 'amr', 'azp', 'sid'],
  ...['email_verified', 'scope', 'scp'],
])

/** Scopes that ask for no claim of a person. */
const ofSession: ReadonlySet<string> = new Set(['openid', 'offline_access'])

/** A list without anything of a profile says nothing of profiles: many providers list what they must, and send more. */
function isHint(listed: readonly string[], besides: ReadonlySet<string>): boolean {
  return listed.every((name) => besides.has(name))
}

/** By its whole name, or by the object that holds it. */
function isListed({ path }: ClaimDemand, claims: readonly string[]): boolean {
  return [...ofProtocol, ...claims].some((claim) => path === claim || path.startsWith(`${claim}.`))
}

function offeredScope(subject: Subject, { path, provider, found }: ClaimDemand): readonly Found[] {
  const answer = subject.answers?.get(provider.name)
  const [claim = ''] = path.split('.')
  const names = claim === 'realm_access' || claim === 'resource_access' ? ['roles'] : [claim]
  const scope = names.find((name) => answer?.ok === true && answer.scopes?.includes(name))
  // The standard's own are told of without asking.
  if (scope === undefined || provider.scopes.includes(scope) || standard.has(scope)) return []
  return found(`"${provider.name}" offers the scope "${scope}" for this, and is not asked for it`)
}

const standard: ReadonlySet<string> = new Set([
  'openid',
  'profile',
  'email',
  'address',
  'phone',
  'offline_access',
])
