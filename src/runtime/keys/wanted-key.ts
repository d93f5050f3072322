import { nearest } from '../../config/nearest.ts'
import { readDateTime } from '../../config/schema/date-time.ts'
import { readDuration } from '../../config/schema/units.ts'
import type { Gateway } from '../../core/gateway.ts'
import { isList, isObject, type Json } from '../../core/json.ts'
import { toJsonObject } from '../../core/json-object.ts'
import type { ApiKeySettings } from '../../core/keys/api-key-settings.ts'
import { readWantedOrigins } from '../../core/keys/wanted-origins.ts'
import { limits } from '../../core/limits/table.ts'
import { readAddressRange } from '../../core/request/address.ts'
import { knownMethods, refusedMethods, webdavMethods, webdavName } from '../../core/request/method.ts'
import type { Claims } from '../../core/rules/claims.ts'
import type { EpochSeconds } from '../../core/session/session.ts'
import { showOwn } from '../../core/show.ts'

/** A key that is to be made, as somebody may ask for it. */
export interface WantedKey {
  readonly name: string
  readonly owner: WantedOwner
  /** Of an operator's key; a person's has those of the person. */
  readonly claims: Claims
  readonly end: WantedEnd
  readonly apps: readonly string[] | null
  readonly methods: readonly string[] | null
  readonly from: readonly string[] | null
  readonly origins: readonly string[]
}

export type WantedOwner =
  | { readonly kind: 'operator'; readonly user: string }
  /** `user` as apps see it; `provider` is a name of the file, and null where one alone is possible. */
  | { readonly kind: 'person'; readonly user: string; readonly provider: string | null }

export type WantedEnd =
  | { readonly kind: 'at'; readonly at: EpochSeconds }
  | { readonly kind: 'never' }
  /** Nothing was said: of a person's key, `self_service.lifetime`. */
  | { readonly kind: 'usual' }

/** What is wrong with what was asked for, and where. Holds no value of a claim. */
export interface KeyFault {
  /** `apps`, as programs and the option of the command call it. */
  readonly field: string
  readonly message: string
}

export type ReadWantedKey =
  | { readonly ok: true; readonly wanted: WantedKey }
  | { readonly ok: false; readonly faults: readonly KeyFault[] }

const wantedKeyFields = [
  ...(['name', 'user', 'person', 'provider', 'claims', 'expires', 'apps', 'methods', 'from'] as const),
  'origins',
] as const

/** What a key is held against. */
export type KeySurroundings = Pick<Gateway, 'apps' | 'providers' | 'hosts'> & {
  readonly apiKeys: ApiKeySettings
}

/**
 * Reads what a program or a command says of a key that is to be made. All that is wrong is told at once; nothing is
 * repaired, and what is not known is refused: a restriction that nobody reads would be left out.
 */
export function readWantedKey(
  said: Readonly<Record<string, Json>>,
  around: KeySurroundings,
  now: EpochSeconds,
): ReadWantedKey {
  const faults: KeyFault[] = []
  const fault = (field: string, message: string): null => {
    faults.push({ field, message })
    return null
  }
  for (const field of Object.keys(said)) refuseUnknown(field, fault)
  const name = readName(said.name, fault)
  const owner = readOwner(said, around, fault)
  const ofPerson = said.person !== undefined
  const claims = readClaims(said.claims, ofPerson, fault)
  const end = readEnd(said.expires, ofPerson, now, fault)
  const apps = readTexts('apps', said.apps, fault)
  const methods = readTexts('methods', said.methods, fault)
  const from = readTexts('from', said.from, fault)
  const origins = readWantedOrigins(said.origins, ofPerson, around)
  if (!origins.ok) for (const message of origins.messages) fault('origins', message)
  for (const app of apps ?? []) refuseUnknownApp(app, around, fault)
  for (const method of methods ?? []) refuseUnknownMethod(method, fault)
  for (const network of from ?? []) refuseNetwork(network, fault)
  if (!origins.ok || faults.length > 0 || name === null || owner === null || claims === null || end === null)
    return { ok: false, faults }
  const restrictions = { apps, methods: wholeMethods(methods), from }
  return { ok: true, wanted: { name, owner, claims, end, ...restrictions, origins: origins.origins } }
}

