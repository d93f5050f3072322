import type { SigningKey } from '../../core/assertion/settings.ts'
import type { App, SessionSettings } from '../../core/gateway.ts'
import type { Secret } from '../../core/secret.ts'
import { isShared } from '../../core/session-store-settings.ts'
import { type ConfigPath, pathText } from '../node.ts'
import { makeSigningKey, readSigningKey } from '../signing-key.ts'
import { readPrivateText } from './pem.ts'
import { faultAt, isWritten, type Scope, warnAt } from './scope.ts'

const path: ConfigPath = ['signing_keys']

/** What the keys are held against: each serves one purpose, and one that every gateway makes for itself serves one of them. */
interface SigningSurroundings {
  /** Null: it was faulty. */
  readonly session: SessionSettings | null
  readonly apps: readonly Pick<App, 'identityAssertion'>[]
  /** Private keys that serve something else, with where each stands. */
  readonly others: readonly (readonly [ConfigPath, Secret])[]
}

/** `signing_keys`, in their order; what is faulty was reported. */
export function buildSigningKeys(
  scope: Scope,
  written: readonly string[] | undefined,
  { session, apps, others }: SigningSurroundings,
): readonly SigningKey[] {
  const signs = apps.some(({ identityAssertion }) => identityAssertion !== null)
  if (!isWritten(scope, path)) {
    if (signs && session !== null) checkAbsence(scope, session)
    return []
  }
  const keys = (written ?? []).flatMap((text, index) => readOne(scope, memberAt(scope, index), text) ?? [])
  checkTwice(scope, keys)
  for (const [place, other] of keys.length === 0 ? [] : others) {
    const read = readSigningKey(other.reveal())
    const same = read.ok ? keys.find(({ key }) => key.kid === read.key.kid) : undefined
    if (same !== undefined)
      faultAt(scope, same.at, `is the key of ${pathText(place)}: each key serves one purpose`)
  }
  if (!signs && keys.length > 0)
    warnAt(
      scope,
      path,
      'sign nothing: no app has `identity_assertion`, and their public parts are not published',
    )
  return keys.map(({ key }) => key)
}

interface Read {
  readonly key: SigningKey
  readonly at: ConfigPath
}

function readOne(scope: Scope, at: ConfigPath, text: string): Read | null {
  const found = readPrivateText(scope, at, text)
  if (found === null) return null
  const read = readSigningKey(found)
  if (read.ok) return { key: read.key, at }
  faultAt(scope, at, read.message)
  return null
}

function memberAt(scope: Scope, index: number): ConfigPath {
  const member = [...path, index]
  return isWritten(scope, member) ? member : path
}

function checkTwice(scope: Scope, keys: readonly Read[]): void {
  const seen = new Map<string, ConfigPath>()
  for (const { key, at } of keys) {
    const before = seen.get(key.kid)
    if (before === undefined) seen.set(key.kid, at)
    else faultAt(scope, at, `is the same key as ${pathText(before)}`)
  }
}

/** Where other processes publish other keys than this one signs with, an app verifies nothing. */
function checkAbsence(scope: Scope, { store }: SessionSettings): void {
  const make = `make one with \`${makeSigningKey}\``
  if (isShared(store))
    faultAt(scope, path, `is missing: all gateways that share a Redis sign with the same keys; ${make}`)
  else if (store.kind === 'cookie')
    faultAt(
      scope,
      path,
      `is missing: with \`store: cookie\` nothing is kept here, and apps verify what any gateway signs; ${make}`,
    )
  else if (store.kind === 'memory')
    warnAt(
      scope,
      path,
      'is absent: a key is made at each start, which apps learn only when they ask for keys again',
    )
  else
    warnAt(scope, path, 'is absent: one is generated into the `data` folder, which serves a single instance')
}
