import { type Limit, of } from './limit.ts'

/** The rows of the table (`table.ts`) that are about stores which several processes share. */
export const sharedStoreLimits = {
  sharedUsedStates: of('process', 500_000, 'The same in a Redis, of all processes together.'),
} as const satisfies Readonly<Record<string, Limit>>
