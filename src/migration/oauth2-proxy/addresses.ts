import { readSocketAddress } from '../../config/upstream-address.ts'
import type { YamlValue } from '../yaml.ts'
import type { OauthProxy } from './proxy.ts'

export interface Addresses {
  /** Keys at the top of the file. */
  readonly top: { readonly [key: string]: YamlValue }
  readonly origin: string
  readonly redirectUri: string
  readonly insecure: boolean
  /** Networks whose requests pass without a sign-in. */
  readonly trustedIps: readonly string[]
}

/** Where it listens, what people browse, and whose word about addresses counts. */
export function convertAddresses(proxy: OauthProxy): Addresses {
  const { origin, redirectUri } = redirectOf(proxy)
  const { proxies, trustedIps } = trustOf(proxy)
  const top: Record<string, YamlValue> = { listen: listenOf(proxy) }
  const metrics = proxy.text('metrics_address')
  if (metrics !== null) top.admin = addressOf(metrics)
  proxy.say('metrics_address', 'kept', '`admin`, with /livez and /readyz besides /metrics')
  if (proxies !== null) top.trusted_proxies = proxies
  const insecure = /^http:\/\/(?!localhost\b|127\.|\[::1\])/.test(origin)
  return { top, origin, redirectUri, insecure, trustedIps }
}

function redirectOf(proxy: OauthProxy): { readonly origin: string; readonly redirectUri: string } {
  const prefix = proxy.text('proxy_prefix') ?? '/oauth2'
  const written = proxy.text('redirect_url') ?? ''
  const url = URL.parse(written)
  const byDefault = `${prefix}/callback`
  proxy.say(
    'proxy_prefix',
    'changed',
    `\`${prefix}/sign_out\` is \`/.auth/logout\` now, \`${prefix}/start\` and \`${prefix}/sign_in\` are \`/.auth/login\`, \`${prefix}/userinfo\` is \`/.auth/me\`, and \`rd\` is \`return_to\`, a local path: links in apps have to follow. What oauth2-proxy answered itself, below ${prefix} and at /ping, /ready and /robots.txt, are paths of the app now, under its rule`,
    { id: 'paths', always: true, effect: 'looser' },
  )
  if (url === null || !/^https?:$/.test(url.protocol)) {
    proxy.say(
      'redirect_url',
      'not-convertible',
      'the host that people browse is not named: write the app’s `url`; nothing is taken from the request',
      {
        id: 'url',
        always: true,
      },
    )
    const path = written.startsWith('/') ? written : byDefault
    return { origin: 'https://fill-in.invalid', redirectUri: path }
  }
  const redirectUri = /^\/?$/.test(url.pathname) ? byDefault : url.pathname
  if (url.protocol === 'http:' && !/^(?:localhost|127\.[\d.]+|\[::1\])$/.test(url.hostname)) {
    proxy.say(
      'redirect_url',
      'suspect',
      '`url`, and `allow_insecure_http` as it is http: sessions can be stolen on the way',
      { id: 'insecure' },
    )
  } else
    proxy.say('redirect_url', 'kept', `\`url\`, and \`redirect_uri: ${redirectUri}\` as it is registered`)
  return { origin: url.origin, redirectUri }
}

function listenOf(proxy: OauthProxy): YamlValue {
  const plain = proxy.text('http_address')
  const [certificate, key] = [proxy.text('tls_cert_file'), proxy.text('tls_key_file')]
  if (certificate !== null && key !== null) {
    for (const name of ['https_address', 'tls_cert_file', 'tls_key_file'])
      proxy.say(name, 'kept', '`listen: { address, tls }`')
    proxy.say(
      'http_address',
      'changed',
      'one address is listened on, that with TLS: nothing answers plain requests',
    )
    return { address: addressOf(proxy.text('https_address') ?? ':443'), tls: [{ certificate, key }] }
  }
  for (const name of ['https_address', 'tls_cert_file', 'tls_key_file'])
    proxy.say(name, 'not-needed', 'without a certificate and its key there is no TLS')
  if (plain?.startsWith('unix:')) return socketOf(proxy, plain)
  proxy.say('http_address', 'kept', '`listen`', { always: true })
  return addressOf(plain ?? '127.0.0.1:4180')
}

