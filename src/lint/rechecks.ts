import type { Gateway, ProviderSettings } from '../core/gateway.ts'
import type { Preset } from '../core/preset.ts'
import { keepsTokens } from '../core/session/kept-tokens.ts'
import { type Check, foundAt } from './check.ts'
import { isWritten, type Subject } from './subject.ts'

/** Whether providers can be asked again, and whether that comes about. */
export const recheckChecks: readonly Check[] = [
  {
    id: 'recheck-unanswered-longer',
    severity: 'note',
    finds: 'An `unanswered` that is never reached, because sessions end before',
    why: 'A session ends at its `max_lifetime`, whether the provider answers or not. `unanswered` does nothing.',
    fix: 'Remove it, or write a time below `max_lifetime`.',
    example: `session: { max_lifetime: 8h }
providers:
  main: { recheck: { every: 15m, unanswered: 1d } }`,
    find: (subject) =>
      rechecked(subject).flatMap(({ name, recheck }) => {
        const { unansweredSeconds } = recheck
        if (unansweredSeconds === null || unansweredSeconds < longestLifetime(subject.gateway, name))
          return []
        const path = ['providers', name, 'recheck', 'unanswered']
        return [foundAt(subject, path, 'sessions end by `max_lifetime` before this time is over')]
      }),
  },
  {
    id: 'recheck-scope-missing',
    severity: 'warning',
    finds: '`scopes` without the one that brings a refresh token, where it is needed',
    why: 'Without `scopes` in the file the gateway asks for what this provider wants for a refresh token. With them it asks for nothing else. Without a refresh token the provider can be asked while the access token lives, often for an hour or less, and a token for an app ends with it.',
    fix: 'Add `offline_access` to `scopes` (at Salesforce `refresh_token`). If the provider gives a refresh token without it, say so in a comment.',
    example: `providers:
  main: { recheck: 15m, scopes: [openid, email] }`,
    find: (subject) =>
      [...subject.gateway.providers.values()].flatMap((provider) => {
        const { name, preset, scopes, scopesWritten } = provider
        const wanted = refreshScopes[preset]
        if (!scopesWritten || wanted.length === 0 || !keepsTokens(subject.gateway, provider).refresh)
          return []
        if (wanted.some((scope) => scopes.includes(scope))) return []
        const message = `"${name}" may give no refresh token without \`${wanted.join('` or `')}\``
        return [foundAt(subject, ['providers', name, 'scopes'], message)]
      }),
  },
  {
    id: 'recheck-id-token-alone',
    severity: 'warning',
    finds: 'A provider that is asked again, and whose claims come from the ID token alone',
    why: 'Such claims are asked for with a refresh token alone. When the provider gives none, or its answer has no ID token, the session ends at the first recheck, and people sign in again.',
    fix: 'Remove `claims_from`, so that userinfo counts too, or see with `claimgate doctor --sign-in` that a refresh token comes. Then say so in a comment.',
    example: `providers:
  main: { recheck: 15m, claims_from: [id_token] }`,
    find: (subject) =>
      rechecked(subject).flatMap(({ name, claimsFrom }) => {
        if (claimsFrom.includes('userinfo')) return []
        const message = `without a refresh token, sessions of "${name}" end when it is asked again`
        return [foundAt(subject, recheckPath(subject, name), message)]
      }),
  },
  {
    id: 'recheck-not-refreshed',
    severity: 'warning',
    online: true,
    finds: 'A provider that is asked again, and that offers no refresh token',
    why: 'Its metadata lists grant types, and `refresh_token` is not among them. It can be asked at userinfo while the access token lives, often for an hour or less. Then people sign in again.',
    fix: 'Let the provider give this client refresh tokens (the scope `offline_access`, or a setting of the client), or accept that people sign in again, and say so in a comment.',
    example: `providers:
  main: { recheck: 15m }`,
    find: (subject) =>
      rechecked(subject).flatMap(({ name }) => {
        const answer = subject.answers?.get(name)
        if (answer?.ok !== true || !answer.grants || answer.grants.includes('refresh_token')) return []
        const message = `"${name}" does not list the grant \`refresh_token\``
        return [foundAt(subject, recheckPath(subject, name), message)]
      }),
  },
]

/** By which scope each gives one; empty: by none, as it gives one anyway or goes by a parameter. */
const refreshScopes: Readonly<Record<Preset, readonly string[]>> = {
  google: [],
  keycloak: [],
  cognito: [],
  facebook: [],
  salesforce: ['refresh_token', 'offline_access'],
  microsoft: ['offline_access'],
  okta: ['offline_access'],
  auth0: ['offline_access'],
  generic: ['offline_access'],
}

type Rechecked = ProviderSettings & { readonly recheck: NonNullable<ProviderSettings['recheck']> }

function rechecked({ gateway }: Subject): readonly Rechecked[] {
  return [...gateway.providers.values()].flatMap((provider) => {
    const { recheck } = provider
    return recheck === null ? [] : [{ ...provider, recheck }]
  })
}

function recheckPath(subject: Subject, name: string): readonly string[] {
  const path = ['providers', name, 'recheck']
  return isWritten(subject, [...path, 'every']) ? [...path, 'every'] : path
}

/** Of the sessions that the provider's people may have; endless when no app accepts it, of which another check tells. */
function longestLifetime({ hosts }: Gateway, provider: string): number {
  const served = [...hosts.values()].filter(({ providers }) => providers.includes(provider))
  if (served.length === 0) return Number.POSITIVE_INFINITY
  return Math.max(...served.map(({ maxLifetimeSeconds }) => maxLifetimeSeconds))
}
