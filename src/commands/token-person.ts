import type { Io } from '../cli/command.ts'
import { type Reading, readText } from '../cli/person.ts'
import { readJwtForm } from '../core/credential/jwt-form.ts'
import { presentedCredentials } from '../core/credential/presented.ts'
import { acceptedBearers } from '../core/credential/protected-resource.ts'
import { isAskedOfTokens, providerOfToken } from '../core/credential/token-provider.ts'
import type { Gateway, ProviderSettings } from '../core/gateway.ts'
import { openShortToken } from '../core/keys/short-token.ts'
import { buildKeyRing } from '../core/session/seal.ts'
import type { EpochSeconds } from '../core/session/session.ts'
import type { Person } from '../http/admission/probe-person.ts'
import { findSessionSecrets } from '../runtime/secrets.ts'
import { unverifiedToken } from '../runtime/unverified-token.ts'
import { readKey } from './key-person.ts'

/** Somebody who comes by a token or a key, and what has to be said of how they were read. */
export interface HeaderPerson {
  readonly person: Person
  readonly notes: readonly string[]
}

/** What a token is read with. */
export interface TokenSources {
  /** The providers of the app that is asked. */
  readonly accepted?: readonly string[]
  /** The configuration with its secrets, for a token that one of them seals; null: its faults were told. */
  readonly reload: () => Gateway | null
}

/** Whose token a file holds. */
export async function readToken(
  file: string,
  gateway: Gateway,
  { accepted = [], reload }: TokenSources,
  now: EpochSeconds,
  io: Io,
): Promise<Reading<HeaderPerson>> {
  const text = await readText(file, io)
  if (!text.ok) return text
  const raw = text.value.trim().replace(/^bearer /i, '')
  const [presented] = presentedCredentials(['authorization', `Bearer ${raw}`], gateway.apiKeys)
  switch (presented?.kind) {
    case 'token': {
      const form = readJwtForm(presented.token)
      if (form !== null && (form.issuer !== null || !isAskedOf(presented.token, gateway, accepted)))
        return { ok: true, value: ofToken(raw, providerOf(gateway, accepted, form.issuer), now) }
      const what = form === null ? 'no JWT' : 'a JWT without `iss`, of which a provider is asked'
      return refuse(
        `${file} holds ${what}. What such a token says, only its provider knows: give it as --claims`,
      )
    }
    case 'short-token':
      return readShortToken(raw, file, reload())
    case 'key':
    case 'ours-malformed':
      return refuse(`${file} holds an API key: ask with --key and its id`)
    default:
      return refuse(`${file} holds no access token`)
  }
}

/** Whether the gateway would send it to a provider that the app accepts, which says whose it is. */
function isAskedOf(token: string, gateway: Gateway, accepted: readonly string[]): boolean {
  const provider = providerOfToken(acceptedBearers(gateway, { providers: accepted }), token)
  return provider !== null && isAskedOfTokens(provider)
}

/** Several may have one issuer, of which an app accepts one with `bearer`: that one's rules count there. */
function providerOf(
  { providers }: Gateway,
  accepted: readonly string[],
  issuer: string | null,
): ProviderSettings | null {
  const named = [...providers.values()].filter((one) => one.issuer === issuer)
  const counting = named.filter(({ bearer }) => bearer !== null)
  return counting.find(({ name }) => accepted.includes(name)) ?? counting[0] ?? named[0] ?? null
}

function ofToken(raw: string, provider: ProviderSettings | null, now: EpochSeconds): HeaderPerson {
  const by = { kind: 'bearer', isClient: false } as const
  if (provider === null) return { person: { provider: '', claims: {}, by }, notes: [] }
  const token = unverifiedToken(raw, provider, now)
  const claims = token.kind === 'read' ? token.token.claims : {}
  return { person: { provider: provider.name, claims, by, token }, notes: [notVerified(provider)] }
}

function notVerified({ name, bearer }: ProviderSettings): string {
  const asked =
    bearer === null || bearer.check === 'jwt'
      ? 'The gateway checks it with the keys of'
      : `The gateway asks (\`check: ${bearer.check}\`) instead of reading it:`
  return `The signature of the token was not checked. ${asked} ${name}.`
}

/** A token of ours: opened with the secret that seals it, and judged by its key as that is now. */
async function readShortToken(
  raw: string,
  file: string,
  real: Gateway | null,
): Promise<Reading<HeaderPerson>> {
  const needed = 'a token of ours can be read only with the secret that seals it'
  if (real === null) return refuse(`--token: ${needed}`)
  const ofKeys = real.apiKeys?.secrets ?? []
  const secrets = ofKeys.length > 0 ? ofKeys : findSessionSecrets(real)
  if (secrets.length === 0) return refuse(`--token: ${needed}, which is not here`)
  const token = openShortToken(raw, buildKeyRing(secrets))
  if (token === null) return refuse(`${file} holds no token that a secret of this configuration seals`)
  const read = await readKey(token.keyId, real)
  if (!read.ok) return refuse(`${file} holds a token of a key that is not here: it opens nothing`)
  const { key } = read.value
  const by =
    token.of === 'widget'
      ? ({ kind: 'widget', id: key.id, name: key.name, endUser: token.endUser } as const)
      : read.value.by
  return { ok: true, value: { person: { ...read.value, ...(by && { by }), shortToken: token }, notes: [] } }
}

function refuse(reason: string): { readonly ok: false; readonly reason: string } {
  return { ok: false, reason }
}
