import { configuredCertificates, hostsWithoutCertificate } from '../config/certificates.ts'
import { pathText } from '../config/node.ts'
import { certificateEndText, certificateState } from '../core/certificate.ts'
import type { Gateway } from '../core/gateway.ts'
import type { EpochSeconds } from '../core/session/session.ts'
import { type Finding, type FindingsOf, findingsOf } from './finding.ts'

/** What is to be said of the end of a certificate; `whose` begins the sentence. */
export function certificateFinding(
  say: FindingsOf,
  whose: string,
  endsAt: EpochSeconds,
  now: EpochSeconds,
): Finding {
  const saw = `${whose} ${certificateEndText(endsAt, now)}`
  switch (certificateState(endsAt, now)) {
    case 'ended':
      return say.failed('certificate', saw, 'Renew it.')
    case 'ends-soon':
      return say.warning('certificate', saw, 'Renew it before.')
    case 'good':
      return say.ok('certificate', saw)
  }
}

/** The certificates that the file names: those of the listener, and those that it trusts or shows to others. */
export function certificateFindings(gateway: Gateway, now: EpochSeconds): readonly Finding[] {
  const found = configuredCertificates(gateway).map(({ path, name, host, role, endsAt }) =>
    certificateFinding(
      findingsOf(pathText(path)),
      role === 'listener' ? `the certificate that ${host} is served with` : `the certificate "${name}"`,
      endsAt,
      now,
    ),
  )
  const missing = hostsWithoutCertificate(gateway).map((host) =>
    findingsOf('listen.tls').failed(
      'certificate',
      `no certificate names ${host}`,
      'Browsers refuse to open it: add a certificate for that name.',
    ),
  )
  return [...found, ...missing]
}
