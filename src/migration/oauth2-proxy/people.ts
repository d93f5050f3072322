import { allOf, anyOf, never, type Rule } from '../rule.ts'
import type { ProviderKind } from './provider-kinds.ts'
import type { OauthProxy } from './proxy.ts'

/** Who gets in when signed in, as a rule; what cannot be said lets nobody in. */
export interface People {
  readonly require: Rule
  /** Whether the rule names the claim that holds the address. */
  readonly byEmail: boolean
}

/** Reads an `authenticated_emails_file`; null when it is not there. */
export type ReadList = (path: string) => readonly string[] | null

export function convertPeople(proxy: OauthProxy, kind: ProviderKind, readList: ReadList): People {
  const emails = emailRule(proxy, readList)
  const groups = groupRule(proxy, kind)
  const beyond = beyondClaims(proxy)
  const restrictions = [emails, groups, beyond].filter((rule) => rule !== null)
  const require = allOf([{ kind: 'signed_in' }, ...restrictions])
  return { require, byEmail: emails !== null && emails.kind !== 'never' && emails.kind !== 'signed_in' }
}

/** `email_domains` or the list: one of them is enough. Null where every address will do. */
function emailRule(proxy: OauthProxy, readList: ReadList): Rule | null {
  const claim = proxy.text('oidc_email_claim') ?? 'email'
  const domains = proxy.list('email_domains')
  const path = proxy.text('authenticated_emails_file')
  const everybody = domains.includes('*')
  const addresses = path === null || everybody ? [] : listedAddresses(proxy, path, readList)
  if (everybody) {
    proxy.say(
      'authenticated_emails_file',
      'suspect',
      'had no effect beside `email_domains = *`, and has none here: whom it does not list gets in too',
      { id: 'emails-file' },
    )
    proxy.say(
      'email_domains',
      'suspect',
      '`require: signed_in`: whoever the provider signs in gets in, as before; at a provider that is open to the public that is everybody. An account without an address was kept out, and is not here',
      { id: 'everybody', effect: 'looser' },
    )
    return null
  }
  if (domains.length === 0 && path === null) {
    proxy.say(
      'email_domains',
      'not-convertible',
      'oauth2-proxy does not start without it: nobody is let in. Is it in another file, name that too; `*` is everybody',
      { id: 'nobody', always: true, effect: 'stricter' },
    )
    return never
  }
  if (domains.length > 0) proxy.say('email_domains', 'kept', `\`require: { ${claim}: … }\``)
  const plain = domains.filter((domain) => !/^\*?\./.test(domain)).map((domain) => domain.toLowerCase())
  const below = domains.flatMap((domain) => /^\*?\.(.+)$/.exec(domain)?.[1] ?? [])
  const tests: Rule[] = []
  if (plain.length > 0) tests.push({ kind: 'claim', path: claim, test: { matcher: 'domain', values: plain } })
  if (below.length > 0) {
    const values = below.map((domain) => `(?i)[^@]+@.+\\.${escaped(domain)}`)
    tests.push({ kind: 'claim', path: claim, test: { matcher: 'matches', values } })
  }
  if (addresses.length > 0) {
    tests.push({ kind: 'claim', path: claim, test: { matcher: 'is_ignoring_case', values: addresses } })
  }
  return anyOf(tests)
}

function listedAddresses(proxy: OauthProxy, path: string, readList: ReadList): readonly string[] {
  const listed = readList(path)
  if (listed === null) {
    proxy.say(
      'authenticated_emails_file',
      'not-convertible',
      'the file is not here: nobody is let in by it. Convert where it can be read, or write the addresses into the rule',
      { id: 'emails-file', effect: 'stricter' },
    )
    return []
  }
  if (listed.length > 200) {
    proxy.say(
      'authenticated_emails_file',
      'suspect',
      `${listed.length} addresses stand in the rule: a group at the provider would serve better`,
    )
  } else {
    proxy.say(
      'authenticated_emails_file',
      'changed',
      `the addresses stand in the rule. To go on with the file, one address a line, write \`is_ignoring_case: "\${lines:FILE}"\`: it is reloaded, and lets nobody in when it is empty`,
      { id: 'emails-file' },
    )
  }
  return listed
}

