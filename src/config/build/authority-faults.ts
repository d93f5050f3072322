import { type AuthorityFault, type OpenAuthority, openAuthority } from '../../core/certificate/authority.ts'
import type { CertificateAuthority } from '../../core/certificate/settings.ts'
import { certificateEndText } from '../../core/certificate.ts'
import type { ConfigPath } from '../node.ts'
import { faultAt, type Scope, warnAt } from './scope.ts'

/**
 * What is wrong with authorities beyond their form: told while the file is read, as a client would only find that its
 * certificate counts as none. `at` is where their names stand.
 */
export function checkAuthorities(
  scope: Scope,
  at: ConfigPath,
  authorities: readonly CertificateAuthority[],
): void {
  const opened = authorities.filter(({ ca }) => ca !== '').map(openAuthority)
  for (const { authority, faults } of opened) {
    for (const fault of faults) {
      const key = fault.of === 'ca' ? 'ca_file' : 'crl_file'
      faultAt(scope, [...at, authority.name, key], faultText(fault))
    }
    warnOfEnded(scope, [...at, authority.name, 'crl_file'], authority)
  }
  warnOfShared(
    scope,
    at,
    opened.map(({ authority }) => authority),
  )
}

function faultText(fault: AuthorityFault): string {
  if (fault.of === 'ca') {
    return fault.fault === 'no-root'
      ? 'holds no certificate that signs itself: a chain must end at a root, so add that of the authority'
      : 'holds a certificate that cannot be read'
  }
  const list = `the ${ordinal(fault.index + 1)} list`
  switch (fault.fault) {
    case 'unreadable':
      return `${list} cannot be read`
    case 'no-next-update':
      return `${list} has no nextUpdate: nobody would know how long it counts`
    case 'extension-unknown':
      return `${list} covers only a part (an extension that must be known): expected a whole list of one issuer`
    case 'of-nobody':
      return `${list} is signed by no certificate of \`ca_file\`: add that of who issued it`
  }
}

function ordinal(number: number): string {
  return ['first', 'second', 'third'][number - 1] ?? `${number}th`
}

/** No fault: a gateway that does not start serves nobody, and this one only those of this authority not. */
function warnOfEnded(scope: Scope, at: ConfigPath, { lists }: OpenAuthority): void {
  const { now } = scope.surroundings
  const ended = now === undefined ? undefined : lists?.find(({ endsAt }) => endsAt <= now)
  if (now === undefined || ended === undefined) return
  const text = certificateEndText(ended.endsAt, now)
  warnAt(scope, at, `a list ${text}: certificates that it covers count as none until there is a new one`)
}

/** One key of two authorities: a certificate of either would be of both, and so of none. */
function warnOfShared(scope: Scope, at: ConfigPath, authorities: readonly OpenAuthority[]): void {
  for (const [index, { name, certificates }] of authorities.entries()) {
    const other = authorities
      .slice(0, index)
      .find((one) => one.certificates.some(({ key }) => certificates.some((own) => own.key === key)))
    if (other === undefined) continue
    const message = `holds a certificate of "${other.name}" too: whose chain ends there is of neither, and counts as none`
    warnAt(scope, [...at, name, 'ca_file'], message)
  }
}
