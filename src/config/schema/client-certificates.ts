import { z } from 'zod'
import { certificateUserIds } from '../../core/certificate/settings.ts'
import { appName } from './app.ts'
import { filePath, forms, oneOf } from './values.ts'

export const authorityKeys = {
  ca_file: filePath.describe(
    'A file with the certificates of the authority, in PEM. A client’s certificate counts if its chain ends at one of them.',
  ),
  crl_file: filePath
    .optional()
    .describe(
      'A file with the lists of certificates that the authority revoked, in PEM: one list for each authority of the chain. A list that has ended makes every certificate count as none. Without this key nothing is revoked.',
    ),
}

/** `client_certificates`. */
export const clientCertificateKeys = {
  authorities: z
    .record(appName, z.strictObject(authorityKeys))
    .register(forms, { form: 'mapping of `{ca_file, crl_file}`' })
    .describe(
      'Who may have issued a client’s certificate. You choose the names. Rules know them as `authority`. With several, each condition on what a certificate says needs `authority` beside it.',
    ),
  user_id: oneOf([...certificateUserIds])
    .prefault('fingerprint_sha256')
    .describe(
      'What of a certificate is the user id. It must have exactly one value. Otherwise nobody is identified by the certificate. With several authorities it is `fingerprint_sha256`, as each of them can write everything else.',
    ),
  user_id_prefix: z
    .string()
    .regex(/^[!-~]{1,64}$/, { error: 'expected 1 to 64 characters of visible ASCII' })
    .register(forms, { form: 'text' })
    .prefault('cert:')
    .describe(
      'What stands in front of the user ids of certificates, so that nobody can take them for a person’s.',
    ),
}
