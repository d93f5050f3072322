import { configuredCertificates } from '../config/certificates.ts'
import { certificateEndText, certificateState } from '../core/certificate.ts'
import { type Check, foundAt } from './check.ts'

/** What ends, and nobody has to have done anything wrong. */
export const certificateChecks: readonly Check[] = [
  {
    id: 'certificate-ends',
    severity: 'warning',
    finds: 'A certificate that has ended, or ends within 30 days',
    why: 'From that moment browsers refuse to open the apps, or the gateway refuses the provider or app that shows it.',
    fix: 'Renew it. The gateway takes up a changed file by itself.',
    example: 'listen: { tls: [{ certificate: wiki.crt, key: wiki.key }] }',
    find: (subject) => {
      const { now } = subject
      if (now === null) return []
      // One that several hosts are served with ends once.
      const told = new Set<string>()
      return configuredCertificates(subject.gateway).flatMap(({ path, name, endsAt }) => {
        const message = `the certificate "${name}" ${certificateEndText(endsAt, now)}`
        const key = `${path.join(' ')} ${message}`
        if (certificateState(endsAt, now) === 'good' || told.has(key)) return []
        told.add(key)
        return [foundAt(subject, path, message)]
      })
    },
  },
]
