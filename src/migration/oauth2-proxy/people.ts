import type { FindingKind } from '../finding.ts'
import { allOf, anyOf, never, type Rule } from '../rule.ts'
import { emailClaim, groupsClaim } from './claims.ts'
import type { OauthProxy } from './proxy.ts'

/** Who gets in when signed in, as a rule; what cannot be said lets nobody in. */
export interface People {
  readonly require: Rule
  /** Whether the rule names the claim that holds the address. */
  readonly byEmail: boolean
}

/** Reads an `authenticated_emails_file`; null when it is not there. */
export type ReadList = (path: string) => readonly string[] | null

export function convertPeople(proxy: OauthProxy, readList: ReadList): People {
  const emails = emailRule(proxy, readList)
  const groups = groupRule(proxy)
  const beyond = beyondClaims(proxy)
  const restrictions = [emails, groups, beyond].filter((rule) => rule !== null)
  const require = allOf([{ kind: 'signed_in' }, ...restrictions])
  return { require, byEmail: emails !== null && emails.kind !== 'never' && emails.kind !== 'signed_in' }
}

/** `email_domains` or the list: one of them is enough. Null where every address will do. */
function emailRule(proxy: OauthProxy, readList: ReadList): Rule | null {
  const claim = emailClaim(proxy)
  const domains = proxy.list('email_domains')
  const path = proxy.text('authenticated_emails_file')
  if (domains.includes('*')) return everybody(proxy)
  if (domains.length === 0 && path === null) {
    proxy.say(
      'email_domains',
      'not-convertible',
      'oauth2-proxy does not start without it: nobody is let in. Is it in another file, name that too; `*` is everybody',
      { id: 'nobody', always: true, effect: 'stricter' },
    )
    return never
  }
  proxy.say(
    'email_domains',
    'changed',
    `\`require: { ${claim}: … }\`; an address with several "@" is none here`,
    { id: 'email-address', effect: 'stricter' },
  )
  const plain = domains.filter((domain) => !/^\*?\./.test(domain)).map((domain) => domain.toLowerCase())
  const below = domains.flatMap((domain) => /^\*?\.(.+)$/.exec(domain)?.[1] ?? [])
  const tests: Rule[] = []
  if (plain.length > 0) tests.push({ kind: 'claim', path: claim, test: { matcher: 'domain', values: plain } })
  if (below.length > 0) {
    const values = below.map((domain) => `(?i)[^@]+@.+\\.${ignoringCase(domain)}`)
    tests.push({ kind: 'claim', path: claim, test: { matcher: 'matches', values } })
  }
  const addresses = path === null ? [] : listedAddresses(proxy, path, readList)
  if (addresses.length > 0) {
    tests.push({ kind: 'claim', path: claim, test: { matcher: 'is_ignoring_case', values: addresses } })
  }
  return anyOf(tests)
}

function everybody(proxy: OauthProxy): null {
  proxy.say(
    'authenticated_emails_file',
    'suspect',
    'had no effect beside `email_domains = *`, and has none here: whom it does not list gets in too',
    { id: 'emails-file' },
  )
  proxy.say(
    'email_domains',
    'suspect',
    '`require: signed_in`: whoever the provider signs in gets in, as before; at a provider that is open to the public that is everybody. An account without an address, or with one that the provider calls not verified, was kept out, and is not here',
    { id: 'everybody', effect: 'looser' },
  )
  return null
}

