import { type ConfigNode, nodeAt } from '../config/node.ts'
import { isLoopback, readWebAddress } from '../config/web-address.ts'
import { covers } from '../core/request/address-ranges.ts'
import { coversEverything, isPrivateHost, privateNetworks } from './addresses.ts'
import { type Check, foundAt } from './check.ts'
import { upstreamPath } from './subject.ts'

/** Whom the gateway believes, and what passes in the clear. */
export const networkChecks: readonly Check[] = [
  {
    id: 'trusted-proxies-everyone',
    severity: 'error',
    finds: '`trusted_proxies` that trusts everyone',
    why: 'A trusted proxy says from which address a request comes, and whether it came by https. If everybody is trusted, every client can write its own address. `client_ip` and the log then mean nothing.',
    fix: 'List the addresses of the load balancers, or write `none`.',
    example: 'trusted_proxies: [0.0.0.0/0]',
    find: (subject) =>
      coversEverything(subject.gateway.trustedProxies)
        ? [
            foundAt(
              subject,
              ['trusted_proxies'],
              'every client is a trusted proxy, and can claim any address',
            ),
          ]
        : [],
  },
  {
    id: 'trusted-proxies-wide',
    severity: 'note',
    finds: '`trusted_proxies` with a whole private network, or more',
    why: 'Every machine, container and VPN guest in it can claim any client address by connecting to the gateway directly.',
    fix: 'List the subnets of the load balancers alone, and let no one else reach the gateway’s port.',
    example: 'trusted_proxies: [10.0.0.0/8]',
    find: (subject) => {
      const { trustedProxies } = subject.gateway
      if (coversEverything(trustedProxies)) return []
      const written = nodeAt(subject.root, ['trusted_proxies'])
      const members = written?.kind === 'list' ? written.items : []
      const networks = [...members.keys()].filter((index) => !isUnix(members[index]))
      return trustedProxies.flatMap((range, at) => {
        if (!privateNetworks.some((network) => covers(range, network)) && range.bits >= 8) return []
        const path = ['trusted_proxies', networks[at] ?? at]
        return [foundAt(subject, path, 'every machine of this network can claim any client address')]
      })
    },
  },
  {
    id: 'admin-exposed',
    severity: 'note',
    finds: 'An admin address that other machines reach',
    why: '`/metrics` names apps and providers, and says how many requests are refused where. It asks for no sign-in.',
    fix: 'Listen on `127.0.0.1`, or let only your monitoring reach the port.',
    example: 'admin: 0.0.0.0:9090',
    find: (subject) => {
      const { admin } = subject.gateway
      if (admin === null || isLoopbackAddress(admin.host)) return []
      return [foundAt(subject, ['admin'], 'whoever reaches this address reads the metrics')]
    },
  },
  {
    id: 'issuer-http',
    severity: 'warning',
    finds: 'A provider that is reached by http',
    why: 'Somebody on the way can put in other keys, and sign in as anybody.',
    fix: 'Write the issuer with `https`. If its authority is a private one, name it in `ca_file`. For an address inside your network there is `internal_url`, with `https` too.',
    example: `providers:
  main: { issuer: "http://id.internal", allow_insecure_http: true }`,
    find: (subject) =>
      [...subject.gateway.providers.values()].flatMap(({ name, issuer, internalUrl }) =>
        Object.entries({ issuer, internal_url: internalUrl }).flatMap(([key, address]) => {
          if (address === null || !isHttpBeyondLoopback(address)) return []
          return [
            foundAt(subject, ['providers', name, key], `"${name}" is asked by http: sign-ins can be forged`),
          ]
        }),
      ),
  },
  {
    id: 'app-http',
    severity: 'warning',
    finds: 'An app that people browse by http',
    why: 'Session cookies pass in the clear and without `Secure`. Somebody on the way can take them.',
    fix: 'Serve it by https, with `listen.tls` or behind a load balancer that ends TLS.',
    example: `apps:
  wiki: { url: "http://wiki.example.com", allow_insecure_http: true }`,
    find: (subject) =>
      subject.gateway.apps.flatMap(({ name, url }) =>
        isHttpBeyondLoopback(url)
          ? [foundAt(subject, ['apps', name, 'url'], `sessions of "${name}" can be stolen on the way`)]
          : [],
      ),
  },
  {
    id: 'upstream-http-public',
    severity: 'warning',
    finds: 'An upstream that is reached by http across a public network',
    why: 'The shared secret and everything that people see pass in the clear. Whoever reads the secret gets into the app as anybody.',
    fix: 'Write `https`, or a name or address of a private network.',
    example: `apps:
  wiki: { upstream: "http://wiki-origin.example.com" }`,
    find: (subject) =>
      subject.gateway.apps.flatMap(({ name, upstream }) => {
        if (upstream.scheme === 'https' || isPrivateHost(upstream.hostname)) return []
        return [
          foundAt(
            subject,
            upstreamPath(subject, name),
            `"${name}" is reached by http, with its shared secret in the clear`,
          ),
        ]
      }),
  },
]

function isLoopbackAddress(host: string): boolean {
  return isLoopback(host) || host === '::1'
}

function isHttpBeyondLoopback(text: string): boolean {
  const read = readWebAddress(text)
  return read.ok && read.address.scheme === 'http' && !isLoopback(read.address.hostname)
}

/** The member of `trusted_proxies` that is no network. */
function isUnix(node: ConfigNode | undefined): boolean {
  return node?.kind === 'scalar' && node.value === 'unix'
}
