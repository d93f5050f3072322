import { createPrivateKey, type SignKeyObjectInput, sign } from 'node:crypto'
import { type AssertionLine, assertionContent, signingInput } from '../core/assertion/assertion.ts'
import { type AssertionSettings, publicKeySet, type SigningKey } from '../core/assertion/settings.ts'
import type { App, Gateway } from '../core/gateway.ts'
import { limits } from '../core/limits/table.ts'
import type { Clock } from '../core/ports.ts'
import type { Principal } from '../core/principal.ts'
import type { EpochSeconds } from '../core/session/session.ts'

/** The identity assertions of one edition of the configuration. */
export interface Assertions {
  /** What the app is told of somebody now, at once; null: it wants no assertion. Never throws. */
  line(app: App, principal: Principal): AssertionLine | null
  /** The public parts of the keys, as JSON; null: no app of the file is sent an assertion. */
  readonly keySet: string | null
}

interface AssertionsSetup {
  readonly apps: readonly App[]
  /** The first signs. Empty only where no app wants assertions. */
  readonly keys: readonly SigningKey[]
  readonly clock: Pick<Clock, 'now'>
}

/** Those of a configuration and its keys, with these. */
export function openAssertions(
  { apps }: Pick<Gateway, 'apps'>,
  signingKeys: readonly SigningKey[],
  clock: AssertionsSetup['clock'],
): { readonly signingKeys: readonly SigningKey[]; readonly assertions: Assertions } {
  return { signingKeys, assertions: createAssertions({ apps, keys: signingKeys, clock }) }
}

/**
 * Made once for a principal and an app, for half of its life. A session has one principal as long as its claims are the
 * same, so that those of another session, another person or other claims are never asked for by it. What is told
 * apart at each use, as a token that was narrowed, is remembered by all that the statement says.
 *
 * Signed by node:crypto at once: 25 µs, where jose takes three to five times as much and would make the whole road of a
 * request asynchronous (bench/assertions.ts).
 */
export function createAssertions({ apps, keys, clock }: AssertionsSetup): Assertions {
  const wanting = apps.filter(({ identityAssertion }) => identityAssertion !== null)
  const [first] = keys
  if (wanting.length === 0 || first === undefined) return { line: () => null, keySet: null }
  const signed = signer(first)
  // As nobody makes them but programs that come again and again, few are used; at the bound all are made anew.
  const byContent = new Map<string, Made>()
  const ofApps = new Map(wanting.map(({ name }) => [name, makerFor(name, signed, byContent)]))
  return {
    line({ name, identityAssertion: settings }, principal) {
      const maker = settings === null ? undefined : ofApps.get(name)
      return settings === null || maker === undefined ? null : maker(principal, settings, clock.now())
    },
    keySet: publicKeySet(keys),
  }
}

interface Made {
  readonly line: AssertionLine
  readonly at: EpochSeconds
}

type Signed = (json: string, now: EpochSeconds, settings: AssertionSettings) => AssertionLine

/** Of one app. What a program is told of is remembered for all apps together. */
function makerFor(app: string, signed: Signed, byContent: Map<string, Made>) {
  const ofPrincipals = new WeakMap<Principal, Made>()

  return (principal: Principal, settings: AssertionSettings, now: EpochSeconds): AssertionLine => {
    const known = ofPrincipals.get(principal)
    if (known !== undefined && isFresh(known, settings, now)) return known.line
    const made = make(principal, settings, now)
    ofPrincipals.set(principal, made)
    return made.line
  }

  function make(principal: Principal, settings: AssertionSettings, now: EpochSeconds): Made {
    const content = assertionContent(principal, settings)
    if (!content.ok) return { line: content, at: now }
    // A session is told apart by its principal alone: another one of the same person gets a statement of its own.
    if (principal.by === undefined || content.json.length > limits.rememberedAssertionBytes)
      return { line: signed(content.json, now, settings), at: now }
    const remembered = `${app} ${content.json}`
    const known = byContent.get(remembered)
    if (known !== undefined && isFresh(known, settings, now)) return known
    const made = { line: signed(content.json, now, settings), at: now }
    if (byContent.size >= limits.rememberedAssertions) byContent.clear()
    byContent.set(remembered, made)
    return made
  }
}

/** A clock that was set back makes a new one: none is from a time that is still to come. */
function isFresh({ at }: Made, { lifetimeSeconds }: AssertionSettings, now: EpochSeconds): boolean {
  return now >= at && now - at < lifetimeSeconds / 2
}

function signer({ kid, privateKey }: SigningKey): Signed {
  // R and S one behind the other, as JWS has them (RFC 7518 section 3.4), and not in DER.
  const key: SignKeyObjectInput = {
    key: createPrivateKey(privateKey.reveal()),
    dsaEncoding: 'ieee-p1363',
  }
  return (json, now, { header, lifetimeSeconds }) => {
    const input = signingInput(json, { kid, now, lifetimeSeconds })
    const signature = sign('sha256', Buffer.from(input), key).toString('base64url')
    return { ok: true, header, token: `${input}.${signature}` }
  }
}
