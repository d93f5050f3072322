import type { CredentialIdentity } from './credential/credential.ts'
import type { ProviderSettings } from './gateway.ts'
import { limits } from './limits/table.ts'
import type { Preset } from './preset.ts'
import { isSameProvider, type ProviderId } from './provider-id.ts'
import { type Claims, type Found, lookUp } from './rules/claims.ts'
import type { Session } from './session/session.ts'

/** Who this is, as rules and headers see it. `claims` lacks an e-mail that is not verified. */
export interface Principal {
  readonly user: string
  /** Its name in the configuration in force. */
  readonly provider: string
  readonly claims: Claims
  /** Whether the provider sent an address that does not count; absent where it sent none, or a verified one. */
  readonly emailUnverified?: boolean
  /** The header credential by which it was told; absent: a session. */
  readonly by?: CredentialIdentity
}

export type UserId =
  | { readonly ok: true; readonly user: string }
  | { readonly ok: false; readonly reason: UserIdReason }

/** Why an account has no user id; sentences for the operator's log, without the value. */
export type UserIdReason =
  | 'the claim is missing'
  | 'the address is not verified: see trust_email'
  | 'the claim is no single text'
  | 'the claim is empty'
  | 'the claim has more than 255 characters'
  | 'the claim holds a control character'
  | 'the id begins with the prefix of another provider'
  | 'the id begins with "client:", as those of programs do'

type EmailSettings = Pick<ProviderSettings, 'trustEmail' | 'preset'>
type IdentitySettings = EmailSettings &
  Pick<ProviderSettings, 'name' | 'userId' | 'userIdPrefix' | 'foreignPrefixes'>

/**
 * Who a session is, under today's configuration; null when it is nobody's any more: another provider's, be the name
 * the same, or one whose user id would be read differently now. Then the person signs in anew.
 */
export function toPrincipal(session: Session, provider: IdentitySettings & ProviderId): Principal | null {
  if (!isSameProvider(session, provider)) return null
  const id = readUserId(session.claims, provider)
  if (!id.ok || id.user !== session.user) return null
  return { user: id.user, provider: provider.name, ...seenClaims(session.claims, provider) }
}

/** The claims of a principal, and whether an address was taken out of them. */
export function seenClaims(
  claims: Claims,
  provider: EmailSettings,
): Pick<Principal, 'claims' | 'emailUnverified'> {
  const visible = visibleClaims(claims, provider)
  return visible === claims ? { claims } : { claims: visible, emailUnverified: true }
}

/**
 * The user id that the provider's settings make of its claims: prefix and claim. One text of at most 255 characters
 * without controls; nothing is trimmed, cut or converted, as two people would become one.
 */
export function readUserId(claims: Claims, provider: IdentitySettings): UserId {
  const { claims: visible, emailUnverified } = seenClaims(claims, provider)
  const found = lookUp(visible, provider.userId)
  if (found.kind === 'missing') {
    const isHidden = emailUnverified && provider.userId === 'email'
    const reason = isHidden ? 'the address is not verified: see trust_email' : 'the claim is missing'
    return { ok: false, reason }
  }
  const text = textOf(found)
  const reason = text === null ? 'the claim is no single text' : faultOf(text)
  if (text === null || reason !== null) return { ok: false, reason: reason ?? 'the claim is no single text' }
  const user = provider.userIdPrefix + text
  // With the prefix in front too: the programs of a provider that has none would be called so.
  if (text.startsWith(clientPrefix) || user.startsWith(clientPrefix))
    return { ok: false, reason: 'the id begins with "client:", as those of programs do' }
  return ofNoOther(user, provider)
}

/** What stands between the provider's prefix and the id of a program, and begins no person's id. */
export const clientPrefix = 'client:'

/** The user id of a program behind which nobody is; null: its token names no client. Same form as a person's. */
export function readClientUser(
  clientId: string | null,
  provider: Pick<IdentitySettings, 'userIdPrefix' | 'foreignPrefixes'>,
): UserId {
  if (clientId === null) return { ok: false, reason: 'the claim is missing' }
  const fault = faultOf(clientId)
  if (fault !== null) return { ok: false, reason: fault }
  return ofNoOther(provider.userIdPrefix + clientPrefix + clientId, provider)
}

function ofNoOther(user: string, { foreignPrefixes }: Pick<IdentitySettings, 'foreignPrefixes'>): UserId {
  return foreignPrefixes.some((prefix) => user.startsWith(prefix))
    ? { ok: false, reason: 'the id begins with the prefix of another provider' }
    : { ok: true, user }
}

function textOf(found: Found): string | null {
  return found.kind === 'one' && typeof found.value === 'string' ? found.value : null
}

function faultOf(text: string): UserIdReason | null {
  if (text === '') return 'the claim is empty'
  if (text.length > limits.subjectCharacters) return 'the claim has more than 255 characters'
  // A lone surrogate has no UTF-8 form and would become U+FFFD on the wire, as all others do.
  return /\p{Cc}/u.test(text) || !text.isWellFormed() ? 'the claim holds a control character' : null
}

/** Whose userinfo says `email_verified` as a text. */
const sendTexts: ReadonlySet<Preset> = new Set(['cognito'])

/**
 * The claims without an `email` that the provider does not vouch for (OpenID Connect Core 5.1, 5.7): it must say
 * `email_verified: true`, a boolean; the text `"true"` counts where the operator trusts its addresses, and of a
 * provider that is known to send texts. `trust_email` stands in for a missing `email_verified`, never for a false one.
 */
export function visibleClaims(claims: Claims, settings: EmailSettings): Claims {
  const came = Object.hasOwn(claims, 'email') && claims.email !== null
  if (!came || isVerified(claims, settings)) return claims
  const { email: _, ...rest } = claims
  return rest
}

function isVerified(claims: Claims, { trustEmail, preset }: EmailSettings): boolean {
  const said = Object.hasOwn(claims, 'email_verified') ? claims.email_verified : null
  switch (said) {
    case true:
      return true
    case null:
    case undefined:
      return trustEmail
    case 'true':
      return trustEmail || sendTexts.has(preset)
    default:
      return false
  }
}
