import type { YamlValue } from '../../yaml.ts'
import { lastOf } from '../reading/last.ts'
import type { Directive } from '../reading/tree.ts'
import { splitWords } from '../reading/words.ts'
import { kept, type ProviderNotes, plain } from './notes.ts'

/** How the client proves itself. The secret itself never comes along. */
export function readProof(
  directives: readonly Directive[],
  name: string,
  notes: ProviderNotes,
): Record<string, YamlValue> {
  const auth = lastOf(directives, 'OIDCProviderTokenEndpointAuth')
  const secret = lastOf(directives, 'OIDCClientSecret')
  const [method = ''] = (splitWords(auth?.rest ?? '')[0] ?? '').split(':')
  kept(auth, `providers.${name}.token_endpoint_auth_method`, notes)
  noteUnused(directives, method, notes)
  switch (method) {
    case 'none':
      return { token_endpoint_auth_method: 'none' }
    case 'private_key_jwt':
      return { token_endpoint_auth_method: method, ...readKey(directives, name, notes) }
    case 'tls_client_auth':
    case 'self_signed_tls_client_auth': {
      const [certificate = 'fill-in.crt'] = splitWords(
        lastOf(directives, 'OIDCClientTokenEndpointCert')?.rest ?? '',
      )
      const [key = 'fill-in.key'] = splitWords(lastOf(directives, 'OIDCClientTokenEndpointKey')?.rest ?? '')
      if (method !== 'tls_client_auth')
        notes.report(plain('client-auth', 'changed', auth, 'is written as `tls_client_auth`'))
      return { token_endpoint_auth_method: 'tls_client_auth', client_certificate: { certificate, key } }
    }
    case 'client_secret_jwt':
      notes.report(
        plain(
          'client-auth',
          'not-convertible',
          auth,
          'register the client for `client_secret_basic` or `private_key_jwt` at the provider',
        ),
      )
  }
  const [value = ''] = splitWords(secret?.rest ?? '')
  const variable = /^\$\{(\w+)\}$/.exec(value)?.[1] ?? 'OIDC_CLIENT_SECRET'
  notes.variable({ name: variable, purpose: `the client secret of provider ${name}, as in OIDCClientSecret` })
  if (secret !== null) {
    notes.report(
      plain('client-secret', 'changed', secret, `is not copied: the file asks for \${env:${variable}}`),
    )
  }
  const proof = { client_secret: `\${env:${variable}}` }
  return /^client_secret_(?:basic|post)$/.test(method)
    ? { ...proof, token_endpoint_auth_method: method }
    : proof
}

/** Keys and certificates that another way of proving does not need, and those that were shown besides. */
function noteUnused(directives: readonly Directive[], method: string, notes: ProviderNotes): void {
  const keys = lastOf(directives, 'OIDCPrivateKeyFiles')
  if (keys !== null && method !== 'private_key_jwt') {
    const message = 'is for `private_key_jwt` and encrypted tokens, neither of which is used here'
    notes.report(plain('client-key', 'not-needed', keys, message))
  }
  const isTls = /tls_client_auth$/.test(method)
  for (const name of ['OIDCClientTokenEndpointCert', 'OIDCClientTokenEndpointKey']) {
    const directive = lastOf(directives, name)
    if (directive === null) continue
    const message =
      'a certificate is shown to the provider with `token_endpoint_auth_method: tls_client_auth` alone: register the client so'
    if (isTls) kept(directive, 'the provider’s `client_certificate`', notes)
    else notes.report(plain('client-certificate', 'not-convertible', directive, message))
  }
}

function readKey(
  directives: readonly Directive[],
  name: string,
  notes: ProviderNotes,
): Record<string, YamlValue> {
  const files = lastOf(directives, 'OIDCPrivateKeyFiles')
  const [first = ''] = splitWords(files?.rest ?? '').filter((file) => !file.startsWith('enc:'))
  const [, id, file] = /^(?:sig:)?(?:[\w-]+@)?(?:(.*)#)?(.*)$/.exec(first) ?? []
  kept(files, `providers.${name}.client_key`, notes)
  return {
    client_key: file === undefined || file === '' ? 'fill-in.pem' : file,
    ...(id ? { client_key_id: id } : {}),
  }
}
