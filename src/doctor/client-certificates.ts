import { type OpenAuthority, openAuthority } from '../core/certificate/authority.ts'
import type { Gateway } from '../core/gateway.ts'
import type { EpochSeconds } from '../core/session/session.ts'
import { type Finding, type FindingsOf, findingsOf } from './finding.ts'

/** Whether the revocation lists of client certificates are in force: what none covers counts as no certificate. */
export function clientCertificateFindings(
  { clientCertificates }: Pick<Gateway, 'clientCertificates'>,
  now: EpochSeconds,
): readonly Finding[] {
  return (clientCertificates?.authorities ?? []).flatMap((settings) => {
    const say = findingsOf(`client_certificates.authorities.${settings.name}`)
    const { authority, faults } = openAuthority(settings)
    const strange = faults.some(({ of, fault }) => of === 'crl' && fault === 'of-nobody')
    const foreign = strange
      ? [say.failed('revocation list', 'a list was signed by no certificate of `ca_file`', cure)]
      : []
    return [...foreign, ...agesOf(say, authority, now)]
  })
}

const cure =
  'Put the current list of the authority into `crl_file`: until then its certificates count as none.'

/** Of the list that ends first. */
function agesOf(say: FindingsOf, { lists }: OpenAuthority, now: EpochSeconds): readonly Finding[] {
  if (lists === null || lists.length === 0) return []
  const endsAt = Math.min(...lists.map((list) => list.endsAt))
  const day = new Date(endsAt * 1000).toISOString().slice(0, 16).replace('T', ' ')
  if (endsAt <= now) return [say.failed('revocation list', `it ended on ${day} UTC`, cure)]
  const saw = `it is in force until ${day} UTC`
  const soon = 'Fetch the next one in time: from then on certificates of this authority count as none.'
  return [
    endsAt <= now + daySeconds ? say.warning('revocation list', saw, soon) : say.ok('revocation list', saw),
  ]
}

const daySeconds = 86_400
