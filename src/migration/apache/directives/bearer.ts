import type { Directive } from '../reading/tree.ts'
import { splitWords } from '../reading/words.ts'
import { changed, missing, own, type Said } from './said.ts'

/** What became of the access tokens of a host. `none`: no place of it took any. */
export type HostTokens = 'taken' | 'refused' | 'none'

/** What is said of one `OIDCOAuth…` line; null for every other line. */
export function saidOfBearer(
  { key, rest }: Pick<Directive, 'key' | 'rest'>,
  tokens: HostTokens,
): Said | null {
  if (!key.startsWith('oidcoauth')) return null
  if (tokens === 'none') return own('no place of this host took access tokens')
  if (tokens === 'refused') return refused
  const words = splitWords(rest)
  const [word = ''] = words
  switch (key) {
    case 'oidcoauthaccepttokenas':
      return words.length === 0 || words.every((one) => /^header$/i.test(one)) ? header : headerAlone
    case 'oidcoauthsslvalidateserver':
      return /^on$/i.test(word) ? own('certificates are always verified') : verified
    case 'oidcoauthremoteuserclaim':
      return words.length > 1 ? expression : changed('`bearer.user_id`, unless it is the provider’s own')
    case 'oidcoauthintrospectionendpointmethod':
      return /^post$/i.test(word) ? own('tokens are always sent by POST') : byPost
  }
  return said.get(key) ?? missing('is not converted: bearer tokens here have no such setting')
}

const refused = missing('no access token opens anything yet: see the places that took them')
const header = own('tokens come in the header `Authorization`, and nowhere else')
const headerAlone = missing(
  'tokens come in the header `Authorization` alone: addresses and cookies end up in logs and with other sites',
)
const verified = missing('certificates are always verified: name the authority in `ca_file`')
const byPost = missing('tokens are sent by POST: an address with a token ends up in logs')
const expression = missing(
  'the user id was cut out of the claim by an expression: here it is the whole claim',
)
const keysOfFile = missing(
  'keys are read from the provider alone, and are never shared ones: nobody gets in by a token that another key signed',
)
const ownClient = changed(
  'is asked by the client of the provider and by its proof: `client_id`, `client_secret`, `token_endpoint_auth_method`',
)

const said: ReadonlyMap<string, Said> = new Map([
  [
    'oidcoauthverifyjwksuri',
    changed(
      '`bearer` of the provider: a token must also have its `iss`, an `exp` and one of `audiences`, which httpd did not look at by itself',
    ),
  ],
  [
    'oidcoauthservermetadataurl',
    changed('the `issuer` whose tokens are taken: its metadata says where keys and introspection are'),
  ],
  [
    'oidcoauthintrospectionendpoint',
    changed(
      '`bearer: { check: introspection }`: the address is the one of the provider’s metadata, and the answer must say for whom the token is',
    ),
  ],
  ['oidcoauthintrospectionendpointauth', ownClient],
  ['oidcoauthclientid', ownClient],
  ['oidcoauthclientsecret', ownClient],
  ['oidcoauthverifyaudience', { kind: 'kept', message: '`bearer.audiences`' }],
  ['oidcoauthverifyissuer', { kind: 'kept', message: 'the provider’s `issuer`' }],
  ['oidcoauthverifysharedkeys', keysOfFile],
  ['oidcoauthverifycertfiles', keysOfFile],
  ['oidcoauthdecryptsharedkeys', missing('encrypted tokens are not read')],
  [
    'oidcoauthtokenexpiryclaim',
    changed('the end of a token is `exp` (RFC 7662); an answer without it is believed for `bearer.cache`'),
  ],
  [
    'oidcoauthtokenintrospectioninterval',
    changed('`bearer.cache`: how long an answer is believed, never beyond the end of the token'),
  ],
])
