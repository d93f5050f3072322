import type { HeaderLookup } from '../credential/lookup.ts'
import { limits } from '../limits/table.ts'
import { clockToleranceSeconds, type EpochSeconds } from '../session/session.ts'
import type { ApiKey } from './api-key.ts'
import { judgeKey, type KeyUse, type KnownKey } from './judgement.ts'
import type { ShortToken } from './short-token.ts'
import type { ShortTokenKind } from './short-token-form.ts'
import { narrowed } from './token-scope.ts'
import { judgeWidget, type WidgetSurroundings } from './widget.ts'

type Identified = Extract<HeaderLookup, { kind: 'identified' }>

/** One use of a token of ours, at an app of the origin `at`. */
export interface TokenUse extends KeyUse {
  readonly at: string
  /** The `Origin` of the request, as sent; null: none. */
  readonly origin: string | null
}

export interface TokenSettings {
  readonly tokenLifetimeSeconds: number
}

/** What a token is held against beside its key. */
export interface TokenSurroundings extends WidgetSurroundings {
  readonly apiKeys: TokenSettings & WidgetSurroundings['apiKeys']
}

/** How long a token of ours opens at most. */
export function longestTokenSeconds(of: ShortTokenKind, { tokenLifetimeSeconds }: TokenSettings): number {
  switch (of) {
    case 'api_key':
      return tokenLifetimeSeconds
    case 'widget':
      return Math.min(tokenLifetimeSeconds, limits.widgetTokenSeconds)
  }
}

/**
 * What is wrong with a token by itself, before its key is looked up; null: nothing. Whoever has one got it from us, and
 * may know why it is refused.
 */
export function faultOfToken(
  token: ShortToken,
  { at, now }: Pick<TokenUse, 'at' | 'now'>,
  settings: TokenSettings,
): Extract<HeaderLookup, { kind: 'refused' }> | null {
  if (token.at !== at) return refused('token-not-for-us', 'another origin gave it')
  // A clock that was ahead wrote it: it does not tell how old it is.
  if (token.issuedAt > now + clockToleranceSeconds)
    return refused('token-invalid', 'it is of a time that is still to come')
  return endOf(token, settings) <= now ? refused('token-over', null) : null
}

/**
 * What a token opens at this use: what its key opens here and now, with the secret that it was asked for with, until it
 * ends and within its scopes; of a widget, from pages of its origin. Judged each time: nothing of it is remembered.
 */
export function judgeShortToken(
  known: KnownKey,
  token: ShortToken,
  use: TokenUse,
  around: TokenSurroundings,
): HeaderLookup {
  const { apiKeys: settings } = around
  const fault = faultOfToken(token, use, settings)
  if (fault !== null) return fault
  // Whoever has a token of ours had the secret: a rotation without overlap is told as one whose overlap is over.
  if (!hasSecret(known.key, token.secretHash))
    return refused('key-over', 'the secret that it was asked for with was replaced')
  const lookup = judgeKey(known, token.secretHash, use)
  if (lookup.kind !== 'identified') return lookup
  const endsAt = Math.min(endOf(token, settings), lookup.endsAt ?? Number.POSITIVE_INFINITY)
  const opened = withinScopes({ ...lookup, endsAt }, token.scopes)
  return token.of === 'widget' ? judgeWidget(opened, token, known.key, use.origin, around) : opened
}

function withinScopes(lookup: Identified, only: ShortToken['scopes']): Identified {
  if (only === null) return lookup
  const scopes = lookup.scopes.filter((one) => only.includes(one))
  return { ...lookup, principal: narrowed(lookup.principal, only), scopes }
}

/** An operator who shortens the time shortens it for those that are out. */
function endOf({ of, issuedAt, endsAt }: ShortToken, settings: TokenSettings): EpochSeconds {
  return Math.min(endsAt, issuedAt + longestTokenSeconds(of, settings))
}

function hasSecret({ secrets }: Pick<ApiKey, 'secrets'>, hash: string): boolean {
  return secrets.some((secret) => secret.hash === hash)
}

function refused(
  why: 'token-not-for-us' | 'token-invalid' | 'token-over' | 'key-over',
  detail: string | null,
): Extract<HeaderLookup, { kind: 'refused' }> {
  return { kind: 'refused', why, detail }
}
