import { certificateClaims } from '../../core/certificate/claims.ts'
import type { Gateway } from '../../core/gateway.ts'
import type { Claims } from '../../core/rules/claims.ts'
import { nearest } from '../nearest.ts'
import { nodeAt, pathText, positionOf } from '../node.ts'
import type { Place } from '../place.ts'
import { personKeys } from '../schema/tests.ts'
import { checkValue } from '../validate.ts'
import { readClaims } from './claims.ts'

/** What a connection shows, in a test: `certificate: {common_name: …}`. Null: nothing, or a fault, which was reported. */
export function readCertificate(place: Place, gateway: Gateway | null): Claims | null {
  const node = nodeAt(place.root, place.path)
  if (node === undefined) return null
  if (node.kind !== 'map') {
    checkValue(personKeys.certificate, node, place)
    return null
  }
  const claims = readClaims(node, place, '')
  if (claims === null) return null
  const { sub: _, ...said } = claims
  return isOfCertificate(said, place, gateway) ? said : null
}

/** Whether these are claims of a certificate that the file knows; what is not was reported. `sub` stands for the user id. */
export function isOfCertificate(claims: Claims, place: Place, gateway: Gateway | null): boolean {
  const faults = Object.keys(claims).flatMap((name) => {
    const known = name === 'sub' || certificateClaims.some((one) => one === name)
    return known
      ? []
      : [faultAt(place, [name], 'no certificate has such a claim', nearest(name, certificateClaims))]
  })
  if (gateway === null) return faults.length === 0
  const authorities = gateway.clientCertificates?.authorities.map(({ name }) => name)
  if (authorities === undefined) return faultAt(place, [], 'the configuration has no `client_certificates`')
  const { authority } = claims
  if (authority === undefined || authorities.some((one) => one === authority)) return faults.length === 0
  const meant = typeof authority === 'string' ? nearest(authority, authorities) : null
  return faultAt(place, ['authority'], 'no authority of `client_certificates` has this name', meant)
}

function faultAt(
  { root, path, report }: Place,
  below: readonly string[],
  message: string,
  suggestion: string | null = null,
): false {
  const at = [...path, ...below]
  report({ position: positionOf(root, at), path: pathText(at), message, suggestion })
  return false
}
