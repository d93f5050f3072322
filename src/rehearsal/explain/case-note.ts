import type { Location } from '../../core/gateway.ts'
import { hasDisputedCase } from '../../core/request/caseless.ts'
import { coveringLocations } from '../../core/request/covering-locations.ts'
import { beginsWith } from '../../core/request/target.ts'
import type { Admission } from '../../http/admission/admission.ts'

type Asked = Pick<Admission, 'app' | 'target' | 'decision'>

/** What the case of a path came to, at an app that ignores it; nothing where it made no difference. */
export function caseNote(
  { app, target, decision }: Asked,
  locations: readonly Location[],
): readonly string[] {
  if (app === null || target === null || !app.ignoreCase) return []
  const readings = [target.segments, ...target.otherReadings]
  if (decision.reason === 'target-case') {
    const disputed = readings.flat().find(hasDisputedCase)
    const [nearest] = readings.flatMap((segments) => coveringLocations(app, segments))
    if (disputed !== undefined) {
      return [
        'ſ, ı, İ and the Kelvin sign are letters of ASCII to some servers that ignore case; unusual rows of combining marks are not compared.',
      ]
    }
    const what = nearest === undefined || nearest === app.fallback ? 'of another app' : `of ${nearest.label}`
    return [`Some servers that ignore case take the path for one ${what}, others do not.`]
  }
  const judging = locations.length === 0 ? [] : [app.fallback, ...locations]
  const otherwise = judging.some(({ pattern: { written } }) => {
    return !readings.some((segments) => beginsAsWritten(segments, written))
  })
  return otherwise ? ['The app ignores case: the path was judged without it, and is sent as it stands.'] : []
}

function beginsAsWritten(segments: readonly string[], written: readonly (string | null)[]): boolean {
  return beginsWith(
    segments,
    written.map((segment, index) => segment ?? segments[index] ?? ''),
  )
}
