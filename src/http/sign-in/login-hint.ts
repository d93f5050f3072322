import { isFault } from '../../core/fault.ts'
import { limits } from '../../core/limits/table.ts'
import { seenClaims } from '../../core/principal.ts'
import { findProvider } from '../../core/provider-id.ts'
import { type Claims, lookUp } from '../../core/rules/claims.ts'
import type { RequestContext } from '../server/context.ts'
import { type BegunSignIn, sessionBefore } from './step-up-return.ts'

/**
 * As whom the provider knows whoever is asked to step up (`login_hint`, OpenID Connect Core 3.1.2.1): what was kept of
 * its own words. Null: nothing is known, also where the store does not answer, as it is no more than a courtesy.
 */
export async function loginHint(
  runtime: RequestContext['runtime'],
  signIn: BegunSignIn,
): Promise<string | null> {
  const provider = findProvider(runtime.gateway.providers, signIn.origin.providers, signIn.transaction)
  if (provider === null) return null
  try {
    const session = await sessionBefore(runtime, signIn)
    return session && hintOf(seenClaims(session.claims, provider).claims)
  } catch (thrown) {
    if (!isFault(thrown)) throw thrown
    return null
  }
}

/** An address counts only when it is verified: it would name somebody else to the provider. */
function hintOf(claims: Claims): string | null {
  for (const path of ['preferred_username', 'email']) {
    const found = lookUp(claims, path)
    if (found.kind === 'one' && typeof found.value === 'string' && isPlain(found.value)) return found.value
  }
  return null
}

function isPlain(text: string): boolean {
  return text !== '' && text.length <= limits.passedCharacters && !/\p{Cc}/u.test(text) && text.isWellFormed()
}
