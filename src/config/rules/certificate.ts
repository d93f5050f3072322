import { certificateClaims } from '../../core/certificate/claims.ts'
import type { Requirement } from '../../core/rules/requirement.ts'
import { nearest } from '../nearest.ts'
import type { ConfigPath, MapEntry } from '../node.ts'
import { allOrNull, fault, type RuleContext } from './context.ts'
import { compileClaim } from './matcher.ts'
import { readTexts } from './operand.ts'

type CertificateCondition = Extract<Requirement, { kind: 'certificate' }>

/**
 * `certificate: {authority: partners, organization: Acme}`: what the certificate of the connection must say, a condition
 * an entry. Null: it was reported.
 */
export function compileCertificate(
  { keyAt, value }: MapEntry,
  path: ConfigPath,
  context: RuleContext,
): Requirement | null {
  const place = { position: value.at, path }
  const { authorities } = context
  if (authorities.length === 0) {
    const message =
      '`certificate` needs `client_certificates` at the top of the file (a claim of this name: {claim: certificate, is: …})'
    return fault(context, { position: keyAt, path }, message)
  }
  if (value.kind !== 'map')
    return fault(context, place, `expected what it must say, such as {authority: ${authorities[0]}}`)
  if (value.entries.length === 0) return fault(context, place, 'the condition is empty')
  const members = allOrNull(value.entries.map((entry) => compileEntry(entry, [...path, entry.key], context)))
  if (members === null) return null
  if (authorities.length > 1 && !members.some(({ claim }) => claim === 'authority')) {
    const message = `each of ${authorities.join(' and ')} could write this into a certificate: put \`authority\` beside it`
    return fault(context, place, message)
  }
  const [only] = members
  if (only !== undefined && members.length === 1) return only
  const all: Requirement = { kind: 'all', members, of: 'entries' }
  context.places.set(all, { position: keyAt, path })
  return all
}

function compileEntry(entry: MapEntry, path: ConfigPath, context: RuleContext): CertificateCondition | null {
  const place = { position: entry.keyAt, path }
  const claim = certificateClaims.find((one) => one === entry.key)
  if (claim === undefined) {
    const message = `no certificate says this: expected ${certificateClaims.join(', ')}`
    return fault(context, place, message, nearest(entry.key, certificateClaims))
  }
  if (claim === 'authority' && !areKnown(entry, path, context)) return null
  const compiled = compileClaim(entry, path, context)
  if (compiled === null) return null
  const condition: CertificateCondition = { kind: 'certificate', claim, matcher: compiled.matcher }
  context.places.set(condition, place)
  return condition
}

/** Who vouches is written out, as in `provider`: names of authorities, and no matchers. */
function areKnown({ value }: MapEntry, path: ConfigPath, context: RuleContext): boolean {
  const place = { position: value.at, path }
  if (value.kind === 'map') {
    fault(context, place, '`authority` takes a name or a list of names, no matchers')
    return false
  }
  const operands = readTexts(value, path, context)
  if (operands === null) return false
  const [list] = operands.lists
  if (list !== undefined) fault(context, { position: list.at, path }, 'names of authorities are written out')
  const unknown = operands.values.filter(({ value: name }) => !context.authorities.includes(name))
  for (const { value: name, place: at, isData } of unknown)
    fault(context, at, 'no authority of this name', isData ? null : nearest(name, context.authorities))
  return list === undefined && unknown.length === 0
}
