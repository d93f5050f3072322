import type { Forwarding, Location } from '../../core/gateway.ts'
import type { IdentityHeader, ResponseHeaders } from '../../core/headers/form.ts'
import type { TokenName } from '../../core/headers/token-headers.ts'
import { corsFact, limitFacts, upstreamAuthorizationFact } from './credential-facts.ts'
import { secretText } from './digest.ts'
import { anyOf, type Facts, named } from './fact.ts'

/** What of a location people or apps notice. Of one that nobody reaches, nothing. */
export function locationFacts({
  unauthenticated,
  credentials,
  forwarding,
  access,
  resume,
  maxResumedBodyBytes,
  limits,
  limitsFail,
}: Location): Facts {
  if (access.kind === 'nobody') return named({})
  return named({
    ...forwardingFacts(forwarding),
    unauthenticated: access.kind === 'rule' ? unauthenticated : null,
    credentials: access.kind === 'anyone' ? null : anyOf(credentials),
    ...limitFacts(limits, limitsFail),
    resume: access.kind === 'rule' ? resume : null,
    max_resumed_body: resume === 'none' ? null : `${maxResumedBodyBytes} bytes`,
  })
}

function forwardingFacts(forwarding: Forwarding) {
  const { identityHeaders, tokenHeaders, credentialHeaders = [] } = forwarding
  const { timeouts, maxBodyBytes, websocketOrigins } = forwarding
  const { corsPreflight, cache, responseHeaders, cors, corsHeaders, upstreamAuthorization } = forwarding
  const own = forwarding.headers?.map(({ name, value }) => `${name}: ${secretText(value)}`)
  return {
    ...Object.fromEntries(identityHeaders.map((header) => [`header ${header.name}`, identityText(header)])),
    ...Object.fromEntries(tokenHeaders.map(({ name, token }) => [`header ${name}`, tokenTexts[token]])),
    ...Object.fromEntries(credentialHeaders.map(({ name, says }) => [`header ${name}`, says])),
    response_headers: responseHeaders === undefined ? null : responseText(responseHeaders),
    headers: own === undefined ? null : own.join(', ') || 'none',
    timeouts: `${timeouts.connectSeconds}s ${timeouts.responseSeconds}s ${timeouts.idleSeconds}s`,
    'timeouts.body':
      timeouts.body === null
        ? 'off'
        : `${timeouts.body.graceSeconds}s ${timeouts.body.bytesPerSecond} bytes a second`,
    'timeouts.keep_alive': timeouts.keepAliveSeconds === null ? null : `${timeouts.keepAliveSeconds}s`,
    max_body: maxBodyBytes === null ? 'none' : `${maxBodyBytes} bytes`,
    websocket: websocketOrigins === null ? 'false' : websocketOrigins.join(' '),
    cors_preflight: corsPreflight,
    cors: corsFact(cors),
    cors_headers: anyOf(corsHeaders),
    upstream_authorization: upstreamAuthorizationFact(upstreamAuthorization),
    cache,
  }
}

const tokenTexts: { readonly [name in TokenName]: string } = {
  access_token: 'the access token',
  id_token: 'the ID token',
}

function responseText({ set, remove }: ResponseHeaders): string {
  return [...set.map(({ name, value }) => `${name}: ${value}`), ...remove.map((name) => `no ${name}`)].join(
    ', ',
  )
}

function identityText({ from, form }: IdentityHeader): string {
  if (form === undefined) return from
  const only = form.only && [...form.only.texts, ...form.only.patterns.map((parts) => parts.join('*'))]
  return JSON.stringify({ claim: from, ...form, only })
}
