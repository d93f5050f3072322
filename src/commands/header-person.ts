import type { Io, OptionSpecs } from '../cli/command.ts'
import type { Options } from '../cli/options.ts'
import { chooseProvider, type Reading } from '../cli/person.ts'
import { madeUpIdentity, reservedVoucher } from '../config/tests/header-identity.ts'
import type { Credential, CredentialIdentity } from '../core/credential/credential.ts'
import type { Gateway } from '../core/gateway.ts'
import type { EpochSeconds } from '../core/session/session.ts'
import { readKey } from './key-person.ts'
import { type HeaderPerson, readToken, type TokenSources } from './token-person.ts'

const allCredentials = [
  ...(['session', 'bearer', 'api_key', 'exchange', 'widget', 'client_certificate'] as const),
] as const satisfies readonly Credential[]

/** By what somebody comes, for commands that ask as somebody. */
export const credentialOptions = {
  credential: {
    type: 'string',
    value: 'KIND',
    choices: allCredentials,
    help: 'by what they come: session (default), bearer, api_key, exchange, widget or client_certificate. With --claims: a token, key, pair or certificate with these claims, and without a restriction',
  },
  key: {
    type: 'string',
    value: 'ID',
    help: 'the id of an API key, as it is kept: its claims, apps, methods, networks and end. Its secret is not asked for',
  },
  token: {
    type: 'string',
    value: 'FILE',
    help: 'an access token that is a JWT, of which all but the signature is checked; or a token of ours (cgt_…), for which the secret that seals it is needed',
  },
} as const satisfies OptionSpecs

/** A credential with claims that somebody gives; null: a session. */
export function madeUpBy(kind: string): Reading<CredentialIdentity | null> {
  const credential = allCredentials.find((one) => one === kind)
  if (credential === undefined) return refuse(`--credential takes one of ${allCredentials.join(', ')}`)
  return { ok: true, value: madeUpIdentity(credential) }
}

/** Who vouches for the claims that are given: as it is said, else whoever alone can. */
export function chooseVoucher(
  gateway: Gateway,
  by: CredentialIdentity | null,
  named: string | null,
  accepted: readonly string[],
): Reading<string> {
  const reserved = reservedVoucher(by)
  if (reserved !== null && (named === null || named === reserved)) return { ok: true, value: reserved }
  if (by?.kind === 'client_certificate') return refuse('--provider: certificates have none')
  return chooseProvider(gateway, named, accepted)
}

/** What the options name beside claims; null: no key and no token. */
export async function readHeaderPerson(
  options: Options,
  gateway: Gateway,
  now: EpochSeconds,
  io: Io,
  { accepted = [], reload }: TokenSources,
): Promise<Reading<HeaderPerson> | null> {
  const [key, token, kind] = [options.text('key'), options.text('token'), options.text('credential')]
  if (key === null && token === null) return null
  if (key !== null && token !== null) return refuse('--key and --token are two credentials: give one')
  if (key !== null && (kind ?? 'api_key') !== 'api_key') return refuse('--key goes with --credential api_key')
  if (key !== null) {
    const found = await readKey(key, gateway)
    return found.ok ? { ok: true, value: { person: found.value, notes: [] } } : found
  }
  const read = await readToken(token ?? '', gateway, { accepted, reload }, now, io)
  if (!read.ok || kind === null || read.value.person.by?.kind === kind) return read
  return refuse(`--token: the file holds a token of --credential ${read.value.person.by?.kind}`)
}

function refuse(reason: string): { readonly ok: false; readonly reason: string } {
  return { ok: false, reason }
}
