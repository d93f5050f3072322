import type { App, Preset, ProviderSettings } from '../../core/gateway.ts'
import type { Requirement } from '../../core/requirement.ts'
import { waysIn } from '../../core/ways-in.ts'
import { type Check, foundAt, foundAtPart } from './check.ts'
import { claimDemands, usesOf } from './claim-reach.ts'
import { type ClaimCondition, claimUses, rulesOf } from './rules.ts'
import { isSalesforceId, longSalesforceId } from './salesforce-id.ts'
import type { Subject } from './subject.ts'
import { conditionName, operandsOf } from './words.ts'

/** What well-known providers do otherwise than operators expect. */
export const presetChecks: readonly Check[] = [
  {
    id: 'everyone-can-sign-in',
    severity: 'warning',
    finds: '`signed_in` where the whole world has an account',
    why: 'Whoever has a Google account, or one in any Salesforce organisation, can sign in at `accounts.google.com` or `login.salesforce.com`. `signed_in` keeps out nobody but the anonymous.',
    fix: 'Say who: `require: { hd: example.com }`, `require: { organization_id: "00D…" }`. Where Google knows the client as “internal”, say so in a comment.',
    example: `providers:
  google: { issuer: "https://accounts.google.com" }
apps:
  wiki: { require: signed_in }`,
    find: (subject) =>
      subject.gateway.apps.flatMap((app) => {
        const open = rulesOf({ apps: [app] }).flatMap(({ location, whole }) => {
          const provider = worldProvider(whole, app, subject)
          return provider === null ? [] : [{ location, provider }]
        })
        // The app's own rule holds for its locations too: told once.
        const told = open.find(({ location }) => location === app.fallback)
        return (told === undefined ? open : [told]).flatMap(({ location, provider }) => {
          const message = `anybody in the world can sign in with "${provider}", and this asks for no more`
          return foundAtPart(subject, location, message)
        })
      }),
  },
  {
    id: 'google-domain-by-email',
    severity: 'warning',
    finds: 'Google accounts that are let in by the domain of their address',
    why: 'An address at your domain is no membership: private Google accounts can bear it, and keep it after somebody has left. `hd` is there for accounts that your Workspace manages alone.',
    fix: 'Write `hd: example.com` beside it, or instead.',
    example: `providers:
  google: { issuer: "https://accounts.google.com" }
apps:
  wiki: { require: { email: { domain: example.com } } }`,
    find: (subject) =>
      usesOf(subject, isPreset('google')).flatMap(({ condition, negated, rule }) => {
        const byDomain =
          condition.path === 'email' &&
          condition.matcher.tests.some(({ kind }) => kind === 'domain' || kind === 'ends_with')
        const ways = waysIn(rule.whole, rule.app.providers).ways
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
    why: 'Google sends no groups: a rule on `groups` is never true, a header never there.',
    fix: 'Name the people (`email: [ada@example.com]`), or sign in by a provider that knows groups.',
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
  {
    id: 'microsoft-groups-overage',
    severity: 'note',
    finds: 'Entra’s `groups`, which people in many groups do not have',
    why: 'Above 200 groups (150 in some tokens) Entra leaves the claim out and names an address to ask instead. To rules it is then missing: those people are kept out.',
    fix: 'Use app roles (`roles`), or let Entra send only the groups that are assigned to the application.',
    example: `providers:
  entra: { issuer: "https://login.microsoftonline.com/TENANT-ID/v2.0" }
apps:
  wiki: { require: { groups: [aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee] } }`,
    find: (subject) =>
      claimDemands(subject).flatMap(({ path, provider, found }) => {
        if (provider.preset !== 'microsoft' || path !== 'groups') return []
        return found('people in more than 200 groups have no `groups` in Entra’s tokens')
      }),
  },
  {
    id: 'microsoft-groups-absent',
    severity: 'warning',
    finds: 'People who are let in because Entra sends no `groups`',
    why: 'Above 200 groups the claim is left out: whoever is in very many groups meets `exists: false`, administrators before all.',
    fix: 'Ask for an app role that says what is meant.',
    example: `providers:
  entra: { issuer: "https://login.microsoftonline.com/TENANT-ID/v2.0" }
apps:
  wiki: { require: { groups: { exists: false } } }`,
    find: (subject) =>
      usesOf(subject, isPreset('microsoft')).flatMap(({ condition, negated }) => {
        if (condition.path !== 'groups' || condition.matcher.exists !== negated) return []
        const message = 'people in more than 200 groups have no `groups` in Entra’s tokens, and pass here'
        return foundAtPart(subject, condition, message)
      }),
  },
  {
    id: 'microsoft-group-names',
    severity: 'warning',
    finds: 'Names of groups where Entra sends object ids',
    why: 'Unless the application’s token configuration says otherwise, `groups` holds object ids: a name never matches.',
    fix: 'Write the group’s object id, or use app roles, which come as names.',
    example: `providers:
  entra: { issuer: "https://login.microsoftonline.com/TENANT-ID/v2.0" }
apps:
  wiki: { require: { groups: admins } }`,
    find: (subject) =>
      usesOf(subject, isPreset('microsoft')).flatMap(({ condition }) => {
        if (condition.path !== 'groups' || textsOf(condition).every((text) => guid.test(text))) return []
        return foundAtPart(subject, condition, 'Entra sends object ids in `groups`, and these are names')
      }),
  },
  {
    id: 'salesforce-short-id',
    severity: 'warning',
    finds: 'A Salesforce id of 15 characters',
    why: 'Setup pages show 15 characters, claims hold 18: the two are never equal, and nobody gets in.',
    fix: 'Write the 18 characters; the finding shows them.',
    example: 'require: { organization_id: "00D5e000000HEcP" }',
    find: (subject) =>
      claimUses(subject.gateway).flatMap((use) => {
        const { condition } = use
        const short = textsOf(condition).find((text) => isShortId(subject, condition, text))
        const long = short === undefined ? null : longSalesforceId(short)
        if (long === null) return []
        const hint = operandsOf(subject, condition) === null ? '' : `: write "${long}"`
        const message = `${conditionName(subject, condition)} holds 18 characters, this id has 15${hint}`
        return foundAtPart(subject, condition, message)
      }),
  },
  {
    id: 'salesforce-wrong-id',
    severity: 'warning',
    finds: 'A Salesforce id whose last three characters do not fit',
    why: 'They are computed from which of the others are capitals. Where they do not fit a character was mistyped, or its case was lost on the way, and nobody gets in.',
    fix: 'Copy the id once more.',
    example: 'require: { organization_id: "00d5e000000hecpEAW" }',
    find: (subject) =>
      claimUses(subject.gateway).flatMap(({ condition }) => {
        const wrong = textsOf(condition).some(
          (text) => salesforceIds.has(condition.path) && /^00\w{16}$/.test(text) && !isSalesforceId(text),
        )
        const message = `the last three characters of this ${conditionName(subject, condition)} do not fit the others`
        return wrong ? foundAtPart(subject, condition, message) : []
      }),
  },
]

function isPreset(preset: Preset): (provider: ProviderSettings) => boolean {
  return (provider) => provider.preset === preset
}

/** With which provider anybody in the world meets a rule; null when with none. */
function worldProvider(requirement: Requirement, app: App, { gateway }: Subject): string | null {
  const names = app.providers.filter((name) => {
    const provider = gateway.providers.get(name)
    return provider !== undefined && isForTheWorld(provider)
  })
  const ways = waysIn(requirement, app.providers).ways.filter(
    ({ claims, addresses }) => claims.length === 0 && addresses === null,
  )
  return names.find((name) => ways.some(({ providers }) => providers?.includes(name))) ?? null
}

/** Issuers at which accounts of every organisation sign in. */
function isForTheWorld({ issuer, preset }: ProviderSettings): boolean {
  return preset === 'google' || /^https:\/\/(?:login|test)\.salesforce\.com\/?$/.test(issuer)
}

const guid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** Texts that a claim is compared with as a whole. */
function textsOf({ matcher }: ClaimCondition): readonly string[] {
  const all = [matcher, ...(matcher.not === null ? [] : [matcher.not])].flatMap(({ tests }) => tests)
  return all
    .flatMap((test): readonly unknown[] => (test.kind === 'is' ? test.values : []))
    .filter((value) => typeof value === 'string')
}

const salesforceIds: ReadonlySet<string> = new Set(['organization_id', 'user_id'])

/** Key prefixes of organisations and users; other texts of 15 characters may be anything. */
function isShortId(subject: Subject, { path }: ClaimCondition, text: string): boolean {
  const known =
    salesforceIds.has(path) || [...subject.gateway.providers.values()].some(isPreset('salesforce'))
  return known && /^(?:00D|005|00e|00G)\w{12}$/.test(text)
}
