import { type Check, foundAtPart } from './check.ts'
import { claimDemands, usesOfPreset } from './claim-reach.ts'
import { textsOf } from './rules.ts'

export const microsoftChecks: readonly Check[] = [
  {
    id: 'microsoft-groups-overage',
    severity: 'note',
    finds: 'Entra’s `groups`, which people in many groups do not have',
    why: 'Above 200 groups (150 in some tokens), Entra leaves the claim out and names an address to ask instead. For rules the claim is then missing, and these people are kept out.',
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
    why: 'Above 200 groups, Entra leaves the claim out. Whoever is in very many groups meets `exists: false`, and that is often administrators.',
    fix: 'Ask for an app role that says what you mean.',
    example: `providers:
  entra: { issuer: "https://login.microsoftonline.com/TENANT-ID/v2.0" }
apps:
  wiki: { require: { groups: { exists: false } } }`,
    find: (subject) =>
      usesOfPreset(subject, 'microsoft').flatMap(({ condition, negated }) => {
        if (condition.path !== 'groups' || condition.matcher.exists !== negated) return []
        const message = 'people in more than 200 groups have no `groups` in Entra’s tokens, and pass here'
        return foundAtPart(subject, condition, message)
      }),
  },
  {
    id: 'microsoft-group-names',
    severity: 'warning',
    finds: 'Names of groups where Entra sends object ids',
    why: 'Unless the application’s token configuration says something else, `groups` holds object ids. A name never matches.',
    fix: 'Write the group’s object id, or use app roles, which come as names.',
    example: `providers:
  entra: { issuer: "https://login.microsoftonline.com/TENANT-ID/v2.0" }
apps:
  wiki: { require: { groups: admins } }`,
    find: (subject) =>
      usesOfPreset(subject, 'microsoft').flatMap(({ condition }) => {
        if (condition.path !== 'groups' || textsOf(condition).every((text) => guid.test(text))) return []
        return foundAtPart(subject, condition, 'Entra sends object ids in `groups`, and these are names')
      }),
  },
]

const guid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
