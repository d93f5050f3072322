import { type Limit, of } from './limit.ts'

/** Regular expressions of rules (`matches`). */
export const expressionLimits = {
  expressionInstructions: of(
    'process',
    1000,
    'A compiled `matches` of a rule; a larger one is refused at the start.',
  ),
  expressionSteps: of(
    'process',
    1_000_000,
    'Instructions times characters of one match; beyond it the condition is unknown.',
  ),
  expressionListSteps: of(
    'process',
    20_000_000,
    'The same for all elements of a list together; beyond it the condition is unknown.',
  ),
} as const satisfies Readonly<Record<string, Limit>>
