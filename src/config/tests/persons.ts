import { nearest } from '../nearest.ts'
import { keyPositionOf, nodeAt, pathText, positionOf } from '../node.ts'
import { personKeys, testsKeys } from '../schema/tests.ts'
import { checkKeys, checkValue, type Place } from '../validate.ts'
import { readClaims } from './claims.ts'
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

const { claims: _, ...plainKeys } = personKeys

function readPerson(place: Place, name: string, { gateway, persons }: TestSubject): TestPerson | null {
  const refuse = (message: string): void => {
    const position = keyPositionOf(place.root, place.path)
    place.report({ position, path: pathText(place.path), message, suggestion: null })
  }
  if (name === 'nobody') refuse('`nobody` stands for somebody who is not signed in')
  if (persons.has(name)) refuse('a person of this name stands in the configuration')
  const keys = checkKeys(plainKeys, place, ['claims'])
  const provider = keys.provider ?? null
  if (provider !== null && gateway !== null && !gateway.providers.has(provider)) {
    const path = [...place.path, 'provider']
    const suggestion = nearest(provider, gateway.providers.keys())
    const position = positionOf(place.root, path)
    place.report({ position, path: pathText(path), message: 'no provider of this name', suggestion })
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
    const path = [...place.path, 'auth_age']
    const message = 'says how old `auth_time` is, and `claims` has one: leave one of them out'
    const position = positionOf(place.root, path)
    place.report({ position, path: pathText(path), message, suggestion: null })
  }
  return (
    claims && {
      ...{ provider, claims },
      ...(scopes === undefined ? {} : { scopes }),
      ...(authAgeSeconds === undefined ? {} : { authAgeSeconds }),
    }
  )
}
