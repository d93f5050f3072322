import type { App, Gateway } from '../gateway.ts'
import { type OwnCookies, ownCookies } from '../session/cookies.ts'
import { isSigned } from '../upstream-settings.ts'
import { type RequestAction, requestActions } from './action.ts'
import { authorizationIsSet, foldHeaderName, signersHeaderNames, upstreamHeaderNames } from './names.ts'
import { type OwnCredentials, ownCredentials } from './own-credentials.ts'
import { type PublicAddress, publicAddress } from './public-address.ts'

/** What is known of an app's headers before any request; made once for each edition of the configuration. */
export interface HeaderPlan {
  /** Name, value, name, value …: the same on every request. */
  readonly fixed: readonly string[]
  /** The same, of the upstream's `headers`: at every location that has none of its own. */
  readonly upstreamHeaders: readonly string[]
  /** Cookies ignore ports and paths, so that each app is sent those of all origins. */
  readonly ownCookies: OwnCookies
  readonly secret: { readonly foldedName: string; readonly value: string } | null
  /** The folded name of the header of `identity_assertion`; null: the app wants none. */
  readonly assertion: string | null
  readonly address: PublicAddress
  /** A signature holds for what is sent. */
  readonly isSigned: boolean
  /** How keys of ours are told, which go to no app; null: there are none. */
  readonly ownCredentials: OwnCredentials | null
  /** What becomes of a client's header. No client may send an identity or secret header of any app to this one. */
  readonly requestAction: (name: string) => RequestAction
}

const plans = new WeakMap<Gateway, WeakMap<App, HeaderPlan>>()

/** The plan of one of the gateway's apps. */
export function headerPlan(gateway: Gateway, app: App): HeaderPlan {
  const known = plans.get(gateway)?.get(app)
  if (known !== undefined) return known
  const plan = buildHeaderPlan(gateway, app)
  const ofGateway = plans.get(gateway) ?? new WeakMap<App, HeaderPlan>()
  plans.set(gateway, ofGateway.set(app, plan))
  return plan
}

function buildHeaderPlan(gateway: Gateway, app: App): HeaderPlan {
  const secret = app.sharedSecret
  const own = secret === null ? [] : [foldHeaderName(secret.header)]
  const owned = new Set([
    ...gateway.ownedHeaders,
    ...own,
    ...upstreamHeaderNames(app),
    ...signersHeaderNames(app),
  ])
  if (authorizationIsSet(app)) owned.add('authorization')
  const keys = gateway.apiKeys === null ? null : ownCredentials(gateway.apiKeys)
  return {
    fixed: fixedHeaders(app),
    upstreamHeaders: linesOf(app.upstream.headers),
    ownCookies: ownCookies(gateway.hosts.values()),
    secret:
      secret === null ? null : { foldedName: foldHeaderName(secret.header), value: secret.value.reveal() },
    assertion: app.identityAssertion && foldHeaderName(app.identityAssertion.header),
    address: publicAddress(app),
    isSigned: isSigned(app.upstream),
    ownCredentials: keys,
    requestAction: requestActions(owned, keys?.keyHeader ?? null),
  }
}

/** Host and scheme come from the configuration, never from the request. */
export function fixedHeaders(app: App): readonly string[] {
  const { upstream, sharedSecret } = app
  const { scheme, host, prefix } = publicAddress(app)
  return [
    ...['Host', upstream.preserveHost ? host : upstream.host],
    ...['X-Forwarded-Proto', scheme],
    ...['X-Forwarded-Host', host],
    ...['X-Forwarded-Port', portOf(scheme, host)],
    ...(prefix === '' ? [] : ['X-Forwarded-Prefix', prefix]),
    ...(sharedSecret === null ? [] : [sharedSecret.header, sharedSecret.value.reveal()]),
  ]
}

/** As browsers know it; where the address names none, the scheme's own. */
function portOf(scheme: string, host: string): string {
  const named = /:([0-9]+)$/.exec(host)?.[1]
  return named ?? (scheme === 'https' ? '443' : '80')
}

type SetHeaders = App['upstream']['headers']

/** A location's own headers as lines, made once. */
const known = new WeakMap<SetHeaders, readonly string[]>()

/** What is set for the upstream, as lines: name, value, name, value … */
export function linesOf(headers: SetHeaders): readonly string[] {
  const before = known.get(headers)
  if (before !== undefined) return before
  const lines = headers.flatMap(({ name, value }) => [name, value.reveal()])
  known.set(headers, lines)
  return lines
}
