import { type Limit, of } from './limit.ts'

/** How long `claimgate doctor` waits for apps, so that one that hangs holds nobody up. */
export const doctorLimits = {
  doctorAnswerMs: of(
    'upstream',
    20_000,
    'One answer that `claimgate doctor` waits for, a connection included, whatever `timeouts` say; a line says so.',
  ),
  doctorRefusalMs: of(
    'upstream',
    10_000,
    'The same for a stranger’s request: whoever refuses does it before any work.',
  ),
  doctorAppMs: of(
    'upstream',
    60_000,
    'All paths of one app that doctor asks, one after another; the rest are told as not asked.',
  ),
  doctorRunMs: of('process', 300_000, 'All apps together; those that come later are told as not asked.'),
  doctorPartsAtOnce: of('process', 8, 'Providers, apps and stores that doctor asks at once.'),
} as const satisfies Readonly<Record<string, Limit>>
