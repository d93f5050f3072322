import type { OauthProxy } from './proxy.ts'

/** The claim that holds the address: `user_id_claim` is the older name, and counts where the other says nothing. */
export function emailClaim(proxy: OauthProxy): string {
  const written = proxy.text('oidc_email_claim')
  if (written !== null && written !== 'email') return written
  return proxy.text('user_id_claim') ?? 'email'
}

export function groupsClaim(proxy: OauthProxy): string {
  return proxy.text('oidc_groups_claim') ?? 'groups'
}

/** A claim of oauth2-proxy's session as a claim path of ours. */
export function claimOf(claim: string, proxy: OauthProxy): string {
  if (claim === 'email') return emailClaim(proxy)
  return claim === 'groups' ? groupsClaim(proxy) : claim
}
