/**
 * Who a provider is: its issuer and the client that we are there (OpenID Connect Core 2: `iss` and `aud` of an ID
 * token). The name in the configuration is a label, which may be given to another one.
 */
export interface ProviderId {
  readonly issuer: string
  readonly clientId: string
}

/** Exactly: two issuers that differ by a slash are two (OpenID Connect Discovery 4.3). */
export function isSameProvider(one: ProviderId, other: ProviderId): boolean {
  return one.issuer === other.issuer && one.clientId === other.clientId
}

/** Of providers by name the accepted one that is this, whatever it is called today; null: none of them is. */
export function findProvider<Provider extends ProviderId>(
  providers: ReadonlyMap<string, Provider>,
  accepted: Iterable<string>,
  id: ProviderId,
): Provider | null {
  for (const name of accepted) {
    const provider = providers.get(name)
    if (provider !== undefined && isSameProvider(provider, id)) return provider
  }
  return null
}
