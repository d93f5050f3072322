import { generateKeyPairSync } from 'node:crypto'
import { join } from 'node:path'
import { readSigningKey } from '../config/signing-key.ts'
import type { SigningKey } from '../core/assertion/settings.ts'
import { StoreFault } from '../core/fault.ts'
import type { Gateway } from '../core/gateway.ts'
import type { Random } from '../core/session/seal.ts'
import { type KeptSecret, readOrMakeSecret } from './kept-secret.ts'

/** What of a configuration says where the keys of assertions are. */
type SigningPlace = Pick<Gateway, 'signingKeys' | 'session' | 'dataFolder' | 'apps'>

/**
 * The keys of `signing_keys`; where the file has none and an app wants assertions, one that is made once and kept in
 * the data folder, for this user alone: all workers of the machine read that one. With the memory store nothing is
 * kept, and it is drawn anew: ask once a start. Empty where nothing is signed. Throws a StoreFault that names the file.
 */
export function readSigningKeys(place: SigningPlace, random: Random): readonly SigningKey[] {
  const { signingKeys, session, dataFolder } = place
  if (!wantsAssertions(place)) return []
  if (signingKeys.length > 0) return signingKeys
  if (session.store.kind !== 'sqlite') return [toKey(makeKey(), 'the key of this process')]
  const kept = keptIn(dataFolder)
  return [toKey(readOrMakeSecret(kept, makeKey, random), kept.path)]
}

/**
 * Those of the next edition. One that was drawn for this process alone stays, or every reload would have the apps ask
 * for keys again. Throws as `readSigningKeys`.
 */
export function renewedSigningKeys(
  former: { readonly gateway: SigningPlace; readonly signingKeys: readonly SigningKey[] },
  gateway: SigningPlace,
  random: Random,
): readonly SigningKey[] {
  const isDrawn = (place: SigningPlace) =>
    place.signingKeys.length === 0 && place.session.store.kind !== 'sqlite'
  const stays = former.signingKeys.length > 0 && isDrawn(former.gateway) && isDrawn(gateway)
  return stays && wantsAssertions(gateway) ? former.signingKeys : readSigningKeys(gateway, random)
}

function wantsAssertions({ apps }: Pick<Gateway, 'apps'>): boolean {
  return apps.some(({ identityAssertion }) => identityAssertion !== null)
}

/** A key for P-256 is drawn by OpenSSL, which rejects what is out of range (FIPS 186-5 A.2). */
function makeKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString().trimEnd()
}

function toKey(pem: string, place: string): SigningKey {
  const read = readSigningKey(pem)
  if (read.ok) return read.key
  throw new StoreFault('STORE_INVALID', `${place} ${read.message}; ${cost}, or put the right one back`)
}

const cost = 'remove it, and apps verify by another key as soon as they ask for keys again'

function keptIn(dataFolder: string): KeptSecret {
  return {
    path: join(dataFolder, 'signing.key'),
    called: 'the key of identity assertions',
    key: 'signing_keys',
    form: /^-----BEGIN PRIVATE KEY-----\n[A-Za-z0-9+/=\n]{100,400}\n-----END PRIVATE KEY-----$/,
    cost: 'apps verify by another key as soon as they ask for keys again',
  }
}
