import { knownMethods, webdavName } from '../../core/request/method.ts'
import type { Finding } from '../finding.ts'
import type { VirtualHost } from './reading/site.ts'
import type { Directive, Section } from './reading/tree.ts'
import { splitWords } from './reading/words.ts'
import { told } from './told.ts'

/** What is said of a directive that no other part of the conversion reads. */
interface Said {
  readonly kind: Finding['kind']
  readonly message: string
}

const own = (message: string): Said => ({ kind: 'not-needed', message })
const changed = (message: string): Said => ({ kind: 'changed', message })
const missing = (message: string): Said => ({ kind: 'not-convertible', message })

const tokens = missing('tokens never leave the gateway: the app gets identity headers, and the shared secret')
const stepUp = missing('a sign-in with other parameters for one path is not available: refused is 403')
const cache = own('sessions rest in the gateway’s own store')
const bearer = missing('bearer tokens are not taken: people sign in by a session')
const alwaysState = own('the state of a sign-in has one small cookie; the oldest goes first')
const server = own('the server’s own business')
const tls = own('TLS ends in front of the gateway, or here by `listen: { address, tls }`')

/** Directives of mod_auth_openidc and of the modules around it, by name in lower case. */
const said: ReadonlyMap<string, Said> = new Map(
  Object.entries({
    OIDCCryptoPassphrase: changed(
      'is not copied: `session.secret` seals cookies, at least 32 bytes; without it one is generated, which serves one instance. Sessions of httpd end',
    ),
    OIDCResponseType: changed(
      'the code flow with PKCE is always used: the client needs it allowed at the provider',
    ),
    OIDCPKCEMethod: changed('PKCE with S256 is always used'),
    OIDCProviderMetadataRefreshInterval: own('metadata is refreshed by itself'),
    OIDCJWKSRefreshInterval: own('keys are refreshed by themselves'),
    OIDCSSLValidateServer: changed(
      'certificates are always verified; name a private authority in the provider’s `ca_file`',
    ),
    OIDCValidateIssuer: changed('the issuer is always compared exactly: write one provider for each tenant'),
    OIDCProviderAuthRequestMethod: changed('sign-ins begin with a redirect'),
    OIDCStateTimeout: changed('write `session.sign_in_timeout`; an hour unless written'),
    OIDCStateMaxNumberOfCookies: alwaysState,
    OIDCStateInputHeaders: own('a sign-in is bound to its cookie, not to headers'),
    OIDCStateCookiePrefix: alwaysState,
    OIDCCookiePath: own('the session belongs to the origin'),
    OIDCCookieDomain: changed('a session belongs to one origin: no cookie is shared between hosts'),
    OIDCCookieHTTPOnly: own('cookies are always HttpOnly'),
    OIDCSessionCookieChunkSize: cache,
    OIDCSessionCacheFallbackToCookie: cache,
    OIDCCacheType: cache,
    OIDCCacheEncrypt: cache,
    OIDCCacheDir: cache,
    OIDCCacheShmMax: cache,
    OIDCCacheShmEntrySizeMax: cache,
    OIDCCacheFileCleanInterval: cache,
    OIDCStripCookies: own('the gateway’s cookies never reach the app'),
    OIDCPassCookies: missing('cookies of browsers are not sent to the provider'),
    OIDCPassAccessToken: tokens,
    OIDCPassRefreshToken: tokens,
    OIDCPassIDTokenAs: tokens,
    OIDCPassUserInfoAs: tokens,
    OIDCRefreshAccessTokenBeforeExpiry: own('tokens are not kept after the sign-in'),
    OIDCUserInfoRefreshInterval: missing(
      'claims stay as they were at the sign-in: choose `max_lifetime` by how fast a change has to be seen',
    ),
    OIDCWhiteListedClaims: changed('all claims can be asked for by rules; only `identity_headers` go out'),
    OIDCBlackListedClaims: changed('all claims can be asked for by rules; only `identity_headers` go out'),
    OIDCFilterClaimsExpr: missing('claims are not filtered by jq: rules see them as the provider sends them'),
    OIDCUserInfoClaimsExpr: missing('claims are not filtered by jq'),
    OIDCClaimDelimiter: changed('lists are joined by ",", and a "," in an element is %2C'),
    OIDCUserInfoTokenMethod: own('userinfo is asked for with the header'),
    OIDCIDTokenIatSlack: own('clocks may differ a little'),
    OIDCIDTokenEncryptedResponseAlg: missing('encrypted ID tokens are not read'),
    OIDCIDTokenEncryptedResponseEnc: missing('encrypted ID tokens are not read'),
    OIDCUserInfoSignedResponseAlg: missing('userinfo is read as JSON'),
    OIDCUserInfoEncryptedResponseAlg: missing('userinfo is read as JSON'),
    OIDCUserInfoEncryptedResponseEnc: missing('userinfo is read as JSON'),
    OIDCRequestObject: missing('request objects are not sent'),
    OIDCPathScope: stepUp,
    OIDCPathAuthRequestParams: stepUp,
    OIDCUnAutzAction: stepUp,
    OIDCProfile: missing('profiles are not available'),
    OIDCDPoPMode: missing('DPoP is not available'),
    OIDCDefaultURL: own('a sign-in that went wrong tells so, and offers another try'),
    OIDCInfoHook: changed('`/.auth/me` answers user, claims and times; never a token'),
    OIDCLogoutXFrameOptions: missing('front-channel logout is not available'),
    OIDCLogoutRequestParams: missing('no parameters of your own go into the sign-out'),
    OIDCRedirectURLsAllowed: changed('after a sign-in or sign-out people return to the same origin'),
    OIDCPreservePost: changed('a form that is sent without a session gets 401, and is not replayed'),
    OIDCHTMLErrorTemplate: changed('the gateway has pages of its own'),
    OIDCDiscoverURL: changed(
      'several providers are offered by the gateway’s own chooser; rules choose with `provider`',
    ),
    OIDCXForwardedHeaders: changed(
      'list the load balancers in `trusted_proxies`; hosts come from `url` alone',
    ),
    OIDCOutgoingProxy: changed('set HTTPS_PROXY and NO_PROXY in the gateway’s environment'),
    OIDCHTTPTimeoutLong: own('requests to the provider have time limits of their own'),
    OIDCHTTPTimeoutShort: own('requests to the provider have time limits of their own'),
    OIDCMetricsData: changed('metrics are at `admin`: /metrics'),
    OIDCMetricsPublish: changed('metrics are at `admin`: /metrics'),
    OIDCTraceParent: missing('traces are not begun here'),
    OIDCClientName: own('clients are not registered by themselves'),
    OIDCClientContact: own('clients are not registered by themselves'),
    OIDCClientJwksUri: own('clients are not registered by themselves'),
    OIDCPublicKeyFiles: own('the public half of `client_key` is registered at the provider'),
    OIDCProviderCheckSessionIFrame: missing(
      'session iframes are not available: browsers block their cookies',
    ),
    OIDCProviderBackChannelLogoutSupported: missing('back-channel logout is not available yet'),
    OIDCProviderTokenEndpointParams: missing('no parameters of your own go to the token endpoint'),
    OIDCProviderSignedJwksUri: missing('signed key sets are not available'),
    OIDCProviderVerifyCertFiles: missing('keys come from the provider’s metadata'),
    OIDCCertBoundAccessTokens: own('tokens are not kept after the sign-in'),
    AuthzSendForbiddenOnFailure: own('whoever is signed in and may not pass gets 403'),
    AuthName: own('is for Basic authentication'),
    AuthMerging: own('is taken into account'),
    ProxyPassReverse: own(
      '`Location`, `Content-Location` and cookies of answers are rewritten by themselves',
    ),
    ProxyPassReverseCookiePath: own('cookies of answers are rewritten by themselves'),
    ProxyPassReverseCookieDomain: own('cookies of answers are rewritten by themselves'),
    ProxyAddHeaders: own('the gateway writes the forwarding headers itself'),
    ProxyErrorOverride: missing('answers of the app go out as they are'),
    RemoteIPTrustedProxy: changed('is in `trusted_proxies`'),
    RemoteIPInternalProxy: changed('is in `trusted_proxies`'),
    RemoteIPHeader: changed(
      'the address is read from X-Forwarded-For of a trusted proxy, and from no other header',
    ),
    ServerAlias: missing('each host that people browse is an app of its own: write one, with its `url`'),
    Redirect: missing('redirects belong to the app, or to what stands in front'),
    RedirectMatch: missing('redirects belong to the app, or to what stands in front'),
    Dav: missing(
      `files are not served here: let the app do it. Its methods pass only where a location lists them, \`methods: [${[...knownMethods, webdavName].join(', ')}]\``,
    ),
    Alias: missing('files are not served here: let the app do it'),
    Header: missing(
      'headers of answers are set and removed by `response_headers`, for an app or a location: write there what is still wanted',
    ),
    ErrorDocument: changed('the gateway has pages of its own; the app’s errors go out as they are'),
    Satisfy: missing(
      'alternatives of an address and a sign-in are written as `any`: this one is not converted',
    ),
    Order: missing('mod_access_compat is not read: write `Require ip` or `client_ip`'),
    Allow: missing('mod_access_compat is not read: write `Require ip` or `client_ip`'),
    Deny: missing('mod_access_compat is not read: write `Require ip` or `client_ip`'),
    SSLProxyVerify: changed('certificates of upstreams are always verified'),
    SSLProxyCheckPeerCN: changed('certificates of upstreams are always verified'),
    SSLProxyCheckPeerName: changed('certificates of upstreams are always verified'),
    SSLProxyEngine: own('the upstream’s `https` says it'),
    LimitRequestFieldSize: own('headers have limits of their own'),
    LimitRequestLine: own('request lines have limits of their own'),
  }).map(([name, value]) => [name.toLowerCase(), value]),
)

