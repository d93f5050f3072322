import { createHmac } from 'node:crypto'
import { ProviderFault } from '../../core/fault.ts'
import type { ProviderSettings } from '../../core/gateway.ts'
import { isObject } from '../../core/json.ts'
import { type JsonObject, readJsonObject } from '../../core/json-object.ts'
import { quoteWithout } from '../quote.ts'
import type { Transport } from '../transport.ts'
import type { TokenInfo, TokenInfoReading } from './token-info.ts'

/**
 * Access tokens of Facebook Login, by its Graph API: `debug_token` says for which app a token was made and whether it
 * is good, `me` whose it is. Facebook has no metadata and no userinfo of OpenID Connect for these.
 */
export interface Graph {
  readonly settings: Pick<ProviderSettings, 'name' | 'issuer' | 'clientId' | 'clientSecret'>
  readonly transport: Transport
  readonly deadline: AbortSignal
}

/** A version that ends is served as the oldest that still is. */
const version = 'v23.0'

/** For which app a token was made. Throws a `ProviderFault` where that is not told; no message holds the token. */
export async function debugFacebookToken(graph: Graph, token: string): Promise<TokenInfoReading> {
  const { clientId, clientSecret } = graph.settings
  const appToken = `${clientId}|${clientSecret?.reveal() ?? ''}`
  const answer = await ask(graph, 'debug_token', { input_token: token, access_token: appToken })
  const error = isObject(answer.document.error) ? answer.document.error : null
  // What it says of a token of another app: nobody else's secret may look at it.
  if (error?.code === 100) return refused('debug_token: it is no token of this app')
  if (error !== null || answer.status !== 200) throw graphFault(graph, 'debug_token', answer, token)
  return readDebugged(answer.document.data)
}

/** Whose a token is; `sub` is its `id`, which is of this app alone. Throws a `ProviderFault` as above. */
export async function readFacebookUser(graph: Graph, token: string): Promise<JsonObject | null> {
  const answer = await ask(graph, 'me', {
    fields: 'id,name,email',
    access_token: token,
    // Apps may demand it: without the secret a token that was stolen asks for nothing.
    appsecret_proof: createHmac('sha256', graph.settings.clientSecret?.reveal() ?? '')
      .update(token)
      .digest('hex'),
  })
  const error = isObject(answer.document.error) ? answer.document.error : null
  // The token ended between the two questions.
  if (error?.code === 190) return null
  if (error !== null || answer.status !== 200) throw graphFault(graph, 'me', answer, token)
  const { id, ...claims } = answer.document
  if (typeof id !== 'string' || id === '') throw invalid('me: the answer has no id')
  return { ...claims, id, sub: id }
}

/** Its issuer is where people sign in; what is asked elsewhere is a stand-in of it. */
function addressOf(issuer: string): string {
  return issuer === 'https://www.facebook.com' ? 'https://graph.facebook.com' : issuer.replace(/\/$/, '')
}

interface Answer {
  readonly status: number
  readonly document: JsonObject
}

async function ask(graph: Graph, path: string, parameters: Record<string, string>): Promise<Answer> {
  const answer = await graph.transport.request(
    `${addressOf(graph.settings.issuer)}/${version}/${path}`,
    { headers: { accept: 'application/json' }, query: new URLSearchParams(parameters) },
    graph.deadline,
  )
  const document = readJsonObject(await answer.text())
  if (document === null) throw invalid(`${path}: answered ${answer.status} and no JSON object`)
  return { status: answer.status, document }
}

function readDebugged(value: JsonObject[string] | undefined): TokenInfoReading {
  if (!isObject(value)) throw invalid('debug_token: the answer has no data')
  const { app_id: app, is_valid: isValid, type, user_id: user, expires_at: end, scopes } = value
  if (isValid !== true) return refused('debug_token: is_valid is not true')
  // Those of pages, apps and systems say nothing of a person.
  if (type !== 'USER') return refused('debug_token: its type is not USER')
  if (typeof app !== 'string' || app === '') return refused('debug_token does not say for which app it is')
  if (typeof user !== 'string' || user === '') return refused('debug_token does not say whose it is')
  if (typeof end !== 'number') return refused('debug_token does not say when it ends')
  const granted = Array.isArray(scopes) ? scopes.filter((scope) => typeof scope === 'string') : []
  // 0: it never ends.
  const info: TokenInfo = { clients: [app], subject: user, scopes: granted, endsAt: end === 0 ? null : end }
  return { kind: 'read', info }
}

/** It is asked too often: by the app, the user, the page, or in another way. */
const limited: ReadonlySet<unknown> = new Set([1, 2, 4, 17, 32, 341, 613])
/** The app's own token is no good. */
const notOurs: ReadonlySet<unknown> = new Set([101, 190])

function graphFault({ settings }: Graph, path: string, answer: Answer, token: string): ProviderFault {
  const error = isObject(answer.document.error) ? answer.document.error : {}
  const words = typeof error.message === 'string' ? error.message : 'without an error'
  const said = quoteWithout(words, [token, settings.clientSecret?.reveal() ?? ''])
  const text = `${settings.name}: ${path} answered ${answer.status}: ${said}`
  if (limited.has(error.code)) return new ProviderFault('PROVIDER_UNREACHABLE', text)
  if (path === 'debug_token' && notOurs.has(error.code))
    return new ProviderFault(
      'PROVIDER_CLIENT_REFUSED',
      `${text}. See providers.${settings.name}: client_id and client_secret are the id and the secret of the app`,
    )
  return invalid(text)
}

function refused(detail: string): TokenInfoReading {
  return { kind: 'refused', detail }
}

function invalid(message: string): ProviderFault {
  return new ProviderFault('PROVIDER_RESPONSE_INVALID', message)
}
