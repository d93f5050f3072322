import { pathText } from '../../config/node.ts'
import type { Place } from '../../config/rules/context.ts'
import { type Colours, plain } from '../../core/colours.ts'
import { showOwn } from '../../core/show.ts'
import type { Probe } from '../../http/admission/probe.ts'
import { certificateText } from '../certificate-text.ts'
import { paintOf } from '../shown.ts'
import { columns, wrap } from '../who/layout.ts'
import type { Coverage } from './coverage.ts'
import { type Gap, gapsOf } from './gaps.ts'
import type { Mutation, Survivor } from './mutation.ts'
import { counted, failuresOf, type TestReport } from './report.ts'
import type { Result } from './result.ts'

/** A run for people: failures at length, everything else in as few lines as it takes. */
export function reportText(report: TestReport, everyGap: boolean, colours: Colours = plain): string {
  const failures = failuresOf(report).map((result) => failureText(result, colours))
  const coverage = report.results.length === 0 ? '' : coverageText(report.coverage, report.file, everyGap)
  const mutation = report.mutation === null ? '' : mutationText(report.mutation, report.file, colours)
  return [...failures, summaryText(report, colours), coverage, mutation]
    .filter((part) => part !== '')
    .join('\n')
}

function summaryText(report: TestReport, colours: Colours): string {
  const { results, file } = report
  if (results.length === 0) {
    return `There are no tests: write some under \`tests\` in ${file}, or into a *.test.yaml beside it.\n`
  }
  const failed = failuresOf(report).length
  const passed = counted(results.length - failed, 'test')
  const files = new Map<string, number>()
  for (const { test } of results) files.set(test.file, (files.get(test.file) ?? 0) + 1)
  const where = [...files].map(([name, count]) => `${name} ${count}`).join(', ')
  const lost = failed === 0 ? '' : `${colours.bad(`${counted(failed, 'test')} failed`)}, `
  return `${lost}${colours.good(`${passed} passed`)} (${where})\n`
}

function failureText({ test, ruling, misses }: Result, colours: Colours): string {
  const { file, position, name, who } = test
  const { app, location } = ruling.admission
  const place = app === null ? '' : `, at ${app.name}${location === null ? '' : ` ${location.label}`}`
  const from = test.clientAddress === null ? '' : ` from ${test.clientAddress}`
  const told = misses.flatMap(({ expected, actual }) => [
    ['expected', showOwn(expected)],
    ['got', showOwn(actual) + place],
  ])
  const head = `${colours.bad('FAIL')} ${file}:${position.line}:${position.column}${name === null ? '' : ` ${showOwn(name)}`}`
  const rows = ruling.rows.map((row) => [
    row.truth === row.wanted ? 'hit' : row.truth === 'unknown' ? 'unknown' : 'miss',
    row.where,
    row.wanted ? row.expected : `anything but ${row.expected}`,
    row.actual,
  ])
  const paint = (text: string, row: number, column: number): string => {
    if (row === 0) return colours.quiet(text)
    return column === 0 ? paintOf(colours, text)(text) : text
  }
  const table = [['', 'condition', 'wanted', 'found'], ...rows]
  const conditions = rows.length === 0 ? '' : columns(table, '    ', paint)
  const asked = wrap(`as ${showOwn(who)}${from}: ${showOwn(test.method)} ${showOwn(test.url, 2000)}`, '  ')
  return `${head}\n${asked}\n${columns(told)}${conditions}`
}

const words: Readonly<Record<Gap['kind'], string>> = {
  untested: 'no test comes here',
  'never-refused': 'no test is refused here',
  'never-met': 'no test meets this',
  'never-missed': 'no test fails this',
}

const mostGaps = 8

function coverageText(coverage: Coverage, file: string, everyGap: boolean): string {
  const { locations, conditions } = coverage
  const refusing = locations.filter(({ refuses }) => refuses)
  const parts = [
    `${locations.filter(({ tests }) => tests > 0).length} of ${counted(locations.length, 'location')} tested`,
    `${refusing.filter(({ refused }) => refused > 0).length} of ${refusing.length} seen refusing`,
    `${conditions.filter(({ met, missed }) => met > 0 && missed > 0).length} of ${counted(conditions.length, 'condition')} seen both met and not met`,
  ]
  const gaps = gapsOf(coverage)
  const shown = everyGap ? gaps : gaps.slice(0, mostGaps)
  const rows = shown.map(({ kind, what, place }) => [words[kind], what, placeText(place, file)])
  const more = gaps.length - shown.length
  const rest = more === 0 ? '' : `  and ${more} more: --coverage lists them all\n`
  return `${wrap(parts.join(', '), 'Coverage: ')}\n${columns(rows)}${rest}`
}

const mostSurvivors = 20

function mutationText({ mutants, killed, survivors }: Mutation, file: string, colours: Colours): string {
  const paint = survivors.length === 0 ? colours.good : colours.doubtful
  const head = `Mutation: ${paint(`${killed} of ${counted(mutants, 'change')}`)} of the rules noticed by a test\n`
  const shown = survivors.slice(0, mostSurvivors).map((survivor) => survivorText(survivor, file))
  const more = survivors.length - shown.length
  return `${head}${shown.join('')}${more > 0 ? `  and ${more} more: --json lists them all\n` : ''}`
}

function survivorText({ mutant, witness }: Survivor, file: string): string {
  const where = `${placeText(mutant.place, file)} ${pathText(mutant.place.path)}`
  const now = `${showOwn(requestText(witness.asked), 400)}: ${witness.after} instead of ${witness.before}`
  return `${wrap(`${where}: ${mutant.change}`, '  - ')}\n${wrap(now, '      ')}\n`
}

function requestText({ method, url, person, clientAddress, ...connection }: Probe): string {
  const who = person === null ? 'nobody signed in' : JSON.stringify(person.claims)
  const from = clientAddress === null ? '' : ` from ${clientAddress}`
  return `${method} ${url} as ${who}${from}${certificateText(connection)}`
}

export function placeText({ position }: Place, file: string): string {
  return `${file}:${position.line}:${position.column}`
}
