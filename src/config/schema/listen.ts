import { z } from 'zod'
import { keyPair } from './key-pair.ts'
import { fileMode, forms, listenPlace, oneOf, pem } from './values.ts'

/** One place of `listen` as a mapping. */
export const listenKeys = {
  address: listenPlace.prefault('0.0.0.0:8080').describe('Where the gateway accepts requests.'),
  mode: fileMode
    .optional()
    .describe(
      'The permissions of the Unix socket that `address` names. `"0660"` lets its owner and its group connect. Without this key, the umask of the process decides.',
    ),
  tls: z
    .array(keyPair)
    .min(1)
    .register(forms, { form: 'list of `{certificate, key}`' })
    .optional()
    .describe(
      'Certificates with which the gateway ends TLS itself. It chooses one by the name that the client asks for. The first is the default.',
    ),
  client_ca: pem
    .optional()
    .describe(
      'The authorities that may have issued a client’s certificate. With this key, clients without such a certificate are refused.',
    ),
  client_certificates: oneOf(['ask'])
    .optional()
    .describe(
      'With `ask`, the gateway asks every client here for a certificate of `client_certificates` at the top of the file. Clients without one are served too. Each connection has a whole handshake of its own, lasts 10 minutes at most once a certificate was shown, and serves only the host for which it was opened: the name in the handshake must be that of `Host`. So apps that want certificates often have an address or a port of their own.',
    ),
}

const listenMapping = z.strictObject(listenKeys)

const oneListener = z.union([
  listenPlace.transform((address): z.output<typeof listenMapping> => ({ address })),
  listenMapping,
])

/** `listen`: one place, or a list of several. Each is judged by itself (config/build/listen). */
export const listenForm = z
  .union([...oneListener.options, z.array(oneListener).min(1)])
  .register(forms, {
    form: '`address:port`, `unix:/path`, `{address, mode, tls, client_ca, client_certificates}`, or a list of these',
  })
  .prefault('0.0.0.0:8080')
  .describe(
    'Where the gateway accepts requests: an address and a port. Or a Unix socket, `unix:/run/claimgate.sock`, for a server on the same machine that stands in front. If a socket file is there on which no process answers, the gateway takes it over. It leaves any other file alone. A list has several places, each with its own keys. Every place serves every app.',
  )