type Fault = (field: string, message: string) => null

function refuseUnknown(field: string, fault: Fault): void {
  if (wantedKeyFields.some((one) => one === field)) return
  const meant = nearest(field, wantedKeyFields)
  const all = wantedKeyFields.join(', ')
  fault(
    field,
    meant === null
      ? `is no field of a key: these are ${all}`
      : `is no field of a key; did you mean ${meant}?`,
  )
}

function readName(name: Json | undefined, fault: Fault): string | null {
  if (name === undefined) return fault('name', 'is missing: what the key is for, in a few words')
  if (typeof name !== 'string') return fault('name', 'expected a text')
  if (name.trim() === '') return fault('name', 'is empty: what the key is for, in a few words')
  if (name.length > limits.keyNameCharacters)
    return fault('name', `has more than ${limits.keyNameCharacters} characters`)
  return isPlain(name) ? name : fault('name', 'holds a control character')
}

function isPlain(text: string): boolean {
  return text.isWellFormed() && !/[\p{Cc}\p{Zl}\p{Zp}]/u.test(text)
}

/** Either the name that an operator chose, or a person of a provider. */
function readOwner(
  { user, person, provider }: Readonly<Record<string, Json>>,
  around: KeySurroundings,
  fault: Fault,
): WantedOwner | null {
  if (user !== undefined && person !== undefined)
    return fault('person', 'stands beside user, and a key is for one of the two')
  if (person !== undefined) return readPerson(person, provider, around, fault)
  if (provider !== undefined) return fault('provider', 'says more of person, which is not there')
  if (user === undefined) return fault('user', 'is missing: whose key it is, as apps will see it')
  if (typeof user !== 'string') return fault('user', 'expected a text')
  const why = whyNoUser(user, around)
  return why === null ? { kind: 'operator', user } : fault('user', why)
}

function whyNoUser(user: string, { apiKeys, providers }: KeySurroundings): string | null {
  const { userIdPrefix } = apiKeys
  const whole = userIdPrefix + user
  if (user === '') return 'is empty'
  if (whole.length > limits.subjectCharacters)
    return `has more than ${limits.subjectCharacters - userIdPrefix.length} characters`
  if (!isPlain(user)) return 'holds a control character'
  if (userIdPrefix !== '' && user.startsWith(userIdPrefix))
    return `begins with ${showOwn(userIdPrefix)}, which is put before it: write it without`
  if (user.startsWith('client:') || whole.startsWith('client:'))
    return 'begins with "client:", as the ids of programs of a provider do'
  for (const { name, userIdPrefix: other } of providers.values())
    if (other !== '' && other.length > userIdPrefix.length && whole.startsWith(other))
      return `begins with the prefix of provider ${showOwn(name)}`
  return null
}

function readPerson(
  person: Json,
  provider: Json | undefined,
  { apiKeys: { selfService } }: KeySurroundings,
  fault: Fault,
): WantedOwner | null {
  if (typeof person !== 'string' || person === '') return fault('person', 'expected the user id of somebody')
  if (selfService === null)
    return fault('person', 'needs `api_keys.self_service`, which says which claims a person’s key has')
  if (provider === undefined) return { kind: 'person', user: person, provider: null }
  if (typeof provider !== 'string') return fault('provider', 'expected a text')
  if (selfService.providers.includes(provider)) return { kind: 'person', user: person, provider }
  const known = selfService.providers.join(', ')
  return fault(
    'provider',
    `nobody signs in with ${quoted(provider)} at ${selfService.at}: there are ${known}`,
  )
}

function readClaims(claims: Json | undefined, ofPerson: boolean, fault: Fault): Claims | null {
  if (ofPerson)
    return claims === undefined ? {} : fault('claims', 'are those that the person has: write none')
  if (claims === undefined) return {}
  if (!isObject(claims)) return fault('claims', 'expected an object: {"plan": "paid"}')
  if (Object.hasOwn(claims, '__proto__')) return fault('claims', '"__proto__" is never looked up')
  const own = toJsonObject(claims)
  if (own === null) return fault('claims', 'are nested too deeply')
  return own
}

