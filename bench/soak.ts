// The cases of the catalogue that need volume (S-036, S-117, S-118, S-239, S-241), in full, against the real process:
//   npm run soak [-- --quick] [-- --minutes 60]
// `--quick` is a twentieth of it; `--minutes` is how long the mixed traffic of S-241 goes on (1 unless written).
// Ends with 1 when something went beyond its bound.
import { parseArgs } from 'node:util'
import { generateTargets } from '../test/corpus/targets.ts'
import { disagreement, startDifferential } from '../test/support/differential.ts'
import { garbage, mixedTraffic, navigations, type Outcome, oneBrowser } from './soak-runs.ts'
import { startSoakSite } from './soak-site.ts'

const { values: options } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, minutes: { type: 'string', default: '1' } },
})
const volume = (full: number): number => (options.quick ? full / 20 : full)
const seconds = options.quick ? 10 : Number(options.minutes) * 60

const outcomes: Outcome[] = [await differential(volume(20_000))]
const site = await startSoakSite()
try {
  outcomes.push(await oneBrowser(site, volume(2_000)))
  outcomes.push(await navigations(site, volume(100_000)))
  outcomes.push(await garbage(site, volume(60_000)))
  outcomes.push(...(await mixedTraffic(site, seconds)))
} finally {
  await site.close()
}
console.table(outcomes)
process.exitCode = outcomes.every(({ ok }) => ok) ? 0 : 1

/** S-036: one path for the rules and for Flask behind gunicorn. */
async function differential(count: number): Promise<Outcome> {
  const pair = await startDifferential()
  let found = 0
  let passed = 0
  for (const target of generateTargets(count, 36)) {
    const reading = await pair.ask(target)
    if (reading.app !== null) passed += 1
    const difference = disagreement(reading)
    if (difference === null) continue
    found += 1
    console.error(JSON.stringify([target, difference]))
  }
  await pair.close()
  const measured = `${found} mismatches, ${passed} reached Flask`
  return {
    case: 'S-036',
    what: 'targets, gateway and Flask',
    count,
    measured,
    bound: '0 mismatches',
    ok: found === 0,
  }
}
