import { readAccessTokenClaims } from '../../core/credential/access-token-claims.ts'
import type { BearerSettings } from '../../core/credential/bearer-settings.ts'
import { ProviderFault } from '../../core/fault.ts'
import type { ProviderSettings } from '../../core/gateway.ts'
import type { JsonObject } from '../../core/json-object.ts'
import { limits } from '../../core/limits/table.ts'
import type { EpochSeconds } from '../../core/session/session.ts'
import { acceptedAlgorithms } from '../algorithms.ts'
import { withoutCredentials } from '../fault.ts'
import { internalAddress } from '../internal-url.ts'
import type { KeyCache } from '../keys.ts'
import type { Metadata } from '../metadata.ts'
import type { Transport } from '../transport.ts'
import { readUserinfoAnswer } from '../userinfo.ts'
import { debugFacebookToken, type Graph, readFacebookUser } from './facebook.ts'
import { readTokenInfo, type TokenInfo, type TokenInfoReading, tokenInfoSource } from './token-info.ts'
import type { Told } from './told-tokens.ts'

/** A provider that tells of a token by its userinfo endpoint. */
export interface UserinfoProvider {
  readonly settings: ProviderSettings
  readonly bearer: BearerSettings
  readonly transport: Transport
  readonly keys: KeyCache
  /** Asked for by all but Facebook, which has none. */
  readonly metadata: () => Promise<Metadata>
}

/** For whom a token was made, and then, by another question, whose it is. */
interface Questions {
  readonly info: () => Promise<TokenInfoReading>
  /** Null: the token is not accepted. */
  readonly user: (info: TokenInfo) => Promise<JsonObject | null>
}

/**
 * Userinfo says whose a token is and not for whom it was made: a token that somebody gave to any other app would open
 * this one. So the latter is asked for first, of another address; both must mean the same person. Throws a
 * `ProviderFault` where nobody says, whose message holds no credential.
 */
export async function readByUserinfo(
  provider: UserinfoProvider,
  token: string,
  now: EpochSeconds,
  deadline: AbortSignal,
): Promise<Told> {
  const secret = provider.settings.clientSecret?.reveal() ?? ''
  try {
    const { preset } = provider.settings
    const isGraph = preset === 'facebook' && provider.bearer.tokenInfo === null
    return await ask(
      isGraph ? ofFacebook(provider, token, deadline) : ofOthers(provider, token, now, deadline),
      provider.bearer,
      now,
    )
  } catch (thrown) {
    throw withoutCredentials(thrown, [token, secret])
  }
}

async function ask(questions: Questions, { clientIds }: BearerSettings, now: EpochSeconds): Promise<Told> {
  const told = await questions.info()
  if (told.kind === 'refused') return refused(told.detail)
  const { info } = told
  // Nobody is asked whose it is that is for somebody else. All are judged again at each use.
  const foreign = info.clients.find((client) => !clientIds.includes(client))
  const claims = foreign === undefined ? await questions.user(info) : {}
  if (claims === null) return refused('userinfo does not accept it')
  if (foreign === undefined && info.subject !== null && claims.sub !== info.subject)
    return refused('userinfo says another subject than token_info')
  const bytes = JSON.stringify(claims).length
  if (bytes > limits.tokenAnswerBytes)
    throw invalid(`userinfo answered more than ${limits.tokenAnswerBytes} characters`)
  return { reading: readingOf(claims, info, foreign, now), bytes }
}

/** Of a signed answer, and about it: for whom it is and how long it holds. */
const ofTheAnswer: ReadonlySet<string> = new Set(['aud', 'exp', 'nbf', 'iat'])

function readingOf(
  said: JsonObject,
  { clients, scopes, endsAt, subject }: TokenInfo,
  foreign: string | undefined,
  now: EpochSeconds,
): Told['reading'] {
  const claims = {
    ...Object.fromEntries(Object.entries(said).filter(([name]) => !ofTheAnswer.has(name))),
    ...(foreign === undefined || subject === null ? {} : { sub: subject }),
    ...(endsAt === null ? {} : { exp: endsAt }),
  }
  const read = readAccessTokenClaims(claims, now, { endRequired: false })
  if (!read.ok) return { kind: 'refused', why: read.why, detail: read.detail }
  // Where one of several is the subject, nobody is behind it.
  const clientId = foreign ?? clients.find((client) => client === claims.sub) ?? clients[0] ?? null
  return { kind: 'read', token: { ...read.token, audiences: null, clientId, scopes } }
}

function ofFacebook(
  { settings, transport }: UserinfoProvider,
  token: string,
  deadline: AbortSignal,
): Questions {
  const graph: Graph = { settings, transport, deadline }
  return { info: () => debugFacebookToken(graph, token), user: () => readFacebookUser(graph, token) }
}

function ofOthers(
  provider: UserinfoProvider,
  token: string,
  now: EpochSeconds,
  deadline: AbortSignal,
): Questions {
  const { settings, bearer, transport } = provider
  return {
    info: () => {
      const source = tokenInfoSource(settings.preset, bearer)
      if (source === null)
        throw invalid(`nothing tells for whom tokens of ${settings.name} are made: see token_info`)
      return readTokenInfo(source, token, transport, now, deadline)
    },
    user: (info) => askUserinfo(provider, token, info, deadline),
  }
}

async function askUserinfo(
  { settings, transport, keys, metadata }: UserinfoProvider,
  token: string,
  { clients }: TokenInfo,
  deadline: AbortSignal,
): Promise<JsonObject | null> {
  const known = await metadata()
  const endpoint = known.userinfoEndpoint
  if (endpoint === null) throw invalid(`the metadata of ${settings.name} names no userinfo_endpoint`)
  const headers = { accept: 'application/json, application/jwt', authorization: `Bearer ${token}` }
  const answer = await transport.request(endpoint, { headers }, deadline)
  const read = await readUserinfoAnswer(
    answer,
    {
      issuer: known.issuer,
      clientId: clients[0] ?? '',
      sub: null,
      algorithms: acceptedAlgorithms(settings, known.idTokenAlgorithms),
      overTls: internalAddress(endpoint, settings.issuer, settings.internalUrl).startsWith('https:'),
    },
    keys,
  )
  if (!read.ok) {
    if (read.about === 'refused') return null
    throw invalid(`userinfo: ${read.reason}`)
  }
  if (typeof read.claims.sub !== 'string') throw invalid('userinfo: sub is missing')
  return read.claims
}

function refused(detail: string): Told {
  return { reading: { kind: 'refused', why: 'token-invalid', detail }, bytes: 0 }
}

function invalid(message: string): ProviderFault {
  return new ProviderFault('PROVIDER_RESPONSE_INVALID', message)
}
