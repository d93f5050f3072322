import type { ConfigPath } from '../config/node.ts'
import type { ProviderSettings } from '../core/gateway.ts'
import type { Preset } from '../core/preset.ts'
import type { ClaimPath } from '../core/rules/claims.ts'
import { assertedClaims } from './assertions.ts'
import { type Found, foundAt, foundAtKey, foundAtPart, holdsData } from './check.ts'
import { type ClaimUse, certainConditions, claimUses } from './rules.ts'
import { isWritten, type Subject, whereOfLocation } from './subject.ts'
import { isNamedInFile } from './words.ts'

/** The providers whose claims a condition looks at: the app's, or those that a `provider` beside it leaves. */
function providersOf(use: ClaimUse, { gateway }: Subject): readonly ProviderSettings[] {
  const named = use.around
    .filter(({ kind }) => kind === 'all')
    .flatMap(certainConditions)
    .flatMap((condition) => (condition.kind === 'provider' ? [condition.names] : []))
  return use.rule.app.providers
    .filter((name) => named.every((names) => names.includes(name)))
    .flatMap((name) => gateway.providers.get(name) ?? [])
}

/** Conditions on claims of one kind of provider. */
export function usesOfPreset(subject: Subject, preset: Preset): readonly ClaimUse[] {
  return claimUses(subject.gateway).filter((use) => {
    return providersOf(use, subject).some((provider) => provider.preset === preset)
  })
}

/** A claim that a provider is asked for: by a rule, a header or an assertion that is written in the file, or `user_id`. */
export interface ClaimDemand {
  readonly path: ClaimPath
  readonly provider: ProviderSettings
  /** Where it stands, with a message. */
  readonly found: (message: string) => readonly Found[]
}

/** Those whose names stand in the file: what `${…}` put in is never printed. */
export function claimDemands(subject: Subject): readonly ClaimDemand[] {
  return [
    ...ruleDemands(subject),
    ...headerDemands(subject),
    ...assertionDemands(subject),
    ...userIdDemands(subject),
  ]
}

function ruleDemands(subject: Subject): readonly ClaimDemand[] {
  return claimUses(subject.gateway)
    .filter(({ condition }) => isNamedInFile(subject, condition))
    .flatMap((use) =>
      providersOf(use, subject).map((provider) => ({
        path: use.condition.path,
        provider,
        found: (message: string) => foundAtPart(subject, use.condition, message),
      })),
    )
}

function headerDemands(subject: Subject): readonly ClaimDemand[] {
  const fromClaims = writtenHeaders(subject).filter(
    ({ from, path }) =>
      from !== 'user' && from !== 'provider' && !holdsData(subject, claimPlace(subject, path)),
  )
  return fromClaims.flatMap(({ app, from, path }) =>
    app.providers
      .flatMap((name) => subject.gateway.providers.get(name) ?? [])
      .map((provider) => ({
        path: from,
        provider,
        found: (message: string) => [foundAt(subject, path, message)],
      })),
  )
}

function assertionDemands(subject: Subject): readonly ClaimDemand[] {
  return assertedClaims(subject)
    .filter(({ path }) => !holdsData(subject, path))
    .flatMap(({ app, claim, path }) =>
      app.providers
        .flatMap((name) => subject.gateway.providers.get(name) ?? [])
        .map((provider) => ({
          path: claim,
          provider,
          found: (message: string) => [foundAt(subject, path, message)],
        })),
    )
}

/** Identity headers that the file itself names, each where it is written. */
export function writtenHeaders(subject: Subject) {
  return subject.gateway.apps.flatMap((app) =>
    [app.fallback, ...app.allLocations].flatMap((location) => {
      const at = whereOfLocation(subject, app.name, location, 'identity_headers')
      if (at === null) return []
      return location.forwarding.identityHeaders.flatMap(({ name, from }) => {
        const path = [...at, name]
        return isWritten(subject, path) ? [{ app, location, name, from, path }] : []
      })
    }),
  )
}

/** Where the claim of a header stands: in its mapping, or alone. */
function claimPlace(subject: Subject, path: ConfigPath): ConfigPath {
  return isWritten(subject, [...path, 'claim']) ? [...path, 'claim'] : path
}

function userIdDemands(subject: Subject): readonly ClaimDemand[] {
  return [...subject.gateway.providers.values()].map((provider) => {
    const path = ['providers', provider.name, 'user_id']
    return {
      path: provider.userId,
      provider,
      found: (message: string) =>
        isWritten(subject, path) && !holdsData(subject, path) ? [foundAtKey(subject, path, message)] : [],
    }
  })
}
