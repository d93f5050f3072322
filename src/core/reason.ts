import type { AllowReason, ChallengeReason, DenyReason, RejectReason } from './decision.ts'

/** Every reason a decision may have, with the sentence that the reference, logs and `explain` give for it. */
type Reasons<R extends string> = { readonly [reason in R]: string }

export const allowReasons: Reasons<AllowReason> = {
  'open-to-anyone': 'The location is open to anyone. Nobody was identified.',
  'maybe-signed-in': 'The location is open. If somebody is signed in, the app is told who it is.',
  'rule-met': 'The rule of the location, and the floor of its app, are met.',
  preflight:
    'A CORS preflight that the location passes on, without identity and without a body, or that the gateway answers (`cors`).',
  'gateway-address': 'An address of the gateway itself.',
}

export const challengeReasons: Reasons<ChallengeReason> = {
  'no-session': 'No session cookie was sent.',
  'session-ambiguous': 'More than one session cookie was sent. None of them counts.',
  'session-unreadable':
    'The session cookie could not be opened: tampered with, or sealed with a secret that is gone.',
  'session-ended': 'The session is not in the store: signed out, replaced or revoked.',
  'session-expired': 'The session has reached its maximum lifetime.',
  'session-idle': 'The session was not used for longer than its idle timeout.',
  'session-ended-by-provider':
    'The provider was asked again (`recheck`) and refused: the account or its grant is gone, or is another person’s.',
  'session-recheck-due':
    'The provider was to be asked again (`recheck`), and could not be, or did not say what the rules go by.',
  'session-provider-gone':
    'The session comes from a provider that the app does not accept, or no longer accepts.',
  'session-lacks-claim':
    'With `session.store: cookie`: the configuration now names a claim that the session did not keep.',
  'step-up-needed': 'The rule is met, but the location asks for a stronger or newer sign-in (`step_up`).',
  'token-expired':
    'The app is sent a token of the provider, which has ended or is not kept, and no new one could be had.',
  'no-credential':
    'The location accepts no session, and no token or key was sent in a header that it looks at.',
  'credential-unknown':
    'A Bearer, Basic or key header was sent that is neither a key of ours nor a token of a provider that the app accepts.',
  'credential-not-accepted':
    'A key or token was sent to a location that does not list that kind in `credentials`.',
  'token-invalid':
    'The access token is not good: signature, issuer or form, or it is no access token, or the provider says that it is not active.',
  'token-over': 'The access token has ended.',
  'token-not-for-us':
    'The access token was made for another audience or client, or nobody is behind it and `accept_clients` does not let it in.',
  'key-invalid': 'The API key is mistyped or unknown, or its secret is wrong.',
  'key-over': 'The API key, or this secret of it, has ended.',
  'key-revoked': 'The API key was revoked.',
  'key-asleep':
    'The key is a person’s, and that person has not signed in for `claims_max_age`, does not meet `self_service.require` any more, or was put to sleep by `sessions revoke`.',
  'key-not-for-app': 'The API key is not for this app.',
  'pair-invalid': 'The provider does not know the id and the secret that were sent as Basic (`exchange`).',
  'token-wrong-origin':
    'The token is for a page of another origin than the `Origin` of the request, or none was sent (`widget`).',
  'other-provider-needed': 'The rule can be met by signing in with another of the accepted providers.',
}

export const denyReasons: Reasons<DenyReason> = {
  'rule-not-met': 'A condition of the rule is false or unknown for this person.',
  'step-up-not-met':
    'The person came back from the provider, and the sign-in is still not what the location asks for (`step_up`).',
  'nobody-allowed': 'The location says nobody.',
  'no-location': 'No location covers the path and the app has no rule of its own.',
  'client-address': 'The rule is false for this client address, whoever signs in.',
  'client-certificate':
    'The rule asks for a client certificate, whoever signs in, and the connection showed none that counts, or another one.',
  'identity-unsendable':
    'An identity header could not be sent, because the claim is an object, a nested list, or too large, or all of the gateway’s own headers are more than API Gateway takes. `detail` says which header, and how large it would be.',
  'insecure-scheme': 'The load balancer says http, but the app is https.',
  'websocket-origin': 'The Origin of the WebSocket handshake is not one that the location accepts.',
  'destination-not-allowed':
    'The Destination of a COPY or MOVE is a place where this person may not do that, or a place of another app.',
  'cross-site':
    'A page of another site sent what such pages may not: a request that changes something, or a preflight where `cors` does not name its origin.',
  'scope-insufficient': 'The access token is good, but lacks a scope of `required_scopes`.',
  'key-restricted': 'The API key is good, but not for this method or from this address.',
  undecided:
    'The decision could not be made, because the session store, the key store or the provider did not answer. Nobody is let in.',
}

