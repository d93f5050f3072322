import { clientCertificateLimits } from './client-certificates.ts'
import { KiB, type Limit, MiB, of } from './limit.ts'

/** The rows of the table (`table.ts`) that are about tokens and keys that headers carry, and certificates. */
export const credentialLimits = {
  ...clientCertificateLimits,
  accessTokenBytes: of('request', 16 * KiB, 'An access token; a longer one is refused before it is decoded.'),
  shortTokenBytes: of('request', 2 * KiB, 'A token of ours; a longer one is refused before it is opened.'),
  tokenFormBytes: of('request', 16 * KiB, 'The form that asks for a token; more is 413.'),
  rememberedShortTokens: of(
    'process',
    5000,
    'Tokens of ours that were opened; at the bound all are forgotten, and opened again.',
  ),
  failedCredentials: of(
    'client network',
    60,
    'Tokens and keys that were looked into and are wrong, within a minute; then 429 for the rest of it, but for those that are known as good.',
  ),
  failedCredentialsMs: of('client network', 60_000, 'How long they count, from the first of them.'),
  failedCredentialNetworks: of(
    'process',
    10_000,
    'Networks whose wrong tokens and keys are counted; of more, the oldest are forgotten.',
  ),
  rememberedTokens: of(
    'provider',
    10_000,
    'Access tokens that were verified, by their hash; of more, those used longest ago are verified again.',
  ),
  rememberedTokenBytes: of('provider', 16 * MiB, 'The same, by the length of the tokens together.'),
  rememberedAssertions: of(
    'process',
    1000,
    'Identity assertions of programs whose token is judged anew at each use; at the bound all are forgotten, and signed again.',
  ),
  rememberedAssertionBytes: of(
    'process',
    2 * KiB,
    'What one of these says; a longer one is signed each time.',
  ),
  credentialRejudgedMs: of(
    'connection',
    60_000,
    'How often a WebSocket or event stream that a token, a key or a certificate let in is judged again.',
  ),
} as const satisfies Readonly<Record<string, Limit>>
