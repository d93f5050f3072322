import type { Expectation } from '../../config/schema/tests.ts'
import type { RuleTest } from '../../config/tests/rule-test.ts'
import type { Gateway } from '../../core/gateway.ts'
import { foldHeaderName } from '../../core/headers/names.ts'
import { type ProbeResult, probe, someTime } from '../../http/admission/probe.ts'
import { madeUpCertificate } from '../../http/admission/probe-certificate.ts'
import { sentHeaders } from '../explain/headers.ts'
import { outcomeOf } from '../explain/outcome.ts'

/** One test, asked and answered. */
export interface Result {
  readonly test: RuleTest
  readonly ruling: ProbeResult
  readonly outcome: Expectation
  /** The reason's word. */
  readonly reason: string
  /** What was expected and did not come; none: the test passes. */
  readonly misses: readonly Miss[]
}

export interface Miss {
  readonly expected: string
  readonly actual: string
}

const outcomes = { allowed: 'allow', denied: 'deny', sign_in: 'sign_in', rejected: 'reject' } as const

/** Asks the gate what a test asks. */
export function judgeTest(gateway: Gateway, test: RuleTest): Result {
  const { method, url, person, clientAddress, headers, steppedUp } = test
  const ruling = probe(gateway, {
    method,
    url,
    person,
    clientAddress,
    steppedUp,
    certificate: test.certificate && madeUpCertificate(gateway, test.certificate, someTime),
    ...(headers === null ? {} : { headers }),
  })
  const userId = gateway.providers.get(person?.provider ?? '')?.userId ?? 'sub'
  const { outcome, reason } = outcomeOf(ruling, userId)
  const got = { outcome: outcomes[outcome], reason }
  return { test, ruling, ...got, misses: missesOf(test, got, ruling) }
}

function missesOf(
  test: RuleTest,
  got: Pick<Result, 'outcome' | 'reason'>,
  ruling: ProbeResult,
): readonly Miss[] {
  const { userIdFault } = ruling
  // Such a person never comes to be judged: whatever is expected of them proves nothing.
  if (userIdFault !== null) {
    return [{ expected: test.expect, actual: `no sign-in at all: of the user id, ${userIdFault}` }]
  }
  if (got.outcome !== test.expect) {
    return [{ expected: expectedText(test), actual: `${got.outcome} (${got.reason})` }]
  }
  if (test.because !== null && got.reason !== test.because) {
    return [{ expected: expectedText(test), actual: `${got.outcome} (${got.reason})` }]
  }
  return headerMisses(test, ruling)
}

function expectedText({ expect, because }: RuleTest): string {
  return because === null ? expect : `${expect} (${because})`
}

function headerMisses(test: RuleTest, ruling: ProbeResult): readonly Miss[] {
  if (test.upstreamHeaders.size === 0) return []
  // Of a configured secret only `(secret)` is there to compare: that it is sent.
  const shown = new Map((sentHeaders(ruling) ?? []).map(({ name, value }) => [foldHeaderName(name), value]))
  return [...test.upstreamHeaders].flatMap(([name, value]) => {
    const actual = shown.get(foldHeaderName(name)) ?? null
    if (actual === value) return []
    return [{ expected: headerText(name, value), actual: headerText(name, actual) }]
  })
}

function headerText(name: string, value: string | null): string {
  return value === null ? `no ${name}` : `${name}: ${value}`
}
