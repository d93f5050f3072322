import { providerName } from '../../provider-name.ts'
import type { SourcePosition } from '../../source-position.ts'
import type { YamlValue } from '../../yaml.ts'
import { lastOf } from '../reading/last.ts'
import type { VirtualHost } from '../reading/site.ts'
import { splitWords } from '../reading/words.ts'
import { readIssuer } from './issuer.ts'
import type { MetadataProvider } from './metadata-folder.ts'
import { kept, type ProviderNotes, plain } from './notes.ts'
import { readProof } from './proof.ts'
import { readRecheck } from './recheck.ts'
import { readRequest, scopesOf } from './request.ts'
import { readUser } from './user.ts'

/** One provider of the result. */
export interface ConvertedProvider {
  readonly name: string
  readonly issuer: string
  readonly keys: { readonly [key: string]: YamlValue }
  /** `httpd.conf:3`: where it comes from; null where nothing says. */
  readonly at: SourcePosition | null
}

/** The one provider of `OIDCProvider…` and `OIDCClient…`; null where the host names none. */
export function readProvider(host: VirtualHost, notes: ProviderNotes): ConvertedProvider | null {
  const { directives } = host
  const id = lastOf(directives, 'OIDCClientID')
  const metadata = lastOf(directives, 'OIDCProviderMetadataURL')
  const explicit = lastOf(directives, 'OIDCProviderIssuer')
  if (id === null && metadata === null && explicit === null) return null
  const { issuer, metadataUrl } = readIssuer(directives, notes)
  const name = providerName(issuer)
  const clientId = splitWords(id?.rest ?? '')[0] ?? ''
  if (clientId === '') {
    notes.report(
      plain('client-id', 'not-convertible', metadata ?? explicit, 'no OIDCClientID: write `client_id`'),
    )
  }
  const keys: Record<string, YamlValue> = {
    issuer,
    ...(metadataUrl === null ? {} : { metadata_url: metadataUrl }),
    client_id: clientId === '' ? 'fill-in' : clientId,
  }
  kept(id, `providers.${name}.client_id`, notes)
  Object.assign(keys, readProof(directives, name, notes), readRequest(directives, name, notes))
  const recheck = readRecheck(host, null)
  if (recheck !== null) keys.recheck = recheck
  return { name, issuer, keys, at: metadata?.at ?? explicit?.at ?? id?.at ?? null }
}

/** A provider of `OIDCMetadataDir`; what its `.conf` lacks comes from the host's directives. */
export function readMetadataProvider(
  { issuer, clientId, settings, at, hasSecret, saysIssuer }: MetadataProvider,
  host: VirtualHost,
  notes: ProviderNotes,
): ConvertedProvider {
  const name = providerName(issuer, true)
  const method = textOf(settings.token_endpoint_auth)
  const keys: Record<string, YamlValue> = { issuer, client_id: clientId === '' ? 'fill-in' : clientId }
  if (method === null || /^client_secret_(?:basic|post)$/.test(method)) {
    const variable = `${name.toUpperCase().replaceAll(/\W/g, '_')}_CLIENT_SECRET`
    keys.client_secret = `\${env:${variable}}`
    notes.variable({
      name: variable,
      purpose: `the client secret of ${issuer}${hasSecret ? ', as in its .client file' : ''}`,
    })
  }
  if (method !== null) keys.token_endpoint_auth_method = method
  if (saysIssuer) keys.response_iss = 'required'
  const scope = textOf(settings.scope) ?? splitWords(lastOf(host.directives, 'OIDCScope')?.rest ?? '')[0]
  keys.scopes = scopesOf(scope ?? 'openid')
  kept(lastOf(host.directives, 'OIDCScope'), 'the providers’ `scopes`, where their .conf names none', notes)
  const recheck = readRecheck(host, settings.userinfo_refresh_interval)
  if (recheck !== null) keys.recheck = recheck
  return { name, issuer, keys: { ...keys, ...readUser(host.directives, name, issuer, notes) }, at }
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}
