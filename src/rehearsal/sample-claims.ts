import type { Json } from '../core/json.ts'
import type { ElementTest, Matcher } from '../core/rules/matcher.ts'
import { samplesOf } from './pattern-sample.ts'

/**
 * Values of a claim that are worth trying against matchers: those that they ask for, and their neighbours. No promise
 * that one of them satisfies anything: whoever uses them lets the judge say so.
 */
export function samplesFor(matchers: readonly Matcher[]): readonly Json[] {
  const wanted = distinct(matchers.flatMap(wantedBy))
  const others = distinct([...matchers.flatMap(neighboursOf), ...anything])
  const lists = wanted.length > 1 ? [wanted, ...wanted.map((_, at) => wanted.toSpliced(at, 1))] : []
  return distinct([...wanted, ...lists, ...others, [...wanted, elsewhere], []])
}

/** What no rule asks for. */
const elsewhere = 'something-else'

/** Of each type one value, so that a condition meets one that it is not made for. */
const anything: readonly Json[] = [elsewhere, 'somebody@something-else.example', 0, 7, true, false]

/** Of one condition: a file of lines may have thousands of entries, and each is judged as the others are. */
const mostSamples = 100

function wantedBy({ tests, not }: Matcher): readonly Json[] {
  const parts = tests.map((test) => valuesOf(test).slice(0, mostSamples))
  return [...(tests.length > 1 ? joined(tests) : []), ...parts.flat(), ...(not === null ? [] : wantedBy(not))]
}

function valuesOf(test: ElementTest): readonly Json[] {
  switch (test.kind) {
    case 'is':
    case 'is_ignoring_case':
    case 'has_word':
      return test.values
    case 'matches':
      return test.patterns.flatMap(({ source }) => samplesOf(source))
    case 'starts_with':
      return test.values.map((value) => `${value}x`)
    case 'ends_with':
      return test.values.map((value) => `x${value}`)
    case 'domain':
      return test.values.map((value) => `somebody@${value}`)
    case 'at_least':
    case 'at_most':
      return [test.value]
    case 'has':
      return [memberOf(test.entries)]
  }
}

/** Several tests of one element: texts that begin, end and belong as they say. */
function joined(tests: readonly ElementTest[]): readonly Json[] {
  const first = (kind: 'starts_with' | 'ends_with' | 'domain' | 'has_word'): string => {
    const test = tests.find((one) => one.kind === kind)
    return test !== undefined && 'values' in test ? String(test.values[0]) : ''
  }
  const [start, end, domain, word] = [
    first('starts_with'),
    first('ends_with'),
    first('domain'),
    first('has_word'),
  ]
  if (domain !== '') return [`${start || 'x'}@${domain}`, `${start}x@${domain}`]
  return word === '' ? [`${start}x${end}`, `${start}${end}`] : [`${start} ${word} ${end}`.trim()]
}

function memberOf(entries: Extract<ElementTest, { kind: 'has' }>['entries']): Json {
  return Object.fromEntries(
    entries.flatMap(({ path, matcher }) => {
      const [sample] = wantedBy(matcher)
      return sample === undefined ? [] : [[path, sample]]
    }),
  )
}

/** Values that nearly satisfy: the number beyond, a member that lacks one of its claims. */
function neighboursOf({ tests, not }: Matcher): readonly Json[] {
  const own = tests.flatMap((test): readonly Json[] => {
    switch (test.kind) {
      case 'at_least':
        return [test.value - 1, test.value + 1]
      case 'at_most':
        return [test.value + 1, test.value - 1]
      case 'has':
        return test.entries.map((_, at) => memberOf(test.entries.toSpliced(at, 1)))
      case 'is':
        return test.values.flatMap((value) => (typeof value === 'number' ? [value + 1, String(value)] : []))
      case 'is_ignoring_case':
        return test.values.slice(0, mostSamples).map((value) => value.toUpperCase())
      default:
        return []
    }
  })
  return [...own, ...(not === null ? [] : neighboursOf(not))]
}

function distinct(values: readonly Json[]): readonly Json[] {
  return [...new Map(values.map((value) => [JSON.stringify(value), value])).values()]
}