/** Read by other parts of the conversion, which report them. */
const read = new Set(
  [
    'OIDCProviderMetadataURL OIDCProviderIssuer OIDCClientID OIDCClientSecret OIDCProviderTokenEndpointAuth',
    'OIDCClientTokenEndpointCert OIDCClientTokenEndpointKey OIDCPrivateKeyFiles OIDCScope OIDCResponseMode',
    'OIDCAuthRequestParams OIDCCABundlePath OIDCIDTokenSignedResponseAlg OIDCProviderUserInfoEndpoint',
    'OIDCRemoteUserClaim OIDCMetadataDir OIDCRedirectURI OIDCDefaultLoggedOutURL OIDCSessionInactivityTimeout',
    'OIDCSessionMaxDuration OIDCSessionType OIDCCookie OIDCCookieSameSite OIDCPassClaimsAs OIDCClaimPrefix',
    'OIDCAuthNHeader OIDCUnAuthAction AuthType RequestHeader ProxyPass ProxyPassMatch ProxyPreserveHost',
    'ProxyTimeout LimitRequestBody ServerName SSLEngine SSLProxyCACertificateFile BalancerMember',
    'OIDCProviderAuthorizationEndpoint OIDCProviderTokenEndpoint OIDCProviderEndSessionEndpoint',
    'OIDCIDTokenAudValues OIDCProviderRevocationEndpoint OIDCProviderPushedAuthorizationRequestEndpoint OIDCProviderJwksUri',
  ]
    .join(' ')
    .toLowerCase()
    .split(' '),
)

