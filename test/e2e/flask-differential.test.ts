import t from 'tap'
import { corpus, shown } from '../corpus/lines.ts'
import { generateAmbiguous, generateTargets } from '../corpus/targets.ts'
import { disagreement, startDifferential } from '../support/differential.ts'

const count = 3000

t.test(
  'S-036: for every target that is not refused, the app sees the path that the rules judged',
  async (t) => {
    const pair = await startDifferential()
    t.teardown(() => pair.close())
    const tally = new Map<string, number>()
    for (const target of generateTargets(count, 20261121)) {
      const reading = await pair.ask(target)
      const found = disagreement(reading)
      if (found !== null) t.fail(`${shown(target)}: ${shown(found)}`)
      const kind = `${reading.status} ${reading.app?.view ?? ''}`.trim()
      tally.set(kind, (tally.get(kind) ?? 0) + 1)
    }
    t.comment(Object.fromEntries(tally))
    const counted = (kind: string) => tally.get(kind) ?? 0
    t.ok(counted('400') > count / 4, 'many were refused')
    t.ok(counted('200 other') > count / 10, 'many were compared')
    t.ok(counted('200 public') > 20, 'some in the part with a location of its own')
    t.ok(counted('403') > 20, 'some in the part that is nobody’s')
  },
)

const everything = ['slash', 'empty_segment', 'semicolon', 'hash', 'question_mark', 'percent']

t.test('S-036: and so it is for an app that is sent what can be read in several ways', async (t) => {
  const pair = await startDifferential(everything)
  t.teardown(() => pair.close())
  const tally = new Map<string, number>()
  const targets = [...generateAmbiguous(count, 20261128), ...ambiguousLines()]
  for (const target of targets) {
    const reading = await pair.ask(target)
    const found = disagreement(reading)
    if (found !== null) t.fail(`${shown(target)}: ${shown(found)}`)
    const several = reading.otherLocations.length > 0 ? ' several' : ''
    const kind = `${reading.status} ${reading.app?.view ?? ''}${several}`.trim()
    tally.set(kind, (tally.get(kind) ?? 0) + 1)
  }
  t.comment(Object.fromEntries(tally))
  const counted = (kind: string) => tally.get(kind) ?? 0
  t.ok(counted('200 other') > count / 10, 'many were compared')
  t.ok(
    counted('200 public several') > 5,
    'some that reach the part with a location of its own by one reading',
  )
  t.ok(counted('403') + counted('403 several') > 100, 'many in the part that is nobody’s')
})

function ambiguousLines(): readonly string[] {
  return corpus('ambiguous-targets.txt').map((line) => line.slice(line.indexOf(' ') + 1))
}
