// Ready is who has all that it needs, in each of its processes.
import t from 'tap'
import type { Readiness } from '../../../src/http/operations/readiness.ts'
import { readinessOfAll } from '../../../src/http/workers/readiness-of-all.ts'

const good: Readiness = { ready: true, store: 'ok', draining: false, providers: { op: 'ready' } }

const cases: readonly (readonly [string, readonly (Readiness | null)[], boolean, object])[] = [
  ['all are ready', [good, good], false, { ready: true, store: 'ok', workers: { expected: 2, ready: 2 } }],
  ['one is being replaced', [good], false, { ready: false, workers: { expected: 2, ready: 1 } }],
  [
    'one does not answer',
    [good, null],
    false,
    { ready: false, store: 'ok', workers: { expected: 2, ready: 1 } },
  ],
  ['nobody answers', [null, null], false, { ready: false, store: 'unavailable' }],
  [
    'one does not reach the store',
    [good, { ...good, ready: false, store: 'unavailable' }],
    false,
    { ready: false, store: 'unavailable', workers: { expected: 2, ready: 1 } },
  ],
  [
    'one does not reach the keys',
    [
      { ...good, keys: 'ok' },
      { ...good, ready: false, keys: 'unavailable' },
    ],
    false,
    { ready: false, store: 'ok', keys: 'unavailable' },
  ],
  ['all reach the keys', [{ ...good, keys: 'ok' }], false, { keys: 'ok' }],
  ['there are no keys', [good, good], false, { keys: undefined }],
  [
    'the gateway stops',
    [good, good],
    true,
    { ready: false, draining: true, workers: { expected: 2, ready: 2 } },
  ],
  [
    'the worst of a provider is told',
    [good, { ...good, providers: { op: 'failed' } }, { ...good, providers: { op: 'pending' } }],
    false,
    { providers: { op: 'failed' } },
  ],
]

for (const [name, answers, draining, expected] of cases)
  t.test(name, async (t) => {
    t.match(readinessOfAll(answers, 2, draining), expected)
  })