function groupRule(proxy: OauthProxy, kind: ProviderKind): Rule | null {
  const claim = proxy.text('oidc_groups_claim') ?? 'groups'
  const groups = [
    ...proxy.list('allowed_groups'),
    ...proxy.list('keycloak_groups'),
    ...proxy.list('gitlab_groups'),
  ]
  for (const key of ['allowed_groups', 'keycloak_groups', 'gitlab_groups']) {
    proxy.say(key, 'kept', `\`require: { ${claim}: … }\`; the provider has to send the claim`)
  }
  if (proxy.has('oidc_groups_claim'))
    proxy.say('oidc_groups_claim', 'kept', 'the claim that the rule and the header name')
  const tests: Rule[] = []
  const own = groups.filter((group) => !group.startsWith('role:') || kind !== 'keycloak-oidc')
  if (own.length > 0) tests.push({ kind: 'claim', path: claim, test: { matcher: 'is', values: own } })
  const roles = [
    ...proxy.list('allowed_roles'),
    ...groups.filter((group) => !own.includes(group)).map((group) => group.slice('role:'.length)),
  ]
  if (kind === 'keycloak-oidc') tests.push(...roles.map(roleRule))
  else if (roles.length > 0)
    tests.push({
      kind: 'claim',
      path: proxy.text('oidc_roles_claim') ?? 'roles',
      test: { matcher: 'is', values: roles },
    })
  proxy.say(
    'allowed_roles',
    kind === 'keycloak-oidc' ? 'changed' : 'kept',
    kind === 'keycloak-oidc'
      ? 'oauth2-proxy read roles from the access token; here they have to be in the ID token or in userinfo: switch that on in the client scope `roles`'
      : 'a rule on the claim `roles`',
  )
  proxy.say('oidc_roles_claim', 'kept', 'the claim that the rule names')
  const tenants = proxy.list('entra_id_allowed_tenants')
  proxy.say('entra_id_allowed_tenants', 'kept', '`require: { tid: … }`')
  const groupRules = tests.length === 0 ? [] : [anyOf(tests)]
  const tenantRules: Rule[] =
    tenants.length === 0 ? [] : [{ kind: 'claim', path: 'tid', test: { matcher: 'is', values: tenants } }]
  return groupRules.length + tenantRules.length === 0 ? null : allOf([...groupRules, ...tenantRules])
}

/** `CLIENT:role` is a role of a client, anything else one of the realm. */
function roleRule(role: string): Rule {
  const [, client, name] = /^([^:]+):(.+)$/.exec(role) ?? []
  return client === undefined || name === undefined
    ? { kind: 'claim', path: 'realm_access.roles', test: { matcher: 'is', values: [role] } }
    : { kind: 'claim', path: `resource_access.${client}.roles`, test: { matcher: 'is', values: [name] } }
}

const asked: Readonly<Record<string, string>> = {
  google_groups:
    'groups come from Google’s directory, which is not asked: nobody is let in. A provider in between (Keycloak, Okta, Dex) can send a `groups` claim',
  github_org:
    'organizations come from GitHub’s own interface, not from claims: nobody is let in until the rule names a claim of the provider in between',
  github_team:
    'teams come from GitHub’s own interface, not from claims: nobody is let in until the rule names a claim of the provider in between',
  github_repo: 'collaborators come from GitHub’s own interface, not from claims: nobody is let in by it',
  gitlab_projects:
    'projects come from GitLab’s own interface, not from claims: nobody is let in. `gitlab_groups` becomes a rule',
  bitbucket_team: 'teams come from Bitbucket’s own interface, not from claims: nobody is let in by it',
  bitbucket_repository:
    'repositories come from Bitbucket’s own interface, not from claims: nobody is let in by it',
}

/** Restrictions that need more than claims must not be left out: they close. */
function beyondClaims(proxy: OauthProxy): Rule | null {
  const given = Object.entries(asked).filter(([key]) => proxy.list(key).length > 0)
  for (const [key, message] of given) proxy.say(key, 'not-convertible', message, { effect: 'stricter' })
  return given.length === 0 ? null : never
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^$()|[\]{}\\]/g, '\\$&')
}