/** The file itself, one address a line. oauth2-proxy took the first field of each line; with more of them the addresses. */
function listedAddresses(proxy: OauthProxy, path: string, readList: ReadList): readonly string[] {
  const listed = readList(path)
  const say = (kind: FindingKind, message: string): void =>
    proxy.say('authenticated_emails_file', kind, message, { id: 'emails-file' })
  if (listed?.some((line) => /[",]/.test(line))) {
    say('changed', 'the addresses stand in the rule, as the file has more than one address a line')
    return [...new Set(listed.map((line) => (/^[^,]*/.exec(line)?.[0] ?? '').replaceAll('"', '').trim()))]
  }
  const message = `\`is_ignoring_case: "\${lines:${path}}"\`: the same file, one address a line. It is reloaded, and lets nobody in when it is empty`
  if (listed === null)
    say('suspect', `${message}. It is not on this machine: see that the gateway can read it`)
  else say('kept', message)
  return [`\${lines:${path}}`]
}

/** All of a letter, but the one that folds to an \`s\` in Unicode alone. */
function ignoringCase(domain: string): string {
  return domain.replaceAll(/[.*+?^$()|[\]{}\\]/g, '\\$&').replaceAll(/s/gi, '(?-i:[sS])')
}

/** Groups and roles of the provider in use; what oauth2-proxy would not have asked with it holds as well, which is stricter. */
function groupRule(proxy: OauthProxy): Rule | null {
  const name = proxy.text('provider') ?? 'google'
  const claim = groupsClaim(proxy)
  const rules = [allowedRule(proxy, name, claim)]
  for (const [key, owner] of [
    ['keycloak_groups', 'keycloak'],
    ['gitlab_groups', 'gitlab'],
  ] as const) {
    const values = proxy.list(key)
    const beside = rules[0] === null ? '' : ', beside `allowed_groups`: both are asked for'
    sayOwned(proxy, key, name === owner && beside === '', `\`require: { ${claim}: … }\`${beside}`, owner)
    rules.push(isRule(claim, values))
  }
  const tenants = proxy.list('entra_id_allowed_tenants')
  sayOwned(proxy, 'entra_id_allowed_tenants', name === 'entra-id', '`require: { tid: … }`', 'entra-id')
  rules.push(isRule('tid', tenants))
  if (proxy.has('oidc_groups_claim'))
    proxy.say('oidc_groups_claim', 'kept', 'the claim that the rule and the header name')
  const asked = rules.filter((rule) => rule !== null)
  return asked.length === 0 ? null : allOf(asked)
}

/** `allowed_groups`, and with `keycloak-oidc` the roles: one of them is enough. */
function allowedRule(proxy: OauthProxy, name: string, claim: string): Rule | null {
  const groups = proxy.list('allowed_groups')
  const roles = proxy.list('allowed_roles')
  const message = `\`require: { ${claim}: … }\`; the provider has to send the claim`
  proxy.say('allowed_groups', 'kept', message)
  const roleClaim = proxy.text('oidc_roles_claim') ?? 'roles'
  proxy.say('oidc_roles_claim', 'kept', 'the claim that the rule names')
  if (name !== 'keycloak-oidc') {
    sayOwned(proxy, 'allowed_roles', false, `a rule on the claim \`${roleClaim}\``, 'keycloak-oidc')
    const both = [isRule(claim, groups), isRule(roleClaim, roles)].filter((rule) => rule !== null)
    return both.length === 0 ? null : allOf(both)
  }
  proxy.say(
    'allowed_roles',
    'changed',
    'oauth2-proxy read roles from the access token; here they have to be in the ID token or in userinfo: switch that on in the client scope `roles`',
    { effect: 'stricter' },
  )
  const own = groups.filter((group) => !group.startsWith('role:'))
  const named = groups
    .filter((group) => group.startsWith('role:'))
    .map((group) => group.slice('role:'.length))
  const either = [isRule(claim, own), ...[...roles, ...named].map(roleRule)].filter((rule) => rule !== null)
  return either.length === 0 ? null : anyOf(either)
}

function isRule(path: string, values: readonly string[]): Rule | null {
  return values.length === 0 ? null : { kind: 'claim', path, test: { matcher: 'is', values } }
}

/** A restriction that one kind of provider has: with another one oauth2-proxy would not have asked. */
function sayOwned(proxy: OauthProxy, key: string, isOwn: boolean, message: string, owner: string): void {
  if (isOwn) proxy.say(key, 'kept', `${message}; the provider has to send the claim`)
  else {
    const asked = `${message}. oauth2-proxy asked for it with \`provider = ${owner}\`, and not in every combination`
    proxy.say(key, 'changed', asked, { effect: 'stricter' })
  }
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
  github_users:
    'names of GitHub are no claims: nobody is let in by them; write a rule on a claim of the provider in between',
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
