import { randomBytes } from 'node:crypto'
import type { Io, OptionSpecs } from '../cli/command.ts'
import type { Options } from '../cli/options.ts'
import { type Reading, readText } from '../cli/person.ts'
import { type CredentialIdentity, reservedProviders } from '../core/credential/credential.ts'
import { presentedCredentials } from '../core/credential/presented.ts'
import { isFault } from '../core/fault.ts'
import type { Gateway, ProviderSettings } from '../core/gateway.ts'
import type { ApiKey } from '../core/keys/api-key.ts'
import { parseKeyId } from '../core/keys/key-form.ts'
import { isSameProvider } from '../core/provider-id.ts'
import type { EpochSeconds } from '../core/session/session.ts'
import type { Person } from '../http/admission/probe-person.ts'
import { systemClock } from '../runtime/clock.ts'
import { openKeysOfCommand } from '../runtime/keys/open.ts'
import { unverifiedToken } from '../runtime/unverified-token.ts'
import { hasKeyFile } from '../store/keys/sqlite-key-file.ts'

/** By what somebody comes, for commands that ask as somebody. */
export const credentialOptions = {
  credential: {
    type: 'string',
    value: 'KIND',
    choices: ['session', 'bearer', 'api_key'],
    help: 'by what they come: session (default), bearer or api_key. With --claims: a token or key with these claims, and without a restriction',
  },
  key: {
    type: 'string',
    value: 'ID',
    help: 'the id of an API key, as it is kept: its claims, apps, methods, networks and end. Its secret is not asked for',
  },
  token: {
    type: 'string',
    value: 'FILE',
    help: 'an access token that is a JWT. Its signature is not checked, all else is',
  },
} as const satisfies OptionSpecs

/** A token or key with claims that somebody gives; null: a session. */
export function madeUpBy(kind: string): Reading<CredentialIdentity | null> {
  switch (kind) {
    case 'session':
      return { ok: true, value: null }
    case 'bearer':
      return { ok: true, value: { kind, isClient: false } }
    case 'api_key':
      return { ok: true, value: { kind, id: 'made-up', name: 'made up' } }
    default:
      return refuse('--credential takes session, bearer or api_key')
  }
}

/** Somebody who comes by a token or a key, and what has to be said of how they were read. */
export interface HeaderPerson {
  readonly person: Person
  readonly notes: readonly string[]
}

/** What the options name beside claims; null: no key and no token. `accepted`: the providers of the app that is asked. */
export async function readHeaderPerson(
  options: Options,
  gateway: Gateway,
  now: EpochSeconds,
  io: Io,
  accepted: readonly string[] = [],
): Promise<Reading<HeaderPerson> | null> {
  const [key, token, kind] = [options.text('key'), options.text('token'), options.text('credential')]
  if (key === null && token === null) return null
  if (key !== null && token !== null) return refuse('--key and --token are two credentials: give one')
  if (key !== null && (kind ?? 'api_key') !== 'api_key') return refuse('--key goes with --credential api_key')
  if (token !== null && (kind ?? 'bearer') !== 'bearer')
    return refuse('--token goes with --credential bearer')
  return key === null ? readToken(token ?? '', gateway, accepted, now, io) : readKey(key, gateway)
}

function refuse(reason: string): { readonly ok: false; readonly reason: string } {
  return { ok: false, reason }
}

async function readToken(
  file: string,
  gateway: Gateway,
  accepted: readonly string[],
  now: EpochSeconds,
  io: Io,
): Promise<Reading<HeaderPerson>> {
  const text = await readText(file, io)
  if (!text.ok) return text
  const raw = text.value.trim().replace(/^bearer /i, '')
  const [presented] = presentedCredentials(['authorization', `Bearer ${raw}`], gateway.apiKeys)
  switch (presented?.kind) {
    case 'jwt':
      return { ok: true, value: ofToken(raw, providerOf(gateway, accepted, presented.issuer), now) }
    case 'key':
    case 'ours-malformed':
      return refuse(`${file} holds an API key: ask with --key and its id`)
    case 'opaque':
      return refuse(
        `${file} holds no JWT. What such a token says, only its provider knows: give it as --claims`,
      )
    default:
      return refuse(`${file} holds no access token`)
  }
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

/** By its id alone, or as it is shown: `cg_…`. Of the file first, as it is found there first. */
async function readKey(text: string, gateway: Gateway): Promise<Reading<HeaderPerson>> {
  const { apiKeys } = gateway
  if (apiKeys === null) return refuse('--key: the configuration has no api_keys')
  const parsed = parseKeyId(text, apiKeys.prefixes)
  if (parsed === 'malformed' || text.split('_').length > 2)
    return refuse('--key takes the id alone: never the secret, which would be kept by your shell')
  const id = parsed?.id ?? text
  const found = apiKeys.keys.find((key) => key.id === id) ?? (await storedKey(id, gateway))
  if (typeof found === 'string') return refuse(found)
  if (found === null) return refuse(`--key: there is no key with the id ${id}`)
  return { ok: true, value: ofKey(found, gateway) }
}

/** From the store; a text says why it cannot be told. */
async function storedKey(id: string, gateway: Gateway): Promise<ApiKey | string | null> {
  // Whoever asks makes no store where there is none.
  if (gateway.apiKeys?.store.kind === 'sqlite' && !hasKeyFile(gateway.dataFolder)) return null
  try {
    const store = openKeysOfCommand(gateway, { clock: systemClock, random: randomBytes, report: () => {} })
    try {
      return await store.load(id)
    } finally {
      await store.close()
    }
  } catch (thrown) {
    if (!isFault(thrown)) throw thrown
    return thrown.message
  }
}

function ofKey(key: ApiKey, { providers }: Gateway): HeaderPerson {
  const { id, name, owner, claims } = key
  const vouching =
    owner.kind === 'operator'
      ? reservedProviders.apiKeys
      : ([...providers.values()].find((one) => isSameProvider(owner, one))?.name ?? '')
  return { person: { provider: vouching, claims, by: { kind: 'api_key', id, name }, key }, notes: [] }
}
