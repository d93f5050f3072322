import { knownMethods, webdavName } from '../../../core/request/method.ts'
import type { Finding } from '../../finding.ts'

/** What is said of a directive that no other part of the conversion reads. */
export interface Said {
  readonly kind: Finding['kind']
  readonly message: string
}

export const own = (message: string): Said => ({ kind: 'not-needed', message })
export const changed = (message: string): Said => ({ kind: 'changed', message })
export const missing = (message: string): Said => ({ kind: 'not-convertible', message })

const cache = own('sessions rest in the gateway’s own store')
const alwaysState = own('the state of a sign-in has one small cookie; the oldest goes first')

/** Directives of mod_auth_openidc and of the modules around it, by name in lower case. */
export const said: ReadonlyMap<string, Said> = new Map(
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
    OIDCSessionCacheFallbackToCookie: changed(
      'while the store does not answer people stay signed in for `session.during_outage`; nothing falls back to a cookie',
    ),
    OIDCCacheEncrypt: own('in Redis every record is sealed always'),
    OIDCCacheDir: cache,
    OIDCCacheShmMax: cache,
    OIDCCacheShmEntrySizeMax: cache,
    OIDCCacheFileCleanInterval: cache,
    OIDCStripCookies: own('the gateway’s cookies never reach the app'),
    OIDCPassCookies: missing('cookies of browsers are not sent to the provider'),
    OIDCPassUserInfoAs: changed(
      'claims go out one by one, as `identity_headers` names them; `encoding: base64` carries objects',
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
    OIDCProfile: missing('profiles are not available'),
    OIDCDPoPMode: missing('DPoP is not available'),
    OIDCDefaultURL: own('a sign-in that went wrong tells so, and offers another try'),
    OIDCInfoHook: changed('`/.auth/me` answers user, claims and times; never a token'),
    OIDCLogoutXFrameOptions: own('the provider alone may show `/.auth/frontchannel-logout` in a frame'),
    OIDCLogoutRequestParams: missing('no parameters of your own go into the sign-out'),
    OIDCRedirectURLsAllowed: changed('after a sign-in or sign-out people return to the same origin'),
    OIDCPreservePostTemplates: changed('the gateway has pages of its own'),
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
    OIDCProviderBackChannelLogoutSupported: changed(
      'logouts of the provider are always taken: register `/.auth/backchannel-logout`, which `check` prints',
    ),
    OIDCProviderTokenEndpointParams: missing('no parameters of your own go to the token endpoint'),
    OIDCProviderSignedJwksUri: missing('signed key sets are not available'),
    OIDCProviderVerifyCertFiles: missing('keys come from the provider’s metadata'),
    OIDCTokenBindingPolicy: own('tokens are not kept after the sign-in'),
    OIDCProviderRegistrationEndpointJson: own('clients are not registered by themselves'),
    OIDCClientTokenEndpointKeyPassword: missing('the key of `client_certificate` is read without a password'),
    AllowEncodedSlashes: changed('paths with %2F get 400 unless the app says `allow_encoded: [slash]`'),
    MergeSlashes: changed('paths with // get 400 unless the app says `allow_encoded: [empty_segment]`'),
    OIDCCertBoundAccessTokens: own('tokens are not kept after the sign-in'),
    AuthzSendForbiddenOnFailure: own('whoever is signed in and may not pass gets 403'),
    AuthName: own('is for Basic authentication'),
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
    Dav: missing(
      `files are not served here: let the app do it. Its methods pass only where a location lists them, \`methods: [${[...knownMethods, webdavName].join(', ')}]\``,
    ),
    Header: missing(
      'headers of answers are set and removed by `response_headers`, for an app or a location: write there what is still wanted',
    ),
    ErrorDocument: changed('the gateway has pages of its own; the app’s errors go out as they are'),
    SSLProxyVerify: changed('certificates of upstreams are always verified'),
    SSLProxyCheckPeerCN: changed('certificates of upstreams are always verified'),
    SSLProxyCheckPeerName: changed('certificates of upstreams are always verified'),
    SSLProxyEngine: own('the upstream’s `https` says it'),
    LimitRequestFieldSize: own('headers have limits of their own'),
    LimitRequestLine: own('request lines have limits of their own'),
  }).map(([name, value]) => [name.toLowerCase(), value]),
)
