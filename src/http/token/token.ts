import type { FastifyRequest } from 'fastify'
import { keyOf } from '../../core/credential/credential.ts'
import { invalidRequest, type TokenGrant } from '../../core/credential/token-grant.ts'
import { readTokenRequest, type TokenForm } from '../../core/credential/token-request.ts'
import type { Origin } from '../../core/gateway.ts'
import { type JudgedAddress, readJudgedAddress } from '../../core/rules/requirement.ts'
import { type Admission, admissionOf, carryAdmission } from '../admission/admission.ts'
import type { Answer } from '../pages/answer.ts'
import { contextOf, type RequestContext } from '../server/context.ts'
import { errorAnswer, grantAnswer } from './token-answer.ts'

/**
 * `POST {prefix}/token` (RFC 6749 section 3.2): a short token for a key's id and secret, a provider's own token for a
 * pair of that provider, or for a refresh token. In this order: no page of another site; a form that can mean one thing;
 * then whose it is. No session counts here, and no answer may be read by a page of another origin. Rejects with a fault.
 */
export async function giveToken({ raw, body }: FastifyRequest): Promise<Answer> {
  const context = contextOf(raw)
  const admission = admissionOf(raw)
  const { origin } = admission
  if (origin === null) throw new Error('a token is asked for at no origin')
  if (isFromOtherSite(raw.headers, origin)) {
    context.metrics.token('refused')
    return fromOtherSite
  }
  const form: TokenForm = {
    form: body instanceof URLSearchParams ? body : new URLSearchParams(),
    query: new URLSearchParams(admission.target?.query),
    authorization: linesOf(raw.rawHeaders, 'authorization'),
    keyHeader: linesOf(raw.rawHeaders, context.runtime.gateway.apiKeys?.header.toLowerCase() ?? null),
  }
  const grant = await grantFor(context, admission, origin, form)
  carryAdmission(raw, { ...admission, ...foundOut(grant) })
  note(context, admission, grant)
  return grantAnswer(grant, raw.headers['sec-fetch-mode'] !== undefined)
}

/** Before anything of it is looked at: a page elsewhere neither guesses by somebody's browser nor uses up its tries. */
function isFromOtherSite(headers: FastifyRequest['headers'], { origin }: Origin): boolean {
  const site = headers['sec-fetch-site']
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return true
  return headers.origin !== undefined && headers.origin !== origin
}

const fromOtherSite: Answer = {
  ...errorAnswer(403, 'invalid_request', 'a page of another site asks for no tokens'),
  decision: { kind: 'deny', reason: 'cross-site', principal: null },
}

function linesOf(rawHeaders: readonly string[], name: string | null): readonly string[] {
  return rawHeaders.flatMap((word, at) => {
    return at % 2 === 0 && word.toLowerCase() === name ? [rawHeaders[at + 1] ?? ''] : []
  })
}

async function grantFor(
  { runtime }: RequestContext,
  { clientAddress, network }: Admission,
  origin: Origin,
  sent: TokenForm,
): Promise<TokenGrant> {
  const { gateway, shortTokens, providerTokens } = runtime
  const reading = readTokenRequest(sent, gateway.apiKeys)
  if (!reading.ok) return reading.refused
  const { request } = reading
  const now = runtime.clock.now()
  if (request.kind === 'refresh_token') return providerTokens.refresh(request, { origin, network, now })
  const { pair, scopes, lifetimeSeconds, widget } = request
  switch (pair.kind) {
    case 'key': {
      const client: JudgedAddress = readJudgedAddress(clientAddress)
      return shortTokens.give(pair.key, { origin, client, network, now, scopes, lifetimeSeconds, widget })
    }
    case 'ours-malformed':
      return mistyped
    case 'pair':
      return lifetimeSeconds === null && widget === null
        ? providerTokens.forPair(pair, { origin, network, now, scopes })
        : onlyOfKeys
  }
}

const onlyOfKeys = invalidRequest(
  'invalid_request',
  'lifetime, origin and end_user belong to keys of this gateway',
)

/** As for an id that nobody knows. */
const mistyped: TokenGrant = {
  ...{ kind: 'refused', error: 'invalid_client', says: 'the id or the secret is wrong' },
  ...{ why: 'key-invalid', detail: 'it is mistyped', by: { credential: 'api_key', principal: null } },
}

/** For the access line. */
function foundOut(grant: TokenGrant): Pick<Admission, 'header' | 'principal' | 'detail'> {
  if (grant.kind === 'throttled') return { header: null, principal: null, detail: null }
  const { by } = grant
  return {
    header: by === null ? null : { credential: by.credential, endsAt: null },
    principal: by?.principal ?? null,
    detail: grant.kind === 'refused' ? grant.detail : null,
  }
}

function note(
  { log, metrics }: RequestContext,
  { requestId, clientAddress }: Admission,
  grant: TokenGrant,
): void {
  metrics.token(grant.kind)
  if (grant.kind !== 'granted') return
  const { credential, principal } = grant.by
  const key = principal === null ? null : keyOf(principal)
  log.event('info', 'token.issued', {
    ...{ request_id: requestId, client: clientAddress ?? undefined, credential },
    ...{ subject: principal?.user, provider: principal?.provider },
    ...{ key: key?.id, name: key?.name, expires_in: grant.expiresInSeconds ?? undefined },
  })
}
