import { credentialOf } from '../credential/credential.ts'
import { isExactThroughout, isWellFormedThroughout, type Json } from '../json.ts'
import { limits } from '../limits/table.ts'
import type { Principal } from '../principal.ts'
import { claimAt } from '../rules/claims.ts'
import type { EpochSeconds } from '../session/session.ts'
import { type AssertionSettings, assertionType } from './settings.ts'

/** What no statement can hold as it was sent, or none that fits. */
export type UnsendableClaim = 'claim-number' | 'claim-text' | 'assertion-too-large'

interface UnsendableAssertion {
  readonly ok: false
  readonly header: string
  readonly why: UnsendableClaim
  /** Where it is too large: how large it would be. */
  readonly bytes: number
  readonly bytesInAll: number
}

/** What goes to the app in its header; or why it cannot. */
export type AssertionLine =
  | { readonly ok: true; readonly header: string; readonly token: string }
  | UnsendableAssertion

/** All that a statement says but when: the same as long as the person's claims are. */
type AssertionContent =
  /** JSON of an object with at least one member. */
  { readonly ok: true; readonly json: string } | UnsendableAssertion

/**
 * What an app is told of somebody, without the times. A claim that is missing or null is not there. What JSON does not
 * carry exactly, or what is larger than identity headers may be, is not sent, and never cut.
 */
export function assertionContent(principal: Principal, settings: AssertionSettings): AssertionContent {
  const { header, issuer, audience } = settings
  const claims = settings.claims.flatMap((path): readonly (readonly [string, Json])[] => {
    const value = claimAt(principal.claims, path) ?? null
    return value === null ? [] : [[path, value]]
  })
  const members: { readonly [name: string]: Json } = {
    ...Object.fromEntries(claims),
    ...{ iss: issuer, aud: audience, sub: principal.user },
    ...{ provider: principal.provider, credential: credentialOf(principal) },
  }
  if (!isExactThroughout(members)) return unsendable(header, 'claim-number', 0)
  if (!isWellFormedThroughout(members)) return unsendable(header, 'claim-text', 0)
  const json = JSON.stringify(members)
  const bytes = header.length + tokenBytes(Buffer.byteLength(json))
  return bytes > limits.identityHeaderBytes
    ? unsendable(header, 'assertion-too-large', bytes)
    : { ok: true, json }
}

/** What is signed: a JWS in its compact form (RFC 7515 section 7.1) up to its last dot. */
export function signingInput(
  json: string,
  { kid, now, lifetimeSeconds }: Signing & Pick<AssertionSettings, 'lifetimeSeconds'>,
): string {
  const head = JSON.stringify({ alg: 'ES256', typ: assertionType, kid })
  const times = `"iat":${now},"exp":${now + lifetimeSeconds}`
  return `${base64url(head)}.${base64url(`${json.slice(0, -1)},${times}}`)}`
}

interface Signing {
  readonly kid: string
  readonly now: EpochSeconds
}

/**
 * The line of a statement that nobody signed, for those who ask what would be sent: as long as a signed one, and none
 * that any key verifies.
 */
export function unsignedLine(
  principal: Principal,
  settings: AssertionSettings,
  now: EpochSeconds,
): AssertionLine {
  const content = assertionContent(principal, settings)
  if (!content.ok) return content
  const { header, lifetimeSeconds } = settings
  const input = signingInput(content.json, { kid: 'A'.repeat(kidLength), now, lifetimeSeconds })
  return { ok: true, header, token: `${input}.${'A'.repeat(signatureLength)}` }
}

/** SHA-256, and two numbers of 32 bytes, in base64url. */
const kidLength = 43
const signatureLength = 86

const headLength = base64url(
  JSON.stringify({ alg: 'ES256', typ: assertionType, kid: 'A'.repeat(kidLength) }),
).length
const timesLength = ',"iat":1800000000,"exp":1800000060'.length

function tokenBytes(jsonBytes: number): number {
  return headLength + 1 + Math.ceil(((jsonBytes + timesLength) * 4) / 3) + 1 + signatureLength
}

function base64url(text: string): string {
  return Buffer.from(text).toString('base64url')
}

function unsendable(header: string, why: UnsendableClaim, bytes: number): UnsendableAssertion {
  return { ok: false, header, why, bytes, bytesInAll: bytes }
}
