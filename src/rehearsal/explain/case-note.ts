import type { App, Location, Origin } from '../../core/gateway.ts'
import { beginsCaselessly, hasDisputedCase } from '../../core/request/caseless.ts'
import { coveringLocations } from '../../core/request/covering-locations.ts'
import type { Segments } from '../../core/request/readings.ts'
import { widestApp } from '../../core/request/route-match.ts'
import { beginsWith } from '../../core/request/target.ts'
import type { Admission } from '../../http/admission/admission.ts'

type Asked = Pick<Admission, 'origin' | 'app' | 'target' | 'decision'>

/** What the case of a path came to, at an app that ignores it; nothing where it made no difference. */
export function caseNote(
  { origin, app, target, decision }: Asked,
  locations: readonly Location[],
): readonly string[] {
  if (origin === null || app === null || target === null || !app.ignoreCase) return []
  const readings = [target.segments, ...target.otherReadings]
  if (decision.reason === 'target-case') return [whyDisputed(origin, app, readings)]
  const judging = locations.length === 0 ? [] : [app.fallback, ...locations]
  const otherwise = judging.some(({ pattern: { written } }) => {
    return !readings.some((segments) => beginsAsWritten(segments, written))
  })
  return otherwise ? ['The app ignores case: the path was judged without it, and is sent as it stands.'] : []
}

function whyDisputed(origin: Origin, app: App, readings: readonly Segments[]): string {
  if (readings.flat().some(hasDisputedCase)) {
    return 'ſ, ı, İ and the Kelvin sign are letters of ASCII to some servers that ignore case; unusual rows of combining marks are not compared.'
  }
  for (const segments of readings) {
    const meant = meantBySome(origin, app, segments)
    if (meant !== null)
      return `Some servers that ignore case take the path for one of ${meant}, others do not.`
  }
  return 'Some servers take a character of the path for a slash, dots, `;`, `?`, `#` or `%`, or leave it out: to them it is one of another location.'
}

/** Where the widest comparison leads and the promised one does not. */
function meantBySome(origin: Origin, app: App, segments: Segments): string | null {
  const other = widestApp(origin, segments)
  if (other !== undefined && other !== app) return `the app ${other.name} (/${other.prefix.join('/')})`
  const [nearest = app.fallback] = coveringLocations(app, segments)
  return beginsCaselessly(segments, nearest.pattern.written) ? null : nearest.label
}

function beginsAsWritten(segments: readonly string[], written: readonly (string | null)[]): boolean {
  return beginsWith(
    segments,
    written.map((segment, index) => segment ?? segments[index] ?? ''),
  )
}
