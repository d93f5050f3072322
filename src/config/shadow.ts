import { dirname, isAbsolute, join, resolve } from 'node:path'
import type { App, Gateway, Origin, ProviderSettings, Shadow } from '../core/gateway.ts'
import { faultAt, faultAtKey, isWritten, type Scope, warnAt } from './build/scope.ts'
import { type CheckedFile, checkFileSteps } from './checked-file.ts'
import type { ReadConfiguration } from './digest.ts'
import { decodeUtf8, readBeside, type Surroundings } from './files.ts'
import type { Issue } from './issue.ts'
import { nodeAt } from './node.ts'
import type { Steps } from './steps.ts'

export interface ReadShadow {
  /** Null: none is named, or it has faults. */
  readonly shadow: Shadow | null
  /** Faults of the file that is named, with its own places. */
  readonly issues: readonly Issue[]
  /** As in the model, of that file. */
  readonly emptyLists: readonly string[]
  /** That file as it was read; null: none is named, or it cannot be read. */
  readonly read: ReadConfiguration | null
}

const nothing: ReadShadow = { shadow: null, issues: [], emptyLists: [], read: null }

/**
 * Reads the configuration that `shadow` names, with the same environment, and checks it whole. Of its model the rules
 * are taken. What else decides about requests must be as in the first file, or a difference of verdicts would say
 * nothing about rules; the rest of it is not looked at, and of its warnings that of an emptied list alone is told.
 */
export function* readShadowSteps(own: CheckedFile): Steps<ReadShadow> {
  const named = own.scope === null ? null : readNamed(own.scope)
  if (own.scope === null || named === null) return nothing
  const other = yield* checkFileSteps(named.text, named.surroundings)
  if (other.scope !== null) checkAgreement(own, other, other.scope)
  // What is wrong with the surroundings is told once.
  const told = new Set(own.issues().map(({ position, message }) => (position === null ? message : null)))
  const issues = other.issues().filter(({ position, message }) => position !== null || !told.has(message))
  if (own.gateway === null || other.gateway === null) return { ...nothing, issues }
  const shadow = shadowOf(named.surroundings.file, other.gateway)
  warnOfForgotten(own.scope, own.gateway, shadow)
  for (const name of other.scope?.emptyLists.keys() ?? []) {
    const message = `in ${shadow.file} the file ${name} has no entries: what its rules would decide is no word on a filled list`
    warnAt(own.scope, ['shadow'], message)
  }
  const root = other.scope?.root
  const read = root === undefined ? null : { ...named, root }
  return { shadow, issues, emptyLists: other.gateway.emptyLists, read }
}

interface NamedFile {
  readonly text: string
  readonly surroundings: Surroundings
}

/** Null when nothing is named, or when it cannot be read, which was reported. */
function readNamed(scope: Scope): NamedFile | null {
  const node = nodeAt(scope.root, ['shadow'])
  if (node?.kind !== 'scalar' || typeof node.value !== 'string' || node.value === '') return null
  const { file, folder, env, readFile } = scope.surroundings
  // What a variable yields is not printed: then the file is called by what stands there.
  const shown = node.interpolated ? node.source : node.value
  const read = readBeside(scope.surroundings, node.value)
  const text = read.ok ? decodeUtf8(read.bytes) : null
  if (text === null) {
    const why = read.ok ? 'is no UTF-8 text' : read.reason
    faultAt(scope, ['shadow'], `${shown} cannot be read: ${why}`)
    return null
  }
  const name = isAbsolute(shown) ? shown : join(dirname(file), shown)
  return { text, surroundings: { file: name, folder: dirname(resolve(folder, node.value)), env, readFile } }
}

/** Its rules, with those in force that it only rehearses itself. */
function shadowOf(file: string, gateway: Gateway): Shadow {
  const own = [...gateway.hosts.values()].map((origin) => [origin.origin, origin] as const)
  const origins: ReadonlyMap<string, Origin> = gateway.shadow?.origins ?? new Map(own)
  const apps = [...origins.values()].flatMap((origin) => origin.apps)
  const rehearsed = apps.flatMap((app) => app.allLocations.map((location) => ({ app: app.name, location })))
  return { file, rehearsed, origins }
}

