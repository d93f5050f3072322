import { acceptedAt } from '../core/rules/accepted.ts'
import { waysIn } from '../core/rules/ways-in.ts'
import { type Check, foundAt, foundAtPart } from './check.ts'
import { claimDemands, usesOfPreset } from './claim-reach.ts'
import { claimUses } from './rules.ts'

export const googleChecks: readonly Check[] = [
  {
    id: 'google-domain-by-email',
    severity: 'warning',
    finds: 'Google accounts that are let in by the domain of their address',
    why: 'An address at your domain does not prove membership. Private Google accounts can have such an address, and keep it after somebody has left. Only accounts that your Workspace manages have `hd`.',
    fix: 'Write `hd: example.com` beside it, or instead.',
    example: `providers:
  google: { issuer: "https://accounts.google.com" }
apps:
  wiki: { require: { email: { domain: example.com } } }`,
    find: (subject) =>
      usesOfPreset(subject, 'google').flatMap(({ condition, negated, rule }) => {
        const byDomain =
          condition.path === 'email' &&
          condition.matcher.tests.some(({ kind }) => kind === 'domain' || kind === 'ends_with')
        const { app, location, whole } = rule
        const ways = waysIn(whole, acceptedAt(subject.gateway, app, location)).ways
        if (!byDomain || negated || ways.every(({ claims }) => claims.some(({ path }) => path === 'hd'))) {
          return []
        }
        return foundAtPart(subject, condition, 'an address at a domain is no account of its Workspace')
      }),
  },
  {
    id: 'google-hd-parameter',
    severity: 'warning',
    finds: 'The parameter `hd` without a rule on the claim `hd`',
    why: 'The parameter only pre-selects an account. Whoever changes the address of the sign-in page chooses another, and Google lets them in.',
    fix: 'Write `require: { hd: example.com }` at the app.',
    example: `providers:
  google: { issuer: "https://accounts.google.com", authorization_parameters: { hd: example.com } }
apps:
  wiki: { require: { email: [ada@example.com] } }`,
    find: (subject) =>
      [...subject.gateway.providers.values()].flatMap(({ name, authorizationParameters }) => {
        const used = subject.gateway.apps.some(({ providers }) => providers.includes(name))
        const ruled = claimUses(subject.gateway).some(({ condition }) => condition.path === 'hd')
        if (!used || ruled || !authorizationParameters.has('hd')) return []
        const path = ['providers', name, 'authorization_parameters', 'hd']
        return [foundAt(subject, path, 'this only pre-selects an account, and no rule looks at `hd`')]
      }),
  },
  {
    id: 'google-groups',
    severity: 'warning',
    finds: 'Groups of Google accounts',
    why: 'Google sends no groups. A rule on `groups` is never true, and a header is never there.',
    fix: 'Name the people (`email: [ada@example.com]`), or use a provider that knows groups.',
    example: `providers:
  google: { issuer: "https://accounts.google.com" }
apps:
  wiki: { require: { groups: admins } }`,
    find: (subject) =>
      claimDemands(subject).flatMap(({ path, provider, found }) => {
        if (provider.preset !== 'google' || !/^(?:groups|roles)(?:\.|$)/.test(path)) return []
        return found(`"${provider.name}" never sends \`${path}\``)
      }),
  },
]
