import { heldBodyLimits } from './held-bodies.ts'
import { KiB, type Limit, of } from './limit.ts'

/** What signing requests for AWS may keep, and how long it may take to have the credentials for it. */
export const awsLimits = {
  signingKeys: of(
    'process',
    16,
    'Keys of the day that are kept of one set of credentials, one for each region and service; of more, all are derived again.',
  ),
  awsFetchMs: of('process', 10_000, 'Fetching credentials of AWS; what has not come then counts as refused.'),
  awsAnswerMs: of('process', 5_000, 'One answer of AWS’s token service on the way to these.'),
  awsLocalAnswerMs: of('process', 1_000, 'One answer of the machine’s metadata service on the way to these.'),
  awsRenewAheadMs: of(
    'process',
    600_000,
    'How long before their end credentials are renewed at the latest, and up to half as long before that; short ones after half their life.',
  ),
  awsRenewPauseMs: of('process', 10_000, 'The least time between two renewals of credentials.'),
  awsEndedMs: of('process', 5_000, 'How long before their end credentials sign nothing any more.'),
  awsPauseMs: of(
    'process',
    1_000,
    'The pause after credentials could not be had; each is twice as long as the one before.',
  ),
  awsLongestPauseMs: of('process', 60_000, 'The longest such pause.'),
  awsRefusedPauseMs: of(
    'process',
    60_000,
    'How often credentials are fetched anew because AWS says that they are over or unknown.',
  ),
  awsRefusalBytes: of('upstream', 32 * KiB, 'What is read of AWS’s own refusal of a request, for its words.'),
  awsTokenBytes: of(
    'process',
    2 * KiB,
    'What a session token is taken to need in the header lines of a request, as long as there is none.',
  ),
  awsWords: of('process', 300, 'Characters of what AWS says of an error; the rest is left out.'),
  ...heldBodyLimits,
} as const satisfies Readonly<Record<string, Limit>>
