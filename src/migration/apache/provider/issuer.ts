import { issuerOfMetadata, metadataAddress } from '../../../core/metadata-address.ts'
import { lastOf } from '../reading/last.ts'
import type { Directive } from '../reading/tree.ts'
import { splitWords } from '../reading/words.ts'
import { kept, type ProviderNotes, plain } from './notes.ts'

/** `issuer`, and `metadata_url` where httpd read the metadata elsewhere than below it; null: below it. */
export interface ConvertedIssuer {
  readonly issuer: string
  readonly metadataUrl: string | null
}

const unknown = 'https://fill-in.invalid'

/** From `OIDCProviderIssuer` and `OIDCProviderMetadataURL`, or the endpoints that stand for them. */
export function readIssuer(directives: readonly Directive[], notes: ProviderNotes): ConvertedIssuer {
  const explicit = lastOf(directives, 'OIDCProviderIssuer')
  const metadata = lastOf(directives, 'OIDCProviderMetadataURL')
  const [written] = splitWords(explicit?.rest ?? '')
  if (metadata === null)
    return { issuer: issuerOfEndpoints(written, explicit, directives, notes), metadataUrl: null }
  const [address = ''] = splitWords(metadata.rest)
  const issuer = written ?? guess(address, metadata, notes)
  const metadataUrl = metadataAddress(issuer) === address ? null : address
  const also =
    metadataUrl === null ? 'the provider’s `issuer`, whose metadata it is' : 'the provider’s `metadata_url`'
  if (written !== undefined) {
    kept(explicit, 'the provider’s `issuer`', notes)
    kept(metadata, also, notes)
  } else if (metadataUrl !== null && issuer !== unknown) kept(metadata, also, notes)
  return { issuer, metadataUrl }
}

function issuerOfEndpoints(
  written: string | undefined,
  explicit: Directive | null,
  directives: readonly Directive[],
  notes: ProviderNotes,
): string {
  for (const directive of directives.filter(({ key }) => staticEndpoint.test(key))) {
    notes.report(
      plain(
        'static-endpoint',
        'not-convertible',
        directive,
        `endpoints are read from the provider's metadata: see that ${metadataAddress(written ?? 'ISSUER')} answers. A provider without metadata cannot be used`,
      ),
    )
  }
  if (written !== undefined) kept(explicit, 'the provider’s `issuer`', notes)
  return written ?? unknown
}

/** What httpd read from the metadata, which nobody asks here. */
function guess(address: string, metadata: Directive, notes: ProviderNotes): string {
  const bare = issuerOfMetadata(address)
  if (bare === null || elsewhere.test(bare)) {
    const message = `what the issuer is only the metadata says: write the provider's \`issuer\` exactly as it stands there, beside \`metadata_url\``
    notes.report(plain('metadata-url', 'not-convertible', metadata, message))
    return unknown
  }
  const issuer = withSlash.test(bare) ? `${bare}/` : bare
  const message = `\`issuer: ${issuer}\`; it has to be exactly what the metadata says, with or without a last slash`
  notes.report(plain('issuer', 'kept', metadata, message))
  return issuer
}

/** Who writes a last slash: Auth0, authentik. Whoever else does is told by `check` at the first start. */
const withSlash = /^https:\/\/[^/]+\.auth0\.com$|\/application\/o\/[^/]+$/
/** Azure AD B2C: the metadata is that of a policy, the issuer that of a tenant. */
const elsewhere = /^https:\/\/[^/]+\.b2clogin\.com\//

const staticEndpoint =
  /^oidcprovider(?:authorization|token|userinfo|endsession|revocation|pushedauthorizationrequest)endpoint$|^oidcproviderjwksuri$/
