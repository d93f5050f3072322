import type { BearerSettings } from '../../core/credential/bearer-settings.ts'
import type { Cors, UpstreamAuthorization } from '../../core/headers/cors.ts'
import type { ApiKey } from '../../core/keys/api-key.ts'
import type { ApiKeySettings, SelfServiceSettings } from '../../core/keys/api-key-settings.ts'
import type { LimitAmount, RequestLimit } from '../../core/limits/request-limit.ts'
import { sessionsOf } from '../../core/rules/identification.ts'
import { waysIn } from '../../core/rules/ways-in.ts'
import { accessText } from '../rule-text.ts'
import { wayLine } from '../who/words.ts'
import { fileText, secretText } from './digest.ts'
import { allOf, amount, anyOf, type Fact, permission } from './fact.ts'
import { storeFacts } from './store.ts'

type Named = Readonly<Record<string, Fact | null>>

/** Which access tokens of a provider count. */
export function bearerFacts(bearer: BearerSettings | null): Named {
  if (bearer === null) return { bearer: permission(false) }
  const { tokenInfo } = bearer
  return {
    bearer: permission(true),
    'bearer.audiences': anyOf(bearer.audiences),
    'bearer.client_ids': anyOf(bearer.clientIds),
    'bearer.check': bearer.check,
    'bearer.user_id': bearer.userId,
    'bearer.accept_clients': permission(bearer.acceptClients),
    'bearer.required_scopes': allOf(bearer.requiredScopes),
    'bearer.cache': bearer.check === 'jwt' ? null : amount(bearer.cacheSeconds, 's'),
    'bearer.token_info': tokenInfo && `${tokenInfo.url} ${tokenInfo.claim}`,
  }
}

/** How keys look, where they are, and what those of the file open. */
export function apiKeyFacts(settings: ApiKeySettings | null): Named {
  if (settings === null) return { api_keys: permission(false) }
  const { store, secrets, keys, selfService } = settings
  return {
    api_keys: permission(true),
    ...storeFacts(store, 'api_keys.store'),
    'api_keys.secret': secrets.map(secretText).join(' ') || null,
    'api_keys.prefix': anyOf(settings.prefixes),
    'api_keys.header': settings.header,
    'api_keys.claims_max_age': amount(settings.claimsMaxAgeSeconds, 's'),
    'api_keys.token_lifetime': amount(settings.tokenLifetimeSeconds, 's'),
    'api_keys.user_id_prefix': settings.userIdPrefix,
    'api_keys.widget_claims': settings.widgetClaims.join(' ') || 'none',
    ...selfServiceFacts(selfService),
    ...Object.fromEntries(keys.map((key) => [`api_keys.keys ${key.id}`, keyFact(key)])),
  }
}

function selfServiceFacts(settings: SelfServiceSettings | null): Named {
  if (settings === null) return { 'api_keys.self_service': permission(false) }
  return {
    'api_keys.self_service': permission(true),
    'api_keys.self_service.at': settings.at,
    'api_keys.self_service.providers': anyOf(settings.providers),
    'api_keys.self_service.require': ruleText(settings),
    'api_keys.self_service.claims': settings.claims.join(' ') || 'none',
    'api_keys.self_service.max_keys': amount(settings.maxKeys, ''),
    'api_keys.self_service.origins': permission(settings.origins),
    'api_keys.self_service.lifetime': amount(settings.lifetimeSeconds, 's'),
  }
}

/** Who may have keys of their own. A digest stands for what words leave out. */
function ruleText({ require: requirement, providers }: SelfServiceSettings): string {
  const accepted = sessionsOf(providers)
  const lines = waysIn(requirement, accepted).ways.map((way) => wayLine(way, accepted))
  return `${lines.join('; or ') || 'nobody'} ${fileText(accessText({ kind: 'rule', requirement }))}`
}

/** What a key opens is the rules’; that it is there, and until when, is told here. */
function keyFact({ name, expiresAt, revokedAt, ...rest }: ApiKey): Fact {
  const end = expiresAt === null ? 'without end' : `until ${timeText(expiresAt)}`
  const state = revokedAt === null ? end : 'revoked'
  const there = revokedAt === null ? 1 : 0
  return {
    text: `${name}, ${state} ${fileText(JSON.stringify(rest))}`,
    lets: { there, until: there === 0 ? 0 : (expiresAt ?? Infinity) },
    otherwise: 'nothing',
  }
}

function timeText(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000', '')
}

/** How much may come in. A limit that is not there lets everything in. */
export function limitFacts(limits: readonly RequestLimit[], fail: 'open' | 'closed'): Named {
  const facts = limits.map(({ name, per, location, amount: written }) => {
    const whose = typeof per === 'string' ? per : `claim ${per.claim}`
    const { text, lets } = amounts(written)
    const named = Object.entries(lets).map(([key, count]) => [`${whose} ${key}`, count])
    const fact: Fact = {
      text: `per ${whose}${location === null ? '' : ', counted here alone'}, ${text}`,
      lets: Object.fromEntries(named),
      otherwise: 'all',
    }
    return [`limits ${name}`, fact]
  })
  return {
    ...Object.fromEntries(facts),
    limits_fail:
      limits.length === 0
        ? null
        : { text: fail, lets: { open: fail === 'open' ? 1 : 0 }, otherwise: 'nothing' },
  }
}

function amounts(written: RequestLimit['amount']): { text: string; lets: Record<string, number> } {
  if ('count' in written) return { text: amountText(written), lets: amountLets('', written) }
  const { claim, is, otherwise } = written
  const parts = [...is.map(([value, one]) => `${value}: ${amountText(one)}`), `else ${amountText(otherwise)}`]
  const lets = is.map(([value, one]) => amountLets(`${claim} ${value} `, one))
  return {
    text: `by ${claim}: ${parts.join(', ')}`,
    lets: Object.assign({}, ...lets, amountLets(`${claim} else `, otherwise)),
  }
}

function amountText({ kind, count, windowSeconds }: LimitAmount): string {
  return `${kind} ${count} in ${windowSeconds}s`
}

/** Compared within one kind and window: 100 a minute is not less than 1000 an hour, nor more. */
function amountLets(name: string, { kind, count, windowSeconds }: LimitAmount): Record<string, number> {
  return { [`${name}${kind} in ${windowSeconds}s`]: count }
}

/** Which pages of other origins may read answers. */
export function corsFact(cors: Cors): Fact {
  switch (cors.kind) {
    case 'deny':
      return { text: 'deny', lets: {}, otherwise: 'nothing' }
    case 'origins':
      return anyOf(cors.origins) ?? 'none'
    case 'keys':
      return { text: 'keys', lets: { 'any https origin': 1 }, otherwise: 'nothing' }
  }
}

/** Whether a credential of the request goes on to the app. */
export function upstreamAuthorizationFact(authorization: UpstreamAuthorization): Fact {
  const sent = authorization === 'strip' ? 0 : 1
  return { text: authorization, lets: { sent }, otherwise: 'nothing' }
}