/** `unix:/run/p.sock`, `unix:///run/p.sock`, and in newer releases the permissions behind: `unix:/run/p.sock,0660`. */
function socketOf(proxy: OauthProxy, text: string): YamlValue {
  const [, path = '', mode] = /^unix:(?:\/\/)?(\/[^,]*)(?:,(.*))?$/.exec(text) ?? []
  const isMode = mode === undefined || /^0?[0-7]{3}$/.test(mode)
  const read = readSocketAddress(`unix:${path}`)
  if (read === null || !read.ok || !isMode) {
    proxy.say(
      'http_address',
      'not-convertible',
      `is no socket that can be listened on: write \`listen: unix:/run/claimgate.sock\``,
    )
    return '127.0.0.1:4180'
  }
  proxy.say('http_address', 'kept', '`listen`; `unix` in `trusted_proxies` believes the server in front', {
    always: true,
  })
  return mode === undefined ? `unix:${read.path}` : { address: `unix:${read.path}`, mode }
}

/** Go's `:4180` is every address. */
function addressOf(text: string): string {
  const bare = text.replace(/^https?:\/\//, '')
  return bare.startsWith(':') ? `0.0.0.0${bare}` : bare
}

interface Trust {
  readonly proxies: YamlValue | null
  readonly trustedIps: readonly string[]
}

function trustOf(proxy: OauthProxy): Trust {
  const behind = proxy.flag('reverse_proxy', false)
  // Whom the socket's permissions let connect was believed without being named.
  const bySocket = behind && (proxy.text('http_address')?.startsWith('unix:') ?? false)
  const named = [...(bySocket ? ['unix'] : []), ...proxy.list('trusted_proxy_ips').map(network)]
  const ips = proxy.list('trusted_ips').map(network)
  proxy.say('trusted_proxy_ips', 'kept', '`trusted_proxies`')
  proxy.say(
    'real_client_ip_header',
    'changed',
    'the client’s address is the rightmost one of X-Forwarded-For that is no trusted proxy; other headers are never read',
  )
  if (behind && named.length === 0) {
    proxy.say(
      'reverse_proxy',
      ips.length > 0 ? 'not-convertible' : 'changed',
      'X-Forwarded-* was believed of everybody: list the load balancers in `trusted_proxies`. Scheme and host are those of `url`, never the request’s',
    )
  } else
    proxy.say(
      'reverse_proxy',
      'kept',
      behind ? '`trusted_proxies`' : 'no X-Forwarded-* of others is believed',
    )
  if (ips.length === 0) return { proxies: named.length > 0 ? named : null, trustedIps: [] }
  if (behind && named.length === 0) {
    proxy.say(
      'trusted_ips',
      'not-convertible',
      'is left out: with nobody in `trusted_proxies` every request has the load balancer’s address, and would pass. Name the load balancers, then write `any: [{ client_ip: … }, …]`',
      { effect: 'stricter' },
    )
    return { proxies: null, trustedIps: [] }
  }
  const header = proxy.text('real_client_ip_header') ?? 'X-Real-IP'
  if (behind && !/^x-forwarded-for$/i.test(header)) {
    proxy.say(
      'trusted_ips',
      'not-convertible',
      `is left out: oauth2-proxy read the address from ${header}, and here it is that of X-Forwarded-For, which clients may write where the load balancer does not. See that it does, then write \`any: [{ client_ip: … }, …]\``,
      { effect: 'stricter' },
    )
    return { proxies: named, trustedIps: [] }
  }
  proxy.say(
    'trusted_ips',
    'suspect',
    'passes without a sign-in, everywhere, as before: `client_ip` in the rule. Whoever gets hold of such an address is in, and the app hears of nobody',
  )
  return { proxies: behind ? named : 'none', trustedIps: ips }
}

/** CIDRs have no host bits here: `10.0.0.7/8` is `10.0.0.0/8`. */
function network(text: string): string {
  const [address = '', length] = text.split('/')
  const octets = address.split('.').map(Number)
  if (length === undefined || octets.length !== 4) return text
  const bits = octets.reduce((sum, octet) => sum * 256 + octet, 0)
  const size = 2 ** (32 - Number(length))
  const first = Math.floor(bits / size) * size
  return `${[24, 16, 8, 0].map((shift) => Math.floor(first / 2 ** shift) % 256).join('.')}/${length}`
}
