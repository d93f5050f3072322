import type { Configuration } from 'openid-client'
import { LoginFault, ProviderFault } from '../core/fault.ts'
import type { JsonObject } from '../core/json-object.ts'
import type { Identity, Renewal } from '../core/ports.ts'
import { readUserId } from '../core/principal.ts'
import { isSameProvider } from '../core/provider-id.ts'
import type { ClaimPath, Claims } from '../core/rules/claims.ts'
import { readUnverifiedClaims } from '../core/session/logout-token.ts'
import type { EpochSeconds, Session, SessionTokens } from '../core/session/session.ts'
import { acrProblem } from './assurance.ts'
import type { Client } from './code-exchange.ts'
import { within } from './deadline.ts'
import { tokenExpectation, userinfoSource } from './expectation.ts'
import { textWithout, withoutCredentials } from './fault.ts'
import { verifyIdToken } from './id-token.ts'
import { refreshGrant } from './refresh-grant.ts'
import { renewClaims, renewWithoutIdToken } from './renewed-claims.ts'
import { keptTokens, type TokenAnswer } from './token-answer.ts'
import { createConfiguration } from './token-request.ts'
import { readUserinfo, type UserinfoRead } from './userinfo.ts'

/** A session, and by which of its claims somebody is judged. */
export interface RenewalRequest {
  readonly session: Session
  readonly usedClaims: readonly ClaimPath[]
  readonly now: EpochSeconds
  /** For all of it. What came before it is kept. */
  readonly deadline: AbortSignal
}

interface Asked extends RenewalRequest {
  readonly client: Client
  readonly configuration: Configuration
  /** In force, or about to be: none may be in a message. */
  readonly credentials: string[]
}

/**
 * Asks the provider of a session again: the refresh grant, once (RFC 6749 6), its ID token verified as at a sign-in (OpenID
 * Connect Core 12.2), then userinfo where claims come from it; without a refresh token userinfo alone, while the access
 * token lives. Throws a `ProviderFault` where nothing came. No message holds a credential, however it is spelled.
 */
export async function renewIdentity(client: Client, request: RenewalRequest): Promise<Renewal> {
  const { session, now, deadline } = request
  if (!isSameProvider(session, client.settings))
    return insufficient(`the session is not of ${client.settings.name}`, null)
  const { access, refresh } = session.tokens
  const secret = client.settings.clientSecret?.reveal() ?? ''
  const credentials = [refresh ?? '', access?.value ?? '', session.idToken, secret]
  const asked = { ...request, client, configuration: createConfiguration(client, now, deadline), credentials }
  try {
    const renewal = await (refresh === null ? askUserinfoAlone(asked) : refreshTokens(asked, refresh))
    return 'message' in renewal ? { ...renewal, message: textWithout(renewal.message, credentials) } : renewal
  } catch (thrown) {
    throw withoutCredentials(thrown, credentials)
  }
}

async function refreshTokens(asked: Asked, refreshToken: string): Promise<Renewal> {
  const { client, configuration, credentials, now, deadline } = asked
  const granted = await refreshGrant(configuration, client, refreshToken, now)
  switch (granted.kind) {
    case 'refused':
      return ended('grant-refused', granted.message, null)
    case 'person-needed':
      return insufficient(granted.message, null)
    case 'answered': {
      const { answer } = granted
      const came = keptTokens(answer)
      const tokens = { ...came, refresh: came.refresh ?? refreshToken }
      credentials.push(tokens.refresh, tokens.access?.value ?? '', textOf(answer.idToken))
      try {
        return await within(deadline, judge(asked, answer, tokens), client.settings.name)
      } catch (thrown) {
        // Thrown on, it would take along tokens of which the former is spent.
        if (thrown instanceof ProviderFault) return { kind: 'unanswered', message: thrown.message, tokens }
        if (thrown instanceof LoginFault) return ended('token-invalid', thrown.message, tokens)
        throw thrown
      }
    }
  }
}

/** Throws a `LoginFault` about the ID token, or a `ProviderFault` when keys or userinfo cannot be had. */
async function judge(asked: Asked, answer: TokenAnswer, tokens: SessionTokens): Promise<Renewal> {
  const { session, client } = asked
  if (tokens.access === null)
    throw new ProviderFault('PROVIDER_RESPONSE_INVALID', 'the token endpoint: access_token cannot be used')
  const idToken = await readRefreshedIdToken(asked, answer.idToken, tokens.access.value)
  if (idToken !== null && idToken.claims.sub !== session.subject)
    return ended('subject-differs', 'sub of the ID token is not that of the session', tokens)
  const userinfo = await askUserinfo(asked, tokens.access.value)
  if (userinfo?.ok === false) return refusedUserinfo(userinfo, tokens)
  const said = userinfo?.claims ?? null
  const scopes = answer.scopes ?? session.scopes
  if (idToken === null) return renewedInPart(asked, said, { scopes, tokens })
  const { settings } = client
  const claims = renewClaims(idToken.claims, said, settings.claimsFrom, session)
  const problem = acrProblem(claims, settings.authorizationParameters)
  if (problem !== null) return insufficient(problem, tokens)
  return renewed(asked, { claims, idToken: idToken.raw, scopes, tokens }, tokens)
}

