import { KiB, type Limit, MiB, of } from './limit.ts'

/** The rows of the table (`table.ts`) that are about forms which wait for a sign-in. */
export const keptFormLimits = {
  keptFormsOfSession: of('session', 3, 'Forms that wait for a sign-in; one more is not kept.'),
  keptFormBytes: of(
    'process',
    64 * MiB,
    'What such forms take together, in the whole store where processes share one; one more is not kept.',
  ),
  keptFormOverheadBytes: of('process', 512, 'What each of them counts beside its own bytes.'),
  readForms: of(
    'process',
    64,
    'Such forms that are being read; of one session as many as are kept. One more is not kept.',
  ),
  readFormBytes: of(
    'process',
    32 * MiB,
    'What such forms that are being read take together, by what they announce, or by `max_resumed_body`. One more is not kept.',
  ),
  keptFormSeconds: of('session', 600, 'How long such a form waits; then it is gone.'),
  keptFormTypeCharacters: of(
    'request',
    256,
    'The `Content-Type` of such a form; one with a longer one is not kept.',
  ),
  resumeFormBytes: of(
    'request',
    1 * KiB,
    'A body of `text/plain` from a page of the origin that is looked at, as it may stand for such a form.',
  ),
  ownerNameBytes: of('session', 128, 'The name in a session cookie; a longer one is left out.'),
} as const satisfies Readonly<Record<string, Limit>>
