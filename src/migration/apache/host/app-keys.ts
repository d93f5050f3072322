import type { YamlValue } from '../../yaml.ts'
import { lastOf, wordsOf } from '../reading/last.ts'
import type { Directive } from '../reading/tree.ts'
import { directivesOf } from './applied.ts'
import type { Base } from './bases.ts'
import { readBodyPace } from './body-pace.ts'
import type { ConvertedHeaders } from './header-set.ts'
import type { HostWork } from './host-work.ts'
import { type ResponseHeaders, responseHeadersValue } from './response-headers.ts'
import { resumeKeys } from './resume.ts'

/** The keys of one app but its locations. */
export function appKeys(
  base: Base,
  origin: string,
  redirect: string | null,
  { headers, answers }: { readonly headers: ConvertedHeaders; readonly answers: ResponseHeaders },
  work: HostWork,
): { readonly [key: string]: YamlValue } {
  const { directives } = work.host
  const keys: Record<string, YamlValue> = {
    url: base.prefix.length === 0 ? origin : `${origin}/${base.prefix.join('/')}`,
    upstream: upstreamOf(base, headers.fixed, work),
  }
  const signsIn = work.providers.length > 0
  if (work.severalProviders && signsIn) {
    const names = work.providers.map(({ name }) => name)
    keys.provider = names.length === 1 ? (names[0] ?? '') : names
  }
  if (redirect !== null) keys.redirect_uri = redirect
  const [loggedOut] = wordsOf(directives, 'OIDCDefaultLoggedOutURL')
  if (loggedOut !== undefined) {
    keys.post_logout_redirect_uri = loggedOut
    const directive = lastOf(directives, 'OIDCDefaultLoggedOutURL')
    work.report({
      id: 'kept',
      kind: 'kept',
      at: directive?.at ?? null,
      what: `OIDCDefaultLoggedOutURL ${loggedOut}`,
      message: '`post_logout_redirect_uri`: register it at the provider',
      effect: null,
    })
  }
  if (signsIn) keys.identity_headers = headers.identity
  const said = responseHeadersValue(answers)
  if (said !== null) keys.response_headers = said
  Object.assign(keys, limitsOf(base, work))
  Object.assign(keys, resumeKeys(directives, bodyBytesOf(directives)))
  if (base.websocket) keys.websocket = true
  return keys
}

function limitsOf({ mapping, prefix }: Base, { host, report }: HostWork): Record<string, YamlValue> {
  const found: Record<string, YamlValue> = {}
  const timeout =
    mapping?.timeoutSeconds ?? (Number(wordsOf(directivesOf(host, prefix), 'ProxyTimeout')[0]) || null)
  const body = readBodyPace(host, report)
  if (timeout !== null || body !== null) {
    found.timeouts = {
      ...(timeout === null ? {} : { response: `${timeout}s` }),
      ...(body === null ? {} : { body }),
    }
  }
  const directive = lastOf(host.directives, 'LimitRequestBody')
  const [bytes] = wordsOf(host.directives, 'LimitRequestBody')
  if (directive !== null && bytes !== undefined && /^\d{1,15}$/.test(bytes)) {
    found.max_body = sizeText(Number(bytes))
    report({
      id: 'kept',
      kind: 'kept',
      at: directive.at,
      what: `LimitRequestBody ${bytes}`,
      message: '`max_body`',
      effect: null,
    })
  } else {
    report({
      id: 'max-body',
      kind: 'changed',
      at: null,
      what: 'the default of LimitRequestBody',
      message: 'bodies of more than 10 MiB get 413 here; `max_body` sets another limit',
      effect: null,
    })
  }
  return found
}

/** Null: no limit below the gateway’s own. */
function bodyBytesOf(directives: readonly Directive[]): number | null {
  const [bytes = ''] = wordsOf(directives, 'LimitRequestBody')
  return /^[1-9]\d{0,14}$/.test(bytes) ? Number(bytes) : null
}

function sizeText(bytes: number): string {
  if (bytes === 0) return 'none'
  return bytes % 1048576 === 0 ? `${bytes / 1048576}MiB` : `${bytes}B`
}

function upstreamOf(
  { mapping, prefix }: Base,
  fixed: Readonly<Record<string, string>>,
  { host }: HostWork,
): YamlValue {
  const target = mapping?.target ?? 'http://fill-in.invalid'
  const [, origin = target, path = ''] = /^(https?:\/\/[^/]+|unix:\/[^:]+:?)(\/.*)?$/.exec(target) ?? []
  const own = prefix.length === 0 ? '' : `/${prefix.join('/')}`
  const base = path.replace(/\/+$/, '')
  const keepsPrefix = own === '' || base.endsWith(own)
  const url =
    own !== '' && keepsPrefix ? `${origin}${base.slice(0, base.length - own.length)}` : `${origin}${base}`
  const address = url.replace(/:$/, '')
  const keys: Record<string, YamlValue> = {}
  const directives = directivesOf(host, prefix)
  if (wordsOf(directives, 'ProxyPreserveHost')[0]?.toLowerCase() === 'on') keys.preserve_host = true
  if (!keepsPrefix) keys.strip_prefix = true
  const [authority] = wordsOf(directives, 'SSLProxyCACertificateFile')
  if (authority !== undefined && target.startsWith('https')) keys.ca_file = authority
  if (Object.keys(fixed).length > 0) keys.headers = fixed
  return Object.keys(keys).length === 0 ? address : { url: address, ...keys }
}
