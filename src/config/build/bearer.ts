import type { BearerSettings } from '../../core/credential/bearer-settings.ts'
import type { Preset } from '../../core/preset.ts'
import type { ProviderSettings } from '../../core/provider-settings.ts'
import type { ConfigPath } from '../node.ts'
import type { providerKeys } from '../schema/provider.ts'
import type { Checked } from '../validate.ts'
import { readWebAddress } from '../web-address.ts'
import { checkScheme } from './provider-address.ts'
import { faultAt, faultAtKey, isWritten, type Scope } from './scope.ts'

type ProviderKeys = Checked<typeof providerKeys>
type Keys = NonNullable<ProviderKeys['bearer']>

/** `bearer` of a provider; null where there is none, or where it was faulty and reported. */
export function buildBearer(
  scope: Scope,
  path: ConfigPath,
  keys: ProviderKeys,
  preset: Preset,
): BearerSettings | null {
  const { bearer } = keys
  if (bearer === undefined) return null
  const at = [...path, 'bearer']
  checkAudience(scope, at, bearer)
  checkTokenInfo(scope, at, bearer, { preset, insecure: keys.allow_insecure_http === true })
  if (bearer.check === 'jwt' && isWritten(scope, [...at, 'cache']))
    faultAtKey(scope, [...at, 'cache'], 'means nothing with `check: jwt`, where no answer is awaited')
  return {
    audiences: [...new Set(bearer.audiences)],
    clientIds: [...new Set(bearer.client_ids)],
    check: bearer.check,
    // Empty only where the provider's own was faulty: then no model is made.
    userId: bearer.user_id ?? keys.user_id ?? '',
    acceptClients: bearer.accept_clients,
    requiredScopes: [...new Set(bearer.required_scopes)],
    cacheSeconds: bearer.cache,
    tokenInfo: bearer.token_info ?? null,
  }
}

/** RFC 9068 4, RFC 8725 3.9: a token that was made for whomever is none for us. */
function checkAudience(scope: Scope, at: ConfigPath, { check, audiences, client_ids: clients }: Keys): void {
  if (check === 'userinfo') {
    if (clients === undefined)
      faultAt(
        scope,
        [...at, 'client_ids'],
        'is missing: userinfo says whose a token is, and not for whom it was made; name the clients whose tokens count',
      )
    if (audiences !== undefined)
      faultAtKey(scope, [...at, 'audiences'], 'means nothing with `check: userinfo`: write `client_ids`')
    return
  }
  if (audiences !== undefined || clients !== undefined) return
  const message =
    'needs `audiences`, of which one must be in `aud`, or `client_ids` for tokens without `aud`: otherwise a token that was made for any other API would count'
  faultAt(scope, at, message)
}

const knowing: ReadonlySet<Preset> = new Set(['google', 'facebook'])

function checkTokenInfo(
  scope: Scope,
  path: ConfigPath,
  { check, token_info: info }: Keys,
  { preset, insecure }: { readonly preset: Preset; readonly insecure: boolean },
): void {
  const at = [...path, 'token_info']
  if (info === undefined) {
    if (check === 'userinfo' && !knowing.has(preset))
      faultAt(
        scope,
        at,
        'is missing: it says where the provider tells for which client a token was made (the presets google and facebook know it); where it tells nowhere, use `check: jwt` or `introspection`',
      )
    return
  }
  if (check !== 'userinfo') faultAtKey(scope, at, 'is used with `check: userinfo` only')
  const [address = ''] = info.url.split('?', 1)
  const read = readWebAddress(address)
  if (!read.ok) faultAt(scope, [...at, 'url'], read.message)
  else if (info.url.includes('#')) faultAt(scope, [...at, 'url'], 'must not have a fragment')
  else if (/[{}]/.test(info.url.replace(/(?<=[?&][^?&={}]+=)\{token\}(?=&|$)/, '')))
    faultAt(scope, [...at, 'url'], '`{token}` stands once, as the whole value of a parameter')
  else checkScheme(scope, [...at, 'url'], read.address, insecure)
}

/**
 * An ID token is signed by the same keys, and its audience is the client of the sign-in: named as an audience of access
 * tokens, each of them would open the API (RFC 8725 3.12).
 */
export function checkAudiences(
  scope: Scope,
  drafts: ReadonlyMap<string, Pick<ProviderSettings, 'name' | 'signsIn' | 'clientId' | 'bearer'>>,
): void {
  const clients = new Map<string, string>()
  for (const { name, signsIn, clientId } of drafts.values()) if (signsIn) clients.set(clientId, name)
  for (const { name, bearer } of drafts.values()) {
    for (const audience of bearer?.audiences ?? []) {
      const owner = clients.get(audience)
      if (owner === undefined) continue
      const written = ['providers', name, 'bearer', 'audiences']
      const message = `one of them is the \`client_id\` with which people sign in at "${owner}", so their ID tokens could pass for access tokens: name the API, which has an audience of its own`
      faultAt(scope, written, message)
    }
  }
}
