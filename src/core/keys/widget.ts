import type { HeaderLookup } from '../credential/lookup.ts'
import type { Gateway } from '../gateway.ts'
import type { Principal } from '../principal.ts'
import type { ClaimPath } from '../rules/claims.ts'
import { keepClaims } from '../session/kept-claims.ts'
import type { ApiKey } from './api-key.ts'
import type { ApiKeySettings } from './api-key-settings.ts'
import { hasKeyOrigin } from './key-origins.ts'

/** What of a token is about the page that uses it. */
export interface WidgetToken {
  /** Null: it is no widget's. */
  readonly origin: string | null
  readonly endUser: string | null
}

/** By what a token of a widget is judged beside its key. */
export interface WidgetSurroundings {
  readonly hosts: Gateway['hosts']
  readonly apiKeys: Pick<ApiKeySettings, 'widgetClaims' | 'selfService'>
}

type Identified = Extract<HeaderLookup, { kind: 'identified' }>

/**
 * What is left of a key that opens something, where it is presented by the token of a widget: nothing unless the `Origin`
 * of the request is the token's, and is one that the key has now. `asked` is that header as it was sent; null: none.
 * This keeps other pages from using the token. It proves nothing of a program, which sends what it likes.
 */
export function judgeWidget(
  lookup: Identified,
  { origin, endUser }: WidgetToken,
  key: Pick<ApiKey, 'origins' | 'owner'>,
  asked: string | null,
  { hosts, apiKeys }: WidgetSurroundings,
): HeaderLookup {
  if (origin === null) return refused('token-invalid', 'it names no origin')
  if (asked !== origin) return refused('token-wrong-origin', whyWrong(asked))
  const { selfService, widgetClaims } = apiKeys
  if (!hasKeyOrigin(key, origin, { hosts, selfService }))
    return refused('token-invalid', 'its origin is none of the key any more')
  const principal = widgetPrincipal(lookup.principal, endUser, widgetClaims)
  return { ...lookup, principal, scopes: hasScopes(widgetClaims) ? lookup.scopes : [] }
}

/** Who a key is by the token of a widget: its owner, with no more claims than whoever opens the page may have. */
export function widgetPrincipal(
  { user, provider, claims, emailUnverified, by }: Principal,
  endUser: string | null,
  widgetClaims: readonly ClaimPath[],
): Principal {
  if (by?.kind !== 'api_key') throw new Error('a token of a widget comes of a key')
  const { id, name } = by
  return {
    ...{ user, provider, claims: keepClaims(claims, widgetClaims) },
    ...(emailUnverified === true && widgetClaims.includes('email') ? { emailUnverified } : {}),
    by: { kind: 'widget', id, name, endUser },
  }
}

/** Whether tokens of widgets have the scopes of their key. */
export function hasScopes(widgetClaims: readonly ClaimPath[]): boolean {
  return widgetClaims.includes('scope')
}

function whyWrong(asked: string | null): string {
  if (asked === null) return 'no Origin was sent'
  return asked === '' ? 'more than one Origin was sent, or an empty one' : 'another Origin was sent'
}

function refused(why: 'token-invalid' | 'token-wrong-origin', detail: string): HeaderLookup {
  return { kind: 'refused', why, detail }
}
