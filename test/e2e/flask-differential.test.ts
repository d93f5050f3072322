import t from 'tap'
import { shown } from '../corpus/lines.ts'
import { generateTargets } from '../corpus/targets.ts'
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