export const rejectReasons: Reasons<RejectReason> = {
  'target-form': 'The request target is not a path (absolute form, asterisk, or no leading slash).',
  'target-length': 'The request target is too long.',
  'target-character': 'The path holds a character that must be escaped.',
  'target-escape': 'The path holds a % that two hexadecimal digits do not follow.',
  'target-control': 'The path holds a control character.',
  'target-utf8': 'The path does not decode to UTF-8.',
  'target-dot-segment': 'The path holds a segment of dots.',
  'target-empty-segment': 'The path holds an empty segment.',
  'target-encoded-slash': 'The path holds an encoded slash.',
  'target-encoded-backslash': 'The path holds an encoded backslash.',
  'target-encoded-hash': 'The path holds an encoded #.',
  'target-encoded-question-mark': 'The path holds an encoded question mark.',
  'target-encoded-semicolon': 'The path holds a semicolon, raw or encoded.',
  'target-double-encoding': 'The path is encoded twice, or more often than `percent` allows.',
  'target-ambiguous':
    'The path can be read in several ways. They lead to different apps or to an address of the gateway, or there are too many.',
  'target-case':
    'The app ignores case, and servers that ignore case read this path in different ways. It holds ſ, ı, İ, the Kelvin sign or an unusual row of combining marks, or it could be a path of another location or app.',
  'query-undecodable':
    'The requests of the app are signed (`upstream.aws`) or told to a function in format 1.0 (`upstream.lambda`), and the query holds a % that two hexadecimal digits do not follow, or escapes that are no UTF-8.',
  'query-reserved':
    'The requests of the app are signed (`upstream.aws`), and the query has a parameter whose name begins with `X-Amz-`, where AWS reads signatures.',
  'host-invalid': 'The Host header is missing, repeated or malformed.',
  'host-unknown': 'No app has this host.',
  'host-not-of-handshake':
    'A connection that asked for a certificate was opened for another host name than the Host header has.',
  'app-unknown': 'No app of this host has the path.',
  'address-unknown': 'There is no such address below the prefix of the gateway.',
  'method-not-allowed': 'The address does not take this method.',
  'destination-invalid':
    'The Destination header is not one single address of the app, or it is one that would be refused as a path.',
  'body-too-large':
    'The body is larger than the location allows, or than a Lambda function takes as part of an event.',
  'expectation-unknown': 'An Expect header other than 100-continue.',
  'websocket-disabled': 'A WebSocket handshake at a location without websocket.',
  'websocket-invalid': 'A WebSocket handshake that does not follow RFC 6455.',
  'websocket-limit': 'The session has as many WebSockets open as a session may have.',
  'upgrade-unknown': 'An upgrade to another protocol than WebSocket.',
  'connection-options': 'A Connection header with more names than any client needs.',
  'content-type-ambiguous':
    'The requests of the app are signed (`upstream.aws`), and Content-Type, which the signature holds for, is there twice or holds a tab, a byte beyond ASCII or two spaces in quotes: signers read these in different ways.',
  'too-many-headers': 'More header lines than any client needs.',
  'headers-too-large':
    'The requests of the app are signed for API Gateway, and with the gateway’s own headers the client’s are more than it takes. `detail` has the sizes.',
  'credentials-ambiguous': 'Two credentials were sent in headers, or one header twice. None of them counts.',
  'too-many-unknown':
    'The client’s network, or all together, sent too many keys or tokens that nobody knows.',
  'token-request-invalid':
    'A request to `/.auth/token` that cannot be read in one way, or asks for what is not given. `error_description` of the answer says why.',
  'limit-exceeded': 'A limit of the location (`limits`) is reached. `limit` says which.',
  'http-version': 'Another version than HTTP/1.1 or 1.0, or 1.0 with a transfer coding.',
}

/** What else an answer for programs may give as `reason`, when the decision was to let through. */
export const answerReasons = {
  'not-a-navigation':
    'Something other than a navigation asked for `/.auth/login`, such as a script or a picture.',
  'parameter-repeated': 'A parameter of `/.auth/login` was sent twice.',
  'parameter-invalid':
    'A parameter of `/.auth/login` that is handed on is not visible ASCII, or has more than 255 characters.',
  'provider-unknown': 'The app does not accept the provider that `/.auth/login` was asked for.',
  'media-type-unknown': 'A form was sent to the gateway as something else.',
  internal: 'A fault of the gateway itself.',
} as const
