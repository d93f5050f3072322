import type { ProviderSettings } from '../core/gateway.ts'
import { metadataAddress } from '../core/metadata-address.ts'
import { askForMetadata, textsOf } from '../oidc/first-look.ts'
import { internalAddress } from '../oidc/internal-url.ts'
import type { ProviderAnswer } from './subject.ts'

/** One request to each provider, for its metadata; a provider that cannot be asked is an answer too. */
export async function askProviders(
  providers: readonly ProviderSettings[],
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, ProviderAnswer>> {
  const answers = await Promise.all(
    providers.map(async (provider) => [provider.name, await askOne(provider, signal)] as const),
  )
  return new Map(answers)
}

async function askOne(
  { issuer, metadataUrl, internalUrl }: ProviderSettings,
  signal?: AbortSignal,
): Promise<ProviderAnswer> {
  const answer = await askForMetadata(
    internalAddress(metadataUrl ?? metadataAddress(issuer), issuer, internalUrl),
    signal,
  )
  if (!answer.ok) return answer
  const { claims_supported: claims, scopes_supported: scopes } = answer.fields
  const { claims_parameter_supported: claimsParameter } = answer.fields
  return {
    ok: true,
    issuer: answer.issuer,
    claims: textsOf(claims),
    scopes: textsOf(scopes),
    grants: textsOf(answer.fields.grant_types_supported),
    acrValues: textsOf(answer.fields.acr_values_supported),
    claimsParameter: typeof claimsParameter === 'boolean' ? claimsParameter : null,
  }
}
