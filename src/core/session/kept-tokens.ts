import type { App, ProviderSettings } from '../gateway.ts'

/** Which tokens of a sign-in are kept. */
export interface KeptTokens {
  readonly access: boolean
  readonly refresh: boolean
}

const none: KeptTokens = { access: false, refresh: false }
const both: KeptTokens = { access: true, refresh: true }

/**
 * Which tokens of a provider's sign-ins are kept for these apps: all of a gateway, or those of one origin, whose
 * session it is. Only what something needs: being asked again (`recheck`), or a header with a token. An access token
 * alone would soon be over.
 */
export function keepsTokens(
  { apps }: { readonly apps: readonly App[] },
  { name, recheck }: Pick<ProviderSettings, 'name' | 'recheck'>,
): KeptTokens {
  const isNeeded = recheck !== null || apps.some((app) => app.providers.includes(name) && sendsTokens(app))
  return isNeeded ? both : none
}

/** Whether the app gets a token at any of its locations. */
function sendsTokens({ fallback, allLocations }: Pick<App, 'fallback' | 'allLocations'>): boolean {
  return [fallback, ...allLocations].some(({ forwarding }) => forwarding.tokenHeaders.length > 0)
}