/** Null: none came. The nonce, where there is one, is the one of the last ID token. */
async function readRefreshedIdToken(
  { session, client, now }: Asked,
  raw: unknown,
  accessToken: string,
): Promise<{ readonly raw: string; readonly claims: JsonObject } | null> {
  if (raw === undefined) return null
  if (typeof raw !== 'string')
    throw new LoginFault('LOGIN_TOKEN_INVALID', 'the ID token is refused: it is no text')
  const nonce = readUnverifiedClaims(session.idToken)?.nonce
  const expected = {
    ...tokenExpectation(client.settings, client.metadata),
    nonce: typeof nonce === 'string' ? nonce : null,
    nonceMayBeMissing: true,
    accessToken,
  }
  const { claims } = await verifyIdToken(raw, expected, client.keys, now)
  return { raw, claims }
}

/** Null: claims do not come from it. */
async function askUserinfo(
  { session, client, configuration }: Asked,
  accessToken: string,
): Promise<UserinfoRead | null> {
  const { settings, metadata, keys } = client
  const source = userinfoSource(settings, metadata)
  if (source === null) return null
  const expected = {
    ...tokenExpectation(settings, metadata),
    sub: session.subject,
    overTls: source.overTls,
  }
  return readUserinfo(configuration, source.endpoint, accessToken, expected, keys)
}

function refusedUserinfo(read: Extract<UserinfoRead, { ok: false }>, tokens: SessionTokens | null): Renewal {
  const message = `userinfo: ${read.reason}`
  switch (read.about) {
    case 'refused':
      return ended('userinfo-refused', message, tokens)
    case 'subject':
      return ended('subject-differs', message, tokens)
    case 'signature':
      return ended('token-invalid', message, tokens)
    case 'answer':
      // Such as a page of something in between: it says nothing about the person.
      throw new ProviderFault('PROVIDER_RESPONSE_INVALID', message)
  }
}

const noRefreshToken =
  'no refresh token to ask with: let the provider give this client one, often by the scope offline_access'

async function askUserinfoAlone(asked: Asked): Promise<Renewal> {
  const { session, now } = asked
  const { tokens, scopes } = session
  const { access } = tokens
  if (access === null || (access.endsAt !== null && access.endsAt <= now))
    return insufficient(`no access token that lives, and ${noRefreshToken}`, null)
  const userinfo = await askUserinfo(asked, access.value)
  if (userinfo === null) return insufficient(`claims do not come from userinfo, and ${noRefreshToken}`, null)
  if (userinfo.ok) return renewedInPart(asked, userinfo.claims, { scopes, tokens }, null)
  // An old access token may just be over.
  return userinfo.about === 'refused'
    ? insufficient(`userinfo: ${userinfo.reason}; ${noRefreshToken}`, null)
    : refusedUserinfo(userinfo, null)
}

/** What is known where no ID token came. */
function renewedInPart(
  asked: Asked,
  userinfo: JsonObject | null,
  given: Pick<Identity, 'scopes' | 'tokens'>,
  came: SessionTokens | null = given.tokens,
): Renewal {
  const { session, client, usedClaims } = asked
  // Without a payload nobody can tell where a claim came from.
  const last = readUnverifiedClaims(session.idToken) ?? session.claims
  const read = renewWithoutIdToken(last, userinfo, client.settings.claimsFrom, session, usedClaims)
  if (!read.ok)
    return insufficient(
      `no ID token came, and "${read.lacks}", which rules, headers, limits or keys go by, came from the ID token alone: let the provider send an ID token with the refresh grant, or the claim in userinfo`,
      came,
    )
  return renewed(asked, { ...given, claims: read.claims, idToken: session.idToken }, came)
}

function renewed(
  { session, client }: Asked,
  identity: { readonly claims: Claims } & Pick<Identity, 'idToken' | 'scopes' | 'tokens'>,
  came: SessionTokens | null,
): Renewal {
  const { settings } = client
  const id = readUserId(identity.claims, settings)
  if (!id.ok) return ended('subject-differs', `user_id is read from ${settings.userId}: ${id.reason}`, came)
  if (id.user !== session.user)
    return ended('subject-differs', `user_id, read from ${settings.userId}, is another one`, came)
  return { kind: 'renewed', identity: { ...identity, user: id.user } }
}

function ended(
  why: Extract<Renewal, { kind: 'ended' }>['why'],
  message: string,
  tokens: SessionTokens | null,
): Renewal {
  return { kind: 'ended', why, message, tokens }
}

function insufficient(message: string, tokens: SessionTokens | null): Renewal {
  return { kind: 'insufficient', message, tokens }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
