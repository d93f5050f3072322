import { pathText } from '../../config/node.ts'
import type { Place } from '../../config/rules/context.ts'
import { gapsOf } from './gaps.ts'
import { isFine, type TestReport } from './report.ts'
import type { Result } from './result.ts'

/** A run for programs. */
export function reportJson(report: TestReport): string {
  const { results, coverage, mutation, file } = report
  const { locations, conditions } = coverage
  const answer = {
    ok: isFine(report),
    tests: results.map(resultJson),
    coverage: {
      locations: locations.map(({ tested, tests, refused, refuses }) => ({
        app: tested.app.name,
        location: tested.location.label,
        ...placeJson(tested.place, file),
        tests,
        refused,
        refuses,
      })),
      conditions: conditions.map(({ tested, met, missed }) => ({
        ...placeJson(tested.place, file),
        met,
        missed,
      })),
      gaps: gapsOf(coverage).map(({ kind, what, place }) => ({ kind, what, ...placeJson(place, file) })),
    },
    mutation: mutation && {
      mutants: mutation.mutants,
      killed: mutation.killed,
      survivors: mutation.survivors.map(({ mutant, witness }) => ({
        change: mutant.change,
        ...placeJson(mutant.place, file),
        witness: {
          method: witness.asked.method,
          url: witness.asked.url,
          person: witness.asked.person,
          client_ip: witness.asked.clientAddress,
          before: witness.before,
          after: witness.after,
        },
      })),
    },
  }
  return `${JSON.stringify(answer, null, 2)}\n`
}

function resultJson({ test, ruling, outcome, reason, misses }: Result) {
  const { app, location } = ruling.admission
  return {
    file: test.file,
    line: test.position.line,
    column: test.position.column,
    name: test.name,
    as: test.who,
    method: test.method,
    url: test.url,
    expect: test.expect,
    outcome,
    reason,
    app: app?.name ?? null,
    location: location?.label ?? null,
    passed: misses.length === 0,
    misses,
    conditions: ruling.rows,
  }
}

function placeJson({ position, path }: Place, file: string) {
  return { file, line: position.line, column: position.column, path: pathText(path) }
}
