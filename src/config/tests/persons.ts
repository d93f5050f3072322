import { type CredentialIdentity, reservedProviders } from '../../core/credential/credential.ts'
import type { Gateway } from '../../core/gateway.ts'
import { nearest } from '../nearest.ts'
import { keyPositionOf, nodeAt, pathText, positionOf } from '../node.ts'
import type { Place } from '../place.ts'
import { personKeys, testsKeys } from '../schema/tests.ts'
import { checkKeys, checkValue } from '../validate.ts'
import { isOfCertificate, readCertificate } from './certificate.ts'
import { readClaims } from './claims.ts'
import { madeUpIdentity, ownerOf, reservedVoucher } from './header-identity.ts'
import type { TestPerson, TestSubject } from './rule-test.ts'

/** The mapping `persons`; what is faulty in it has been reported and is left out. */
export function readPersons(place: Place, subject: TestSubject): ReadonlyMap<string, TestPerson> {
  const node = nodeAt(place.root, place.path)
  if (node === undefined) return new Map()
  if (node.kind !== 'map') {
    checkValue(testsKeys.persons, node, place)
    return new Map()
  }
  return new Map(
    node.entries.flatMap(({ key }) => {
      const person = readPerson({ ...place, path: [...place.path, key] }, key, subject)
      return person === null ? [] : [[key, person] as const]
    }),
  )
}

const { claims: _claims, certificate: _certificate, ...plainKeys } = personKeys

type PlainKeys = ReturnType<typeof checkKeys<typeof plainKeys>>

/** By what somebody comes; null: a session. What only a widget has is told where it is none. */
function identityOf(
  place: Place,
  { credential, origin, end_user: endUser }: PlainKeys,
): CredentialIdentity | null {
  const by = madeUpIdentity(credential ?? 'session')
  if (by?.kind === 'widget') return { ...by, endUser: endUser ?? null }
  for (const [name, value] of Object.entries({ origin, end_user: endUser }))
    if (value !== undefined)
      faultAt({ ...place, path: [...place.path, name] }, 'needs `credential: widget` beside it')
  return by
}

/** The owner of a key of the file; `place` is that of its id. */
function readOwner(place: Place, keys: PlainKeys, gateway: Gateway | null): TestPerson | null {
  const { key: id = '', credential, provider, scopes, auth_age: authAge } = keys
  const isAlone = [provider, scopes, authAge].every((one) => one === undefined)
  const around = place.path.slice(0, -1)
  if (!isAlone || nodeAt(place.root, [...around, 'claims']) !== undefined)
    return faultAt(place, 'says all of the person: leave out `claims`, `provider`, `scopes` and `auth_age`')
  if (credential !== 'api_key') return faultAt(place, 'needs `credential: api_key` beside it')
  if (gateway === null) return { provider: reservedProviders.apiKeys, claims: {} }
  const known = gateway.apiKeys?.keys ?? []
  const found = known.find((key) => key.id === id)
  if (found !== undefined) return ownerOf(found)
  const ids = known.map((key) => key.id)
  return faultAt(place, 'no key of `api_keys.keys` has this id', nearest(id, ids))
}

function faultAt({ root, path, report }: Place, message: string, suggestion: string | null = null): null {
  report({ position: positionOf(root, path), path: pathText(path), message, suggestion })
  return null
}

function readPerson(place: Place, name: string, { gateway, persons }: TestSubject): TestPerson | null {
  const refuse = (message: string): void => {
    const position = keyPositionOf(place.root, place.path)
    place.report({ position, path: pathText(place.path), message, suggestion: null })
  }
  if (name === 'nobody') refuse('`nobody` stands for somebody who is not signed in')
  if (persons.has(name)) refuse('a person of this name stands in the configuration')
  const keys = checkKeys(plainKeys, place, ['claims', 'certificate'])
  const by = identityOf(place, keys)
  const certificate = readCertificate({ ...place, path: [...place.path, 'certificate'] }, gateway)
  if (keys.key !== undefined) {
    const owner = readOwner({ ...place, path: [...place.path, 'key'] }, keys, gateway)
    return owner && { ...owner, ...(certificate === null ? {} : { certificate }) }
  }
  const provider = keys.provider ?? null
  const isReserved = provider === reservedVoucher(by)
  if (provider !== null && gateway !== null && !gateway.providers.has(provider) && !isReserved) {
    const suggestion = nearest(provider, gateway.providers.keys())
    faultAt({ ...place, path: [...place.path, 'provider'] }, 'no provider of this name', suggestion)
  }
  const at = { ...place, path: [...place.path, 'claims'] }
  const node = nodeAt(place.root, at.path)
  if (nodeAt(place.root, place.path)?.kind !== 'map') return null
  if (node?.kind !== 'map') {
    checkValue(personKeys.claims, node, at)
    return null
  }
  const claims = readClaims(node, at, name)
  const { scopes, auth_age: authAgeSeconds } = keys
  if (authAgeSeconds !== undefined && claims !== null && Object.hasOwn(claims, 'auth_time')) {
    const message = 'says how old `auth_time` is, and `claims` has one: leave one of them out'
    faultAt({ ...place, path: [...place.path, 'auth_age'] }, message)
  }
  if (by?.kind === 'client_certificate') {
    if (certificate !== null)
      faultAt(
        { ...place, path: [...place.path, 'certificate'] },
        'is what `claims` says with this `credential`',
      )
    if (claims !== null && !isOfCertificate(claims, at, gateway)) return null
  }
  return (
    claims && {
      ...{ provider, claims },
      ...(by === null ? {} : { by }),
      ...(certificate === null ? {} : { certificate }),
      ...(keys.origin === undefined ? {} : { origin: keys.origin }),
      ...(scopes === undefined ? {} : { scopes }),
      ...(authAgeSeconds === undefined ? {} : { authAgeSeconds }),
    }
  )
}