function checkAgreement(own: CheckedFile, other: CheckedFile, scope: Scope): void {
  if (isWritten(scope, ['shadow'])) faultAtKey(scope, ['shadow'], 'a shadow has none of its own')
  if (own.gateway === null || other.gateway === null) return
  const first = own.scope?.surroundings.file ?? ''
  const differ = `differs from ${first}: a shadow rehearses rules and nothing else`
  for (const [key, textOf] of topTerms) {
    if (textOf(own.gateway) !== textOf(other.gateway)) faultAt(scope, [key], differ)
  }
  for (const provider of other.gateway.providers.values()) {
    const path = ['providers', provider.name]
    const before = own.gateway.providers.get(provider.name)
    if (before === undefined) faultAtKey(scope, path, `is no provider of ${first}`)
    for (const [key, textOf] of before === undefined ? [] : providerTerms) {
      if (textOf(before ?? provider) !== textOf(provider)) faultAt(scope, [...path, key], differ)
    }
  }
  checkApps(scope, own.gateway.apps, other.gateway.apps, first)
}

type Term<Of> = readonly [key: string, textOf: (of: Of) => string]

function trustedText({ trustedProxies, trustsSocket }: Gateway): string {
  return [...(trustsSocket ? ['unix'] : []), ...trustedProxies.map(({ text }) => text)].join(' ')
}

const topTerms: readonly Term<Gateway>[] = [
  ['trusted_proxies', (gateway) => trustedText(gateway)],
  ['auth_prefix', ({ authPrefix }) => authPrefix],
  ['api_keys', ({ apiKeys }) => keysText(apiKeys)],
  ['client_certificates', ({ clientCertificates }) => JSON.stringify(clientCertificates)],
]

/** Who somebody is that comes by a key. What opens in the store is the same for both. */
function keysText(apiKeys: Gateway['apiKeys']): string {
  if (apiKeys === null) return ''
  const { prefixes, header, userIdPrefix, claimsMaxAgeSeconds, tokenLifetimeSeconds, selfService } = apiKeys
  const ofPeople = selfService && [selfService.at, selfService.claims]
  const times = [claimsMaxAgeSeconds, tokenLifetimeSeconds]
  return JSON.stringify([prefixes, header, userIdPrefix, times, ofPeople])
}

/** What makes the claims that rules judge. */
const providerTerms: readonly Term<ProviderSettings>[] = [
  ['issuer', ({ issuer }) => issuer],
  ['scopes', ({ scopes }) => scopes.join(' ')],
  ['claims_from', ({ claimsFrom }) => claimsFrom.join(' ')],
  ['user_id', ({ userId }) => userId],
  ['user_id_prefix', ({ userIdPrefix }) => userIdPrefix],
  ['trust_email', ({ trustEmail }) => `${trustEmail}`],
  // Some of them send texts for `email_verified`.
  ['preset', ({ preset }) => preset],
  ['sign_in', ({ signsIn }) => `${signsIn}`],
  ['bearer', ({ bearer }) => JSON.stringify(bearer)],
]

function checkApps(scope: Scope, own: readonly App[], others: readonly App[], first: string): void {
  for (const { name } of own) {
    if (others.some((other) => other.name === name)) continue
    faultAt(scope, ['apps', name], `is missing: a shadow has the apps of ${first}, all of them`)
  }
  for (const other of others) {
    const before = own.find(({ name }) => name === other.name)
    if (before === undefined) faultAtKey(scope, ['apps', other.name], `is no app of ${first}`)
    else if (addressOf(before) !== addressOf(other)) {
      faultAt(
        scope,
        ['apps', other.name, 'url'],
        `differs from ${first}: a shadow rehearses rules and nothing else`,
      )
    }
  }
}

function addressOf({ origin, prefix }: App): string {
  return [origin, ...prefix].join('/')
}

/** With a file of its own the shadow holds nothing of the first: what is rehearsed there would be judged by nobody. */
function warnOfForgotten(scope: Scope, { shadow: inFile }: Gateway, shadow: Shadow): void {
  for (const { app, location } of inFile?.rehearsed ?? []) {
    const isThere = shadow.rehearsed.some((one) => one.app === app && one.location.label === location.label)
    const path = scope.places.get(location)?.path
    if (isThere || path === undefined) continue
    warnAt(
      scope,
      [...path, 'enforce'],
      `is not rehearsed: \`shadow\` names ${shadow.file}, which has no such location`,
    )
  }
}