const housekeeping =
  /^(?:loadmodule|listen|server(?:root|admin|tokens|signature|limit|path)|errorlog\w*|customlog|logformat|loglevel|transferlog|user|group|pidfile|timeout|\w*keepalive\w*|traceenable|hostnamelookups|usecanonical\w*|mutex|startservers|minspare\w*|maxspare\w*|threads\w*|maxrequest\w*|maxconnections\w*|threadlimit|documentroot|addtype|typesconfig|mimemagicfile|directoryindex|options|allowoverride|accessfilename|protocols\w*|h2\w+|requestreadtimeout|proxyrequests|proxyvia|adddefaultcharset|defaultruntimedir|fileetag|extendedstatus|enablesendfile|enablemmap|include\w*|httpprotocoloptions|mergeslashes|namevirtualhost|rewriteengine|rewriteoptions|rewritecond|scoreboardfile|limitrequestfields|sethandler|indexoptions|addicon\w*|languagepriority|forcelanguagepriority|addlanguage|addcharset|addencoding|addoutputfilter\w*|deflate\w*|expires\w*|browsermatch|passenv|unsetenv)$/

/** Says of every directive that nobody else reads what becomes of it: nothing is left out in silence. */
export function noteDirectives(host: VirtualHost, report: (finding: Finding) => void): void {
  const inSections = host.sections.flatMap((section) => section.directives)
  for (const directive of [...host.directives, ...inSections]) noteDirective(directive, report)
  for (const section of host.sections.flatMap(({ nested }) => nested)) {
    const message = 'is judged at each request by httpd; nothing of it is in the result'
    report(noted('section', 'not-convertible', section, message, true))
  }
  for (const section of host.others) noteSection(section, report)
}

