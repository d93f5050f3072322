import { z } from 'zod'
import { keyPair } from './key-pair.ts'
import { forms, listenAddress, secret } from './values.ts'

/** `admin` as a mapping. */
export const adminKeys = {
  address: listenAddress
    .prefault('127.0.0.1:9090')
    .describe('Where the gateway answers the operator’s tools.'),
  tls: z
    .array(keyPair)
    .min(1)
    .register(forms, { form: 'list of `{certificate, key}`' })
    .optional()
    .describe('Certificates of this address, as those of `listen`. With this key it speaks only TLS.'),
  token: secret
    .optional()
    .describe(
      'Opens `/keys`, where a back end makes and revokes API keys: `Authorization: Bearer …`. It has at least 32 bytes. Whoever has it can make a key for anybody, so it is only for an address on loopback, or with `tls`. Without this key, `/keys` is not there. The other addresses need no token.',
    ),
}

const adminMapping = z.strictObject(adminKeys)

export const adminForm = z
  .union([
    z.literal(false),
    listenAddress.transform((address): z.output<typeof adminMapping> => ({ address })),
    adminMapping,
  ])
  .register(forms, { form: '`address:port`, `{address, tls, token}` or `false`' })
  .prefault('127.0.0.1:9090')
  .describe(
    'Where `/livez`, `/readyz` and `/metrics` are served, and `/keys` with a `token`. `false` serves them nowhere.',
  )
