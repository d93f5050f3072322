import { exchangeLimits } from './exchanges.ts'
import { KiB, type Limit, MiB, of } from './limit.ts'

/** The rows of the table (`table.ts`) that are about access tokens of which a provider is asked, and that it is asked for. */
export const tokenAskLimits = {
  opaqueTokenBytes: of(
    'request',
    4 * KiB,
    'An access token that is no JWT; a longer one is refused before the provider is asked.',
  ),
  unseenTokens: of(
    'client network',
    60,
    'Access tokens that the gateway does not know, of which a provider is asked within a minute; then 429.',
  ),
  unseenTokensInAll: of(
    'provider',
    600,
    'The same of all networks together. Tokens that were good at the last look do not count.',
  ),
  unseenTokensMs: of('process', 60_000, 'How long these count, from the first of them.'),
  unseenTokenNetworks: of(
    'process',
    10_000,
    'Networks whose unknown tokens are counted; of more, the oldest are forgotten.',
  ),
  providerTokenAsks: of(
    'provider',
    8,
    'Access tokens of which it is asked at once; over connections of their own, so that sign-ins neither wait for them nor hold them up.',
  ),
  providerWaitingTokenAsks: of(
    'provider',
    512,
    'The same that wait; beyond it the network that has most waiting loses its last.',
  ),
  waitingTokenAsks: of(
    'client network',
    64,
    'The same of one network; for more the provider counts as silent.',
  ),
  providerTokenAskWaitMs: of('provider', 5000, 'Their wait for a turn. Nothing has been sent then.'),
  tokenAnswerBytes: of('provider', 64 * KiB, 'An answer about an access token; a longer one is no answer.'),
  toldTokens: of('provider', 10_000, 'Answers about good access tokens; of more, those used longest ago go.'),
  toldTokenBytes: of('provider', 32 * MiB, 'What these take; beyond it those used longest ago go too.'),
  refusedTokens: of(
    'provider',
    10_000,
    'Access tokens that were refused lately; of more, the oldest are asked of again.',
  ),
  refusedTokenMs: of('provider', 10_000, 'How long a refusal is remembered.'),
  ...exchangeLimits,
} as const satisfies Readonly<Record<string, Limit>>