/** An operator says when a key ends: one that nobody thought of would open for good. */
function readEnd(
  expires: Json | undefined,
  ofPerson: boolean,
  now: EpochSeconds,
  fault: Fault,
): WantedEnd | null {
  const expected = 'a duration such as 365d, a date and time such as 2027-06-30T00:00:00Z, or never'
  if (expires === undefined) return ofPerson ? { kind: 'usual' } : fault('expires', `is missing: ${expected}`)
  if (typeof expires !== 'string') return fault('expires', `expected ${expected}`)
  if (expires === 'never') return { kind: 'never' }
  if (/^\d{4}-/.test(expires)) {
    const read = readDateTime(expires)
    if (!read.ok) return fault('expires', read.message)
    return read.value > now ? { kind: 'at', at: read.value } : fault('expires', 'is over already')
  }
  const read = readDuration(expires)
  if (read.ok) return { kind: 'at', at: now + read.value }
  const meant = read.meant === null ? '' : `; did you mean ${read.meant}?`
  return fault('expires', /^\d/.test(expires) ? `${read.message}${meant}` : `expected ${expected}`)
}

/** Null: nothing was said, or it was told. An empty list would let nobody in, and is not meant. */
function readTexts(field: string, value: Json | undefined, fault: Fault): readonly string[] | null {
  if (value === undefined) return null
  if (value === null || !isList(value) || !value.every((one) => typeof one === 'string'))
    return fault(field, 'expected a list of texts')
  if (value.length === 0) return fault(field, 'is empty: leave it out where everything is meant')
  if (value.length > limits.keyListEntries)
    return fault(field, `has more than ${limits.keyListEntries} entries`)
  return [...new Set(value)]
}

function refuseUnknownApp(app: string, { apps }: KeySurroundings, fault: Fault): void {
  const names = apps.map(({ name }) => name)
  if (names.includes(app)) return
  const meant = nearest(app, names)
  const more = meant === null ? '' : `; did you mean ${meant}?`
  fault('apps', `there is no app ${quoted(app)} in the configuration${more}`)
}

function refuseUnknownMethod(method: string, fault: Fault): void {
  if (method === webdavName) return
  if (refusedMethods.includes(method)) fault('methods', `${quoted(method)} is never passed on`)
  else if (!/^[A-Z][A-Z0-9-]{0,30}$/.test(method)) {
    const meant = knownMethods.find((one) => one === method.toUpperCase())
    const more = meant === undefined ? '' : `: write ${meant}`
    fault('methods', `${quoted(method)} is no method, which are written in capitals${more}`)
  }
}

function wholeMethods(methods: readonly string[] | null): readonly string[] | null {
  if (methods === null) return null
  return [...new Set(methods.flatMap((one) => (one === webdavName ? webdavMethods : [one])))]
}

function refuseNetwork(text: string, fault: Fault): void {
  const read = readAddressRange(text)
  if (read.ok) return
  switch (read.reason) {
    case 'address':
      fault('from', `${quoted(text)} is no address and no CIDR such as 10.0.0.0/8`)
      return
    case 'prefix-length':
      fault('from', `${quoted(text)}: the length after "/" is none of this kind of address`)
      return
    case 'host-bits':
      fault('from', `${quoted(text)} has bits beyond the length after "/"; did you mean ${read.network}?`)
  }
}

function quoted(text: string): string {
  return `"${showOwn(text, 100)}"`
}

/** The overlap of a rotation in seconds, or why it is none. */
export function readOverlap(text: Json | undefined): number | KeyFault {
  const expected = 'how long the secret before still opens: 7d, or 0s for not at all'
  if (text === undefined) return { field: 'overlap', message: `is missing: ${expected}` }
  if (text === '0s') return 0
  const read = typeof text === 'string' ? readDuration(text) : null
  return read?.ok ? read.value : { field: 'overlap', message: `expected ${expected}` }
}
