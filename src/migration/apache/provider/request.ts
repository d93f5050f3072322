import { isIdTokenAlgorithm } from '../../../core/signature-algorithm.ts'
import type { YamlValue } from '../../yaml.ts'
import { lastOf } from '../reading/last.ts'
import type { Directive } from '../reading/tree.ts'
import { splitWords } from '../reading/words.ts'
import { kept, type ProviderNotes, plain } from './notes.ts'
import { readUser } from './user.ts'

/** What is asked for at the provider, and who people are afterwards. */
export function readRequest(
  directives: readonly Directive[],
  name: string,
  notes: ProviderNotes,
): Record<string, YamlValue> {
  const keys: Record<string, YamlValue> = {}
  const [clientId = ''] = splitWords(lastOf(directives, 'OIDCClientID')?.rest ?? '')
  const scope = lastOf(directives, 'OIDCScope')
  keys.scopes = scopesOf(splitWords(scope?.rest ?? '')[0] ?? 'openid')
  kept(scope, `providers.${name}.scopes`, notes)
  const mode = lastOf(directives, 'OIDCResponseMode')
  const [asked] = splitWords(mode?.rest ?? '')
  if (asked === 'form_post') {
    keys.response_mode = 'form_post'
    kept(mode, `providers.${name}.response_mode`, notes)
  } else if (asked === 'query') kept(mode, 'the default of `response_mode`', notes)
  else if (mode !== null) {
    notes.report(
      plain('response-mode', 'changed', mode, '`query`, the default: answers come back in the address'),
    )
  }
  const parameters = readParameters(lastOf(directives, 'OIDCAuthRequestParams'), notes)
  if (Object.keys(parameters).length > 0) keys.authorization_parameters = parameters
  const ca = lastOf(directives, 'OIDCCABundlePath')
  const [caFile] = splitWords(ca?.rest ?? '')
  if (caFile !== undefined) keys.ca_file = caFile
  kept(ca, `providers.${name}.ca_file`, notes)
  const algorithm = lastOf(directives, 'OIDCIDTokenSignedResponseAlg')
  const [signed] = splitWords(algorithm?.rest ?? '')
  if (signed !== undefined && isIdTokenAlgorithm(signed)) {
    keys.id_token_signed_response_alg = signed
    kept(algorithm, `providers.${name}.id_token_signed_response_alg`, notes)
  } else if (algorithm !== null) {
    notes.report(
      plain(
        'id-token-alg',
        'not-convertible',
        algorithm,
        'ID tokens are signed by a key pair here (RS256, ES256 …), or with HS256',
      ),
    )
  }
  const audiences = lastOf(directives, 'OIDCIDTokenAudValues')
  const extra = splitWords(audiences?.rest ?? '').filter((party) => party !== clientId)
  if (extra.length > 0) keys.extra_audiences = extra
  if (audiences !== null)
    notes.report(
      plain(
        'audiences',
        'changed',
        audiences,
        `${extra.length > 0 ? '`extra_audiences`: ' : ''}the client id must be among the audiences all the same`,
      ),
    )
  const userinfo = lastOf(directives, 'OIDCProviderUserInfoEndpoint')
  if (userinfo !== null && splitWords(userinfo.rest)[0] === '') {
    keys.claims_from = ['id_token']
    kept(userinfo, `providers.${name}.claims_from: [id_token]`, notes)
  }
  noteEndpoints(directives, notes)
  const issuer = splitWords(lastOf(directives, 'OIDCProviderIssuer')?.rest ?? '')[0] ?? ''
  return { ...keys, ...readUser(directives, name, issuer, notes) }
}

const endpoint =
  /^oidcprovider(?:authorization|token|userinfo|endsession|revocation|pushedauthorizationrequest)endpoint$|^oidcproviderjwksuri$/

/** Endpoints that stood in place of those of the metadata; without metadata they are told of elsewhere. */
function noteEndpoints(directives: readonly Directive[], notes: ProviderNotes): void {
  if (lastOf(directives, 'OIDCProviderMetadataURL') === null) return
  for (const directive of directives.filter(({ key }) => endpoint.test(key))) {
    if (splitWords(directive.rest)[0] === '') continue
    const message =
      'replaced what the metadata says: here endpoints are those of the metadata alone. Where it is another host, `internal_url` names how the provider is reached'
    notes.report(plain('endpoint-override', 'not-convertible', directive, message))
  }
}

/** As a list, with `openid` among them. */
export function scopesOf(text: string): readonly string[] {
  const scopes = text.split(/\s+/).filter((scope) => scope !== '')
  return scopes.includes('openid') ? scopes : ['openid', ...scopes]
}

const ownParameters =
  /^(?:client_id|code_challenge|code_challenge_method|nonce|redirect_uri|request|request_uri|response_mode|response_type|scope|state)$/

function readParameters(directive: Directive | null, notes: ProviderNotes): Record<string, string> {
  if (directive === null) return {}
  const found: Record<string, string> = {}
  for (const [name, value] of new URLSearchParams(splitWords(directive.rest)[0] ?? '')) {
    if (value === '#' || ownParameters.test(name) || value === '' || Object.hasOwn(found, name)) {
      notes.report(
        plain(
          'auth-request-params',
          'not-convertible',
          directive,
          `\`${name}\`: only fixed values, each parameter once, and none that the gateway sets itself`,
        ),
      )
    } else found[name] = value
  }
  kept(directive, 'the provider’s `authorization_parameters`', notes)
  return found
}
