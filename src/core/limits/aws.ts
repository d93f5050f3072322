import { type Limit, of } from './limit.ts'

/** What signing requests for AWS may keep, and how long it may take to have the credentials for it. */
export const awsLimits = {
  signingKeys: of(
    'process',
    16,
    'Keys of the day that are kept of one set of credentials, one for each region and service; of more, all are derived again.',
  ),
} as const satisfies Readonly<Record<string, Limit>>
