import type { App, Location, ProviderSettings } from '../core/gateway.ts'
import { acceptedAt } from '../core/rules/accepted.ts'
import { providersOf } from '../core/rules/identification.ts'
import type { Requirement } from '../core/rules/requirement.ts'
import { waysIn } from '../core/rules/ways-in.ts'
import { type Check, foundAtPart } from './check.ts'
import { usesOfPreset } from './claim-reach.ts'
import { googleChecks } from './google.ts'
import { microsoftChecks } from './microsoft.ts'
import { rulesOf } from './rules.ts'
import { salesforceChecks } from './salesforce.ts'
import type { Subject } from './subject.ts'
import { conditionName } from './words.ts'

/** What well-known providers do otherwise than operators expect. */
export const presetChecks: readonly Check[] = [
  {
    id: 'everyone-can-sign-in',
    severity: 'warning',
    finds: '`signed_in` where the whole world has an account',
    why: 'Whoever has a Google account, or one in any Salesforce organisation, can sign in at `accounts.google.com` or `login.salesforce.com`, and whoever has a Facebook account can get a token for your app. `signed_in` keeps out only people without any such account.',
    fix: 'Say who: `require: { hd: example.com }`, `require: { organization_id: "00D…" }`. If Google knows the client as “internal”, say so in a comment.',
    example: `providers:
  google: { issuer: "https://accounts.google.com" }
apps:
  wiki: { require: signed_in }`,
    find: (subject) =>
      subject.gateway.apps.flatMap((app) => {
        const open = rulesOf({ apps: [app] }).flatMap(({ location, whole }) => {
          const provider = worldProvider(whole, app, location, subject)
          return provider === null ? [] : [{ location, provider }]
        })
        // The app's own rule holds for its locations too: told once.
        const told = open.find(({ location }) => location === app.fallback)
        return (told === undefined ? open : [told]).flatMap(({ location, provider }) => {
          const can =
            subject.gateway.providers.get(provider)?.signsIn === false ? 'get a token of' : 'sign in with'
          const message = `anybody in the world can ${can} "${provider}", and this asks for no more`
          return foundAtPart(subject, location, message)
        })
      }),
  },
  ...googleChecks,
  ...microsoftChecks,
  ...salesforceChecks,
  {
    id: 'cognito-writable-attribute',
    severity: 'note',
    finds: 'A rule on an attribute that Cognito may let people write',
    why: 'Unless the app client’s attribute permissions say otherwise, everybody who is signed in can set the `custom:` attributes of their own account by Cognito’s API, with a token of any client of the pool.',
    fix: 'Remove the attribute’s write permission from every app client of the pool, or decide by `cognito:groups`.',
    example: `providers:
  pool: { issuer: "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEfGhI" }
apps:
  wiki: { require: { "custom:plan": gold } }`,
    find: (subject) =>
      usesOfPreset(subject, 'cognito').flatMap(({ condition }) => {
        if (!condition.path.startsWith('custom:')) return []
        const name = conditionName(subject, condition)
        return foundAtPart(subject, condition, `people may be able to write ${name} themselves`)
      }),
  },
]

/** With which provider anybody in the world meets a rule; null when with none. */
function worldProvider(
  requirement: Requirement,
  app: App,
  location: Location,
  { gateway }: Subject,
): string | null {
  const names = app.providers.filter((name) => {
    const provider = gateway.providers.get(name)
    return provider !== undefined && isForTheWorld(provider)
  })
  const ways = waysIn(requirement, acceptedAt(gateway, app, location)).ways.filter(
    ({ claims, addresses }) => claims.length === 0 && addresses === null,
  )
  return names.find((name) => ways.some(({ by }) => providersOf(by)?.includes(name))) ?? null
}

/** Issuers at which accounts of every organisation sign in. */
function isForTheWorld({ issuer, preset }: ProviderSettings): boolean {
  return (
    preset === 'google' ||
    preset === 'facebook' ||
    /^https:\/\/(?:login|test)\.salesforce\.com\/?$/.test(issuer)
  )
}
