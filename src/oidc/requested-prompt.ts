import type { ProviderSettings } from '../core/gateway.ts'
import type { AuthorizationWish } from '../core/session/authorization-wish.ts'
import type { Metadata } from './metadata.ts'

/**
 * Whether the configuration asks the provider to show nobody anything (`prompt=none`): who is not known there comes back
 * with an error (OIDC Core 3.1.2.6). The second attempt, which follows by itself, asks the person.
 */
export function asksNobody({ authorizationParameters }: ProviderSettings): boolean {
  return authorizationParameters.get('prompt') === 'none'
}

/** What a wish makes of `prompt`; null: the configuration's stays. */
export function wishedPrompt(
  settings: ProviderSettings,
  metadata: Metadata,
  { otherAccount, stepUp }: Pick<AuthorizationWish, 'otherAccount' | 'stepUp'>,
): string | null {
  const asked = stepUp?.prompt ?? null
  if (!otherAccount) return asked
  const words = asked?.split(' ').filter((word) => word !== 'none') ?? []
  // Who signs in anew can be somebody else.
  return words.includes('login')
    ? words.join(' ')
    : [...words, promptForOtherAccount(settings, metadata)].join(' ')
}

/** `select_account` where it is known, as it asks for no password; `login` is what every provider has to know. */
function promptForOtherAccount(settings: ProviderSettings, metadata: Metadata): string {
  const known =
    metadata.promptValues?.includes('select_account') ??
    (settings.preset === 'google' || settings.preset === 'microsoft')
  return known ? 'select_account' : 'login'
}
