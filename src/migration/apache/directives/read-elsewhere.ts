/** Read by other parts of the conversion, which report them: by name in lower case. */
export const readElsewhere: ReadonlySet<string> = new Set(
  [
    'OIDCProviderMetadataURL OIDCProviderIssuer OIDCClientID OIDCClientSecret OIDCProviderTokenEndpointAuth',
    'OIDCClientTokenEndpointCert OIDCClientTokenEndpointKey OIDCPrivateKeyFiles OIDCScope OIDCResponseMode',
    'OIDCAuthRequestParams OIDCCABundlePath OIDCIDTokenSignedResponseAlg OIDCProviderUserInfoEndpoint',
    'OIDCRemoteUserClaim OIDCMetadataDir OIDCRedirectURI OIDCDefaultLoggedOutURL OIDCSessionInactivityTimeout',
    'OIDCSessionMaxDuration OIDCSessionType OIDCCookie OIDCCookieSameSite OIDCPassClaimsAs OIDCClaimPrefix',
    'OIDCPassAccessToken OIDCPassIDTokenAs OIDCPassRefreshToken',
    'OIDCAuthNHeader OIDCUnAuthAction AuthType AuthMerging RequestHeader ProxyPass ProxyPassMatch ProxyPreserveHost',
    'ProxyTimeout LimitRequestBody ServerName SSLEngine SSLProxyCACertificateFile BalancerMember',
    'OIDCProviderAuthorizationEndpoint OIDCProviderTokenEndpoint OIDCProviderEndSessionEndpoint',
    'OIDCCacheType OIDCRedisCacheServer OIDCRedisCachePassword OIDCRedisCacheUsername OIDCRedisCacheDatabase',
    'OIDCRedisCacheConnectTimeout OIDCRedisCacheTimeout',
    'OIDCIDTokenAudValues OIDCProviderRevocationEndpoint OIDCProviderPushedAuthorizationRequestEndpoint OIDCProviderJwksUri',
    'RewriteRule RewriteCond Order Allow Deny Satisfy Require Header RequestReadTimeout OIDCBlackListedClaims OIDCWhiteListedClaims',
  ]
    .join(' ')
    .toLowerCase()
    .split(' '),
)
