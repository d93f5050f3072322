import { type AssertionSettings, assertionMembers } from '../../core/assertion/settings.ts'
import type { Access } from '../../core/gateway.ts'
import { foldHeaderName } from '../../core/headers/names.ts'
import { isTokenName } from '../../core/headers/token-headers.ts'
import type { ConfigPath } from '../node.ts'
import { type AppSettings, whereWritten } from './app-settings.ts'
import { isCredentialWord } from './credential-headers.ts'
import { faultAt, faultAtKey, isWritten, type Scope } from './scope.ts'
import { tellsApart } from './token-headers.ts'

/** What an assertion says of where it comes from and whom it is for. */
interface AssertionPlace {
  /** Of the app: `https://wiki.example.com`. */
  readonly origin: string
  /** The app's `url`. */
  readonly url: string
  readonly authPrefix: string
}

/** `identity_assertion` of an app, its own or that of `defaults`; null where it wants none. What is faulty was reported. */
export function buildIdentityAssertion(
  scope: Scope,
  path: ConfigPath,
  { identity_assertion: keys }: AppSettings,
  { origin, url, authPrefix }: AssertionPlace,
): AssertionSettings | null {
  if (keys === undefined || keys === null) return null
  const at = whereWritten(scope, path, 'identity_assertion')
  const place = (key: string) => (isWritten(scope, [...at, key]) ? [...at, key] : at)
  const { header, audience = url, claims, lifetime } = keys
  if (foldHeaderName(header) === 'authorization') {
    const message =
      'is how clients prove themselves, and is judged by others on the way: expected another name, such as X-Claimgate-Assertion'
    faultAt(scope, place('header'), message)
  }
  if (lifetime < shortestSeconds) {
    const message = `must be at least ${shortestSeconds}s: two clocks that differ a little would end it before it arrives`
    faultAt(scope, place('lifetime'), message)
  }
  if (!/^[!-~]+$/.test(audience)) {
    const message =
      keys.audience === undefined
        ? 'the app’s `url` has more than visible ASCII, which libraries do not all compare alike: write `audience`'
        : 'expected a name or an address of visible ASCII, without blanks'
    faultAt(scope, place('audience'), message)
  }
  checkClaims(scope, place('claims'), claims)
  const issuer = `${origin}${authPrefix}/assertion`
  return { header, issuer, audience, claims, lifetimeSeconds: lifetime }
}

/** Where an app of its own says that it wants one, and nobody is ever looked at, it would be thought to be sent. */
export function checkAsserted(
  scope: Scope,
  path: ConfigPath,
  assertion: AssertionSettings | null,
  places: readonly { readonly access: Access }[],
): void {
  const at = [...path, 'identity_assertion']
  if (assertion === null || !isWritten(scope, at) || places.some(({ access }) => tellsApart(access))) return
  faultAtKey(scope, at, 'nobody is looked at in any place of this app, so there is nobody to assert')
}

const shortestSeconds = 10

function checkClaims(scope: Scope, at: ConfigPath, claims: readonly string[]): void {
  for (const [index, claim] of claims.entries()) {
    const path = isWritten(scope, [...at, index]) ? [...at, index] : at
    if (claims.indexOf(claim) < index) faultAt(scope, path, 'is in the list already')
    else if (assertionMembers.has(claim))
      faultAt(scope, path, `\`${claim}\` is what the gateway itself writes there: leave it out`)
    else if (isTokenName(claim))
      faultAt(scope, path, `\`${claim}\` is no claim, and no token is put into an assertion: leave it out`)
    else if (isCredentialWord(claim) || claim === 'user') faultAt(scope, path, wordFault(claim))
  }
}

/** Words of `identity_headers`, each of which would be read as a claim here. */
function wordFault(word: string): string {
  return word === 'user'
    ? '`user` is no claim, and the assertion says it as `sub` already: leave it out'
    : `\`${word}\` is no claim: \`identity_headers\` can say it`
}
