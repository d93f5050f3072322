import { isLoopback } from '../config/web-address.ts'
import type { App, Location, ProviderSettings } from '../core/gateway.ts'
import type { TokenHeader } from '../core/headers/form.ts'
import type { Preset } from '../core/preset.ts'
import { type Check, foundAtKey, holdsData } from './check.ts'
import { isWritten, type Subject, whereOfLocation } from './subject.ts'

/** Apps that get tokens of people. */
export const tokenChecks: readonly Check[] = [
  {
    id: 'token-to-app',
    severity: 'note',
    finds: 'An app that gets a token of whoever is signed in',
    why: 'With an access token, the app can do at the provider’s APIs what the person allowed the gateway, without the person and until the token ends. Whoever takes over the app, or reads its log of headers, has the tokens of everybody who comes by. An ID token opens every other service that accepts it for the gateway’s client id.',
    fix: 'Send claims instead, if the app only wants to know who it is. Send the token at the one location that needs it, and ask for as few `scopes` as that needs. Then say so in a comment.',
    example: 'identity_headers: { X-Forwarded-Access-Token: access_token }',
    find: (subject) =>
      tokenUses(subject).map(({ app, header, path }) =>
        foundAtKey(subject, path, `"${app.name}" gets the ${words[header.token]} of whoever is signed in`),
      ),
  },
  {
    id: 'token-in-the-clear',
    severity: 'warning',
    finds: 'A token that is sent over plain http to another machine',
    why: 'Whoever is on the way between gateway and app reads the token, and is at the provider’s APIs as good as the person until it ends.',
    fix: 'Use `https` for the upstream, a Unix socket, or an address of this machine. If a private network carries it alone, say so in a comment.',
    example: `upstream: http://10.0.0.5:5000
identity_headers: { X-Forwarded-Access-Token: access_token }`,
    find: (subject) =>
      tokensSent(subject).flatMap(({ app: { upstream }, token, path }) => {
        const { scheme, socketPath, hostname } = upstream
        if (scheme === 'https' || socketPath !== null || isLoopback(hostname)) return []
        return [foundAtKey(subject, path, `the ${words[token]} goes to ${hostname} unencrypted`)]
      }),
  },
  {
    id: 'access-token-opaque',
    severity: 'note',
    finds: 'An access token that only the provider can read',
    why: 'Some providers give access tokens that are random texts, or that are made for an API of their own and cannot be verified by anybody else. An app that wants to verify the token refuses everybody.',
    fix: 'If the app calls that API, all is well: say so in a comment. If it verifies a token, have the provider make one for it (at Entra a scope of the app’s own API, at Auth0 `authorization_parameters: { audience: … }`), or send `id_token`.',
    example: `providers:
  google: { issuer: "https://accounts.google.com" }
apps:
  wiki: { identity_headers: { X-Forwarded-Access-Token: access_token } }`,
    find: (subject) =>
      tokenUses(subject).flatMap(({ app, header, path }) => {
        if (header.token !== 'access_token') return []
        const opaque = app.providers
          .flatMap((name) => subject.gateway.providers.get(name) ?? [])
          .find(givesOpaque)
        if (opaque === undefined) return []
        return [foundAtKey(subject, path, `only "${opaque.name}" itself can read its access tokens`)]
      }),
  },
  {
    id: 'claim-named-token',
    severity: 'warning',
    inCheck: true,
    finds: 'A claim that is called as a token is',
    why: 'In a mapping, `claim` names a claim, and so does any other spelling than `access_token` and `id_token`. No provider puts a token into a claim, so the header is never there. A refresh token is never sent to anybody but its provider.',
    fix: 'Write the name alone: `X-Forwarded-Access-Token: access_token`. A token has no `only`, `join`, `encoding` or `lower_case`. If the provider really has a claim of that name, say so in a comment.',
    example: 'identity_headers: { X-Forwarded-Access-Token: { claim: access_token } }',
    find: (subject) =>
      locationsOf(subject).flatMap(({ location, at }) =>
        location.forwarding.identityHeaders.flatMap(({ name, from }) => {
          const path = [...at, name]
          if (!isCalledAsToken(from) || !isWritten(subject, path) || holdsData(subject, path)) return []
          return [foundAtKey(subject, path, `${name} is a claim called \`${from}\` here, not the token`)]
        }),
      ),
  },
]

/** In whatever spelling. */
function isCalledAsToken(claim: string): boolean {
  return /^(?:access|id|refresh)token$/.test(claim.replace(/[-_. ]/g, '').toLowerCase())
}

const words: { readonly [token in TokenHeader['token']]: string } = {
  access_token: 'access token',
  id_token: 'ID token',
}

/** Those whose access tokens are random, or for an API of their own, until something else is asked for. */
const opaquePresets: ReadonlySet<Preset> = new Set(['google', 'salesforce', 'microsoft'])

function givesOpaque({ preset, issuer, scopes, authorizationParameters }: ProviderSettings): boolean {
  if (preset === 'auth0') return !authorizationParameters.has('audience')
  // At Entra a scope with an address is one of another API than Graph.
  if (preset === 'microsoft' && scopes.some((scope) => /^(?:api|https?):\/\//.test(scope))) return false
  // Okta’s own server gives random ones, its custom servers JWTs.
  return opaquePresets.has(preset) || (preset === 'okta' && !issuer.includes('/oauth2/'))
}

interface TokenUse {
  readonly app: App
  readonly header: TokenHeader
  readonly path: readonly (string | number)[]
}

/** Headers with tokens, each where it is written. */
export function tokenUses(subject: Subject): readonly TokenUse[] {
  return locationsOf(subject).flatMap(({ app, location, at }) =>
    location.forwarding.tokenHeaders.flatMap((header) => {
      const path = [...at, header.name]
      return isWritten(subject, path) ? [{ app, header, path }] : []
    }),
  )
}

interface TokenSent {
  readonly app: App
  readonly token: TokenHeader['token']
  readonly path: readonly (string | number)[]
}

/** Those, and what `upstream_authorization` sends: each once where it is written, at however many locations it holds. */
function tokensSent(subject: Subject): readonly TokenSent[] {
  const inAuthorization = locationsOf(subject, 'upstream_authorization').flatMap(({ app, location, at }) =>
    sendsToken(location) ? [{ app, token: 'access_token' as const, path: at }] : [],
  )
  const written = new Map(inAuthorization.map((sent) => [JSON.stringify(sent.path), sent]))
  return [
    ...tokenUses(subject).map(({ app, header, path }) => ({ app, token: header.token, path })),
    ...written.values(),
  ]
}

function sendsToken({ access, forwarding }: Location): boolean {
  const { upstreamAuthorization: how } = forwarding
  // Where nobody is told apart there is no token.
  if (access.kind === 'nobody' || access.kind === 'anyone') return false
  return how === 'forward' || how === 'access_token'
}

function locationsOf(subject: Subject, key = 'identity_headers') {
  return subject.gateway.apps.flatMap((app) =>
    [app.fallback, ...app.allLocations].flatMap((location: Location) => {
      const at = whereOfLocation(subject, app.name, location, key)
      return at === null ? [] : [{ app, location, at }]
    }),
  )
}