function noteDirective(directive: Directive, report: (finding: Finding) => void): void {
  const { key } = directive
  const words = splitWords(directive.rest)
  if (read.has(key)) return
  if (key === 'rewriterule') {
    const proxied = /\[[^\]]*\b(?:P|proxy)\b[^\]]*\]$/i.test(directive.rest)
    if (!proxied)
      report(
        noted(
          'rewrite',
          'not-convertible',
          directive,
          'paths are not rewritten: the app or what stands in front has to do it',
        ),
      )
    return
  }
  const known = said.get(key) ?? saidByName(key, words)
  report(
    noted(known.kind === 'not-needed' ? 'not-needed' : 'directive', known.kind, directive, known.message),
  )
}

function saidByName(key: string, words: readonly string[]): Said {
  if (key.startsWith('oidcoauth')) return bearer
  if (/^oidc(?:redis|mem)cache/.test(key)) return cache
  if (key.startsWith('oidc')) return missing('has no counterpart that this command knows')
  if (/^setenvif|^setenv/.test(key)) {
    return words.some((word) => /^OIDC_/i.test(word))
      ? missing('switches of mod_auth_openidc by variables have no counterpart')
      : own('variables of httpd mean nothing to the gateway')
  }
  if (housekeeping.test(key)) return server
  if (key.startsWith('ssl')) return tls
  if (key.startsWith('auth')) return missing('another kind of authentication is not converted')
  return missing('is not converted: if it matters, the app or what stands in front has to do it')
}

function noteSection(section: Section, report: (finding: Finding) => void): void {
  const { key } = section
  const asks = section.children.some((child) => /^(?:require\w*|authtype|order|deny)$/.test(child.key))
  const open = section.children.every(
    (child) => child.key !== 'require' || (child.kind === 'directive' && /^all\s+granted$/i.test(child.rest)),
  )
  if (/^directory|^files/.test(key)) {
    const message = 'is about files: requests that are passed on never get there'
    report(noted('section', 'not-needed', section, message))
  } else if (/^proxy/.test(key)) {
    const balancer = section.rest.replaceAll(/["']/g, '').startsWith('balancer:')
    if (balancer || !asks || open)
      report(noted('section', 'not-needed', section, 'is read where an upstream names it'))
    else
      report(
        noted(
          'section',
          'not-convertible',
          section,
          'its rules are not converted: write them at locations',
          true,
        ),
      )
  } else if (key === 'location' || key === 'virtualhost') {
    return
  } else {
    const message = 'is judged at each request by httpd; nothing of it is in the result'
    report(noted('section', 'not-convertible', section, message, true))
  }
}

function noted(
  id: string,
  kind: Finding['kind'],
  node: Directive | Section,
  message: string,
  about = false,
): Finding {
  const what = node.kind === 'section' ? `<${node.name} ${node.rest}>` : told(node)
  return { id, kind, at: node.at, what, message, effect: about ? 'either' : null }
}
