import type { FaultCode } from './fault.ts'

/** What a code stands for, and where an operator looks first. In docs/reference.md, and where a log is explained. */
interface FaultMeaning {
  readonly means: string
  readonly lookAt: string
}

/** Of every code. The line that has the code says more in `error`: what was found, and what would be right. */
export const faultMeanings: { readonly [code in FaultCode]: FaultMeaning } = {
  CONFIG_INVALID: {
    means: 'The configuration has faults.',
    lookAt: 'The faults, each with its place: `claimgate check` prints them.',
  },
  LOGIN_STATE_UNKNOWN: {
    means: 'A browser came back from a provider with a sign-in that is not its own, is too old, or is used.',
    lookAt: 'Whether the browser keeps cookies; a tab that was left open; `session.sign_in_timeout`.',
  },
  LOGIN_RESPONSE_INVALID: {
    means: 'What the provider sent back by the browser is no answer to a code flow.',
    lookAt: '`error`; `response_mode` of the provider; which redirect URI is registered there.',
  },
  LOGIN_ISSUER_MISMATCH: {
    means: 'The answer names another provider than the one that was asked, or none where one is promised.',
    lookAt: '`issuer` and `response_iss` of the provider. It may be an attack.',
  },
  LOGIN_CANCELLED: {
    means:
      'The provider answered `access_denied`: the person stopped, or the provider does not let this account in.',
    lookAt: 'The provider’s words in `error`; at the provider, who is assigned to this application.',
  },
  LOGIN_REFUSED: {
    means:
      'The provider refused the request with another error, or the sign-in is weaker or older than the file demands.',
    lookAt:
      'The provider’s words in `error`; `scopes` and `authorization_parameters`; the client’s registration.',
  },
  LOGIN_UNAVAILABLE: {
    means: 'The provider sent the browser back and said that it cannot sign anybody in now.',
    lookAt: 'The provider: its log, its status page.',
  },
  LOGIN_UNFINISHED: {
    means: 'The provider sent the browser back before the person had signed in.',
    lookAt: 'The provider’s log. With `prompt: none` a single one is a person who is not known there.',
  },
  LOGIN_CODE_REFUSED: {
    means: 'The token endpoint refused the code (`invalid_grant`).',
    lookAt:
      'The provider’s words in `error`; whether codes live long enough there; the `redirect_uri` of `login.started`.',
  },
  LOGIN_CLOCK_DIFFERS: {
    means: 'By the clock of this machine the ID token has ended, or is not valid yet.',
    lookAt: 'The clock of this machine and that of the provider (NTP); how long ID tokens live there.',
  },
  LOGIN_TOKEN_INVALID: {
    means: 'The ID token is not what it must be: its signature, issuer, audience, nonce or form.',
    lookAt:
      '`error`, which says what was found and what was expected; it names the key that would change it.',
  },
  LOGIN_USERINFO_INVALID: {
    means: 'What the userinfo endpoint answered is refused, or is of another person.',
    lookAt: '`error`; `claims_from` and `scopes` of the provider.',
  },
  LOGIN_USER_ID_INVALID: {
    means: 'The claim that names the person is missing, or cannot be one.',
    lookAt: '`user_id` of the provider, and whether the provider sends that claim; its `scopes`.',
  },
  LOGIN_FAILURES_LIMITED: {
    means: 'Sign-ins from one client network failed at the provider too often; it is not asked for a while.',
    lookAt: 'The lines before it; a load balancer that `trusted_proxies` does not name.',
  },
  LOGIN_CLAIMS_TOO_LARGE: {
    means: 'Claims and ID token are larger than a session may be.',
    lookAt:
      'Let the provider send fewer groups: those that rules name. With `session.store: cookie` name fewer claims in rules and `identity_headers`, or take another store.',
  },
  LOGIN_STEP_UP_NOT_MET: {
    means:
      'A sign-in that was to be stronger or newer (`step_up`) came back without what it was asked for. The session is as it was.',
    lookAt:
      '`error`, which says what was asked for and what came. At the provider: whether it knows these `acr_values` or this `auth_context`, sends `auth_time`, and may grant these `scopes`.',
  },
  LOGIN_OTHER_ACCOUNT: {
    means:
      'A person who was signed in was asked to sign in once more (`step_up`), and came back as another account. The session is as it was.',
    lookAt: 'Nothing, if people have several accounts. The page says which one is needed.',
  },
  LOGIN_LOOP: {
    means: 'A browser signs in again and again, and its session does not last.',
    lookAt:
      'Whether the browser keeps cookies; instances with different `session.secret` or stores behind one address.',
  },
  LOGOUT_REQUEST_INVALID: {
    means: 'What came to an address by which providers end sessions is no such request.',
    lookAt:
      '`error`; for a front-channel logout, whether the provider sends `iss` and `sid` (session required).',
  },
  LOGOUT_TOKEN_INVALID: {
    means: 'A logout token is not what it must be: its issuer, audience, events, `jti`, `sid` or `sub`.',
    lookAt: '`error`, which says what was found and what was expected; the client’s registration.',
  },
  LOGOUT_SIGNATURE_INVALID: {
    means: 'A logout token is not signed as the ID tokens of its provider are.',
    lookAt: '`error`; `id_token_signed_response_alg` of the provider. It may be an attack.',
  },
  LOGOUT_CLOCK_DIFFERS: {
    means:
      'By the clock of this machine a logout token is older than two minutes, has ended, or is not valid yet.',
    lookAt:
      'The clock of this machine and that of the provider (NTP); whether the provider waits before it sends.',
  },
  LOGOUT_TOKEN_USED: {
    means: 'A logout token came a second time. The first time it did what it says, and now nothing.',
    lookAt: 'Nothing, if the provider repeats a request whose answer it lost. Else it may be an attack.',
  },
  LOGOUT_KEY_UNKNOWN: {
    means:
      'A logout token names a key that its provider did not publish, and the provider was asked a moment ago.',
    lookAt: 'Nothing, if it ends within a minute: the provider changes its keys. Else it may be an attack.',
  },
  LOGOUT_LIMITED: {
    means:
      'Too many sign-outs by providers came from one client network, or failed; it is refused for a while.',
    lookAt: 'The lines before it; a load balancer that `trusted_proxies` does not name.',
  },
  PROVIDER_UNREACHABLE: {
    means: 'The provider could not be asked, did not answer in time, or has a fault of its own (5xx).',
    lookAt: '`error` names the address and why; the network, `HTTPS_PROXY`, `ca_file`; its status page.',
  },
  PROVIDER_BUSY: {
    means: 'More people come back from the provider at once than its token endpoint keeps up with.',
    lookAt: 'The provider: its token endpoint is slow.',
  },
  PROVIDER_RESPONSE_INVALID: {
    means: 'The provider answered what OpenID Connect does not allow.',
    lookAt: '`error`; whether `issuer` is the provider’s own, to the letter.',
  },
  PROVIDER_CLIENT_REFUSED: {
    means: 'The token endpoint does not accept the client: its id, its secret, or how it proves itself.',
    lookAt: 'The keys that `error` names: `client_id`, `client_secret`, `token_endpoint_auth_method`.',
  },
  PROVIDER_KEYS_INVALID: {
    means: 'The provider’s keys cannot be used.',
    lookAt: '`error`; the address that its metadata calls `jwks_uri`.',
  },
  UPSTREAM_UNREACHABLE: {
    means: 'No connection to the app could be had.',
    lookAt: '`error` names the address and why: whether the app runs, and listens there; `upstream`.',
  },
  UPSTREAM_TLS: {
    means: 'TLS with the app came to nothing: its certificate, its version, or one side speaks http.',
    lookAt: '`error`; `upstream` (http or https), `upstream.ca_file`, the app’s certificate.',
  },
  UPSTREAM_RESPONSE_INVALID: {
    means: 'What the app answered is no proper HTTP/1.1.',
    lookAt: '`error`; whether `upstream` names the right port.',
  },
  UPSTREAM_TIMEOUT: {
    means: 'The app took longer than it may, to be connected with, to answer, or within its answer.',
    lookAt:
      '`error` names the time and its key below `timeouts`, or says that Lambda ended the function by its own time-out; the app’s log.',
  },
  UPSTREAM_ABORTED: {
    means: 'The app, or the network, ended the connection before the end of the answer.',
    lookAt: 'The app’s log; `timeouts.keep_alive`, when it is now and then and right after a pause.',
  },
  UPSTREAM_BUSY: {
    means:
      'All connections that the app may have are in use, and none became free in time. Or Lambda starts no further copy of the function.',
    lookAt:
      '`error`. Why the app is slow; `upstream.max_connections`. Of a function its reserved concurrency, and the quota of the account.',
  },
  UPSTREAM_REFUSED_US: {
    means: 'AWS refused the request that the gateway signed. The app never saw it.',
    lookAt:
      '`error`: AWS’s own words, the role that signed, and how far the clocks are apart. The policy of the role, and that of the API or function.',
  },
  UPSTREAM_PATH_UNKNOWN: {
    means: 'API Gateway has no such path or method. The app never saw the request.',
    lookAt: 'The routes of the API, and the stage in `upstream.url`.',
  },
  UPSTREAM_FUNCTION_FAILED: {
    means: 'The Lambda function ended in an error, or its answer is none that can be passed on.',
    lookAt: '`error` names what came, and AWS’s request id; the function’s log in CloudWatch.',
  },
  AWS_CREDENTIALS_UNAVAILABLE: {
    means: 'There are no credentials with which a request to the app could be signed.',
    lookAt:
      '`error`: where they were looked for. The role of the machine, task or pod; `upstream.aws.credentials` and `role_arn`.',
  },
  HELD_BODIES_FULL: {
    means:
      'A body is sent on in one piece, and no more may be held at once: in all, or of one client network.',
    lookAt: '`aws.held_bodies`; which network sends so much, or so slowly.',
  },
  REQUEST_BODY_TOO_LARGE: {
    means:
      'The body of a request is larger than its location allows, or its event is larger than a Lambda function takes.',
    lookAt: '`max_body` of the location. In an event of a function bytes that are no text grow by a third.',
  },
  REQUEST_BODY_STALLED: {
    means: 'The body of a request came too slowly, or not to its end.',
    lookAt: '`timeouts.body` of the location; the client’s network.',
  },
  ANSWER_STALLED: {
    means: 'The client did not read an answer to its end.',
    lookAt: 'The client’s network; `timeouts.idle`.',
  },
  STORE_UNAVAILABLE: {
    means: 'The session store could not be read or written.',
    lookAt: '`error`; Redis, or the data folder: its disk, its owner, whether it may be written to.',
  },
  STORE_FULL: {
    means: 'The session store has no room: its disk or its memory is full.',
    lookAt:
      'The disk of the data folder, or `maxmemory` of Redis. With room again sign-ins work again by themselves.',
  },
  STORE_UNCONFIRMED: {
    means:
      'Sessions ended or were renewed in Redis, or kept forms were handed out, and no replica has confirmed that within a second.',
    lookAt:
      'The replicas: whether they are connected, and how far behind. After a failover revoke once more.',
  },
  STORE_INVALID: {
    means: 'The session store holds what cannot be read.',
    lookAt: '`error`; with `sessions.db` moved away, or another `key_prefix`, everybody signs in again.',
  },
}
