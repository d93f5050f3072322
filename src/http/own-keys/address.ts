import type { Gateway, Origin } from '../../core/gateway.ts'

/** Where the page of one's own keys is; null: it is not at this origin. */
export function ownKeysAddress(
  { authPrefix, apiKeys }: Pick<Gateway, 'authPrefix' | 'apiKeys'>,
  { origin }: Pick<Origin, 'origin'>,
): string | null {
  return apiKeys?.selfService?.at === origin ? `${authPrefix}/keys` : null
}
