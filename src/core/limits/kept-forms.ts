import { type Limit, MiB, of } from './limit.ts'

/** The rows of the table (`table.ts`) that are about forms which wait for a sign-in. */
export const keptFormLimits = {
  keptFormsOfSession: of('session', 3, 'Forms that wait for a sign-in; one more is not kept.'),
  keptFormBytes: of(
    'process',
    64 * MiB,
    'What such forms take together, in the whole store where processes share one; one more is not kept.',
  ),
  keptFormOverheadBytes: of('process', 512, 'What each of them counts beside its own bytes.'),
} as const satisfies Readonly<Record<string, Limit>>
