import { type Issue, printIssue } from '../../../src/config/issue.ts'
import { nodeAt } from '../../../src/config/node.ts'
import { readTree } from '../../../src/config/read.ts'
import { openRules } from '../../../src/config/rules/policies.ts'
import { checkProviders } from '../../../src/config/rules/providers.ts'
import { compileRequire, onFloor } from '../../../src/config/rules/rule.ts'
import type { Access } from '../../../src/core/gateway.ts'
import { readAddress } from '../../../src/core/request/address.ts'
import type { Claims } from '../../../src/core/rules/claims.ts'
import { judge } from '../../../src/core/rules/requirement.ts'
import type { Truth } from '../../../src/core/rules/truth.ts'

export interface Compiled {
  readonly access: Access | null
  /** The location's rule on the app's floor, when `floor` is in the text. */
  readonly whole: Access | null
  readonly faults: readonly string[]
}

export interface Around {
  readonly trustedProxiesWritten?: boolean
  readonly accepted?: readonly string[]
}

/** Compiles the `require`, and with it `floor` and `policies`, of a small YAML text. */
export function compile(
  text: string,
  { trustedProxiesWritten = true, accepted = ['acme'] }: Around = {},
): Compiled {
  const issues: Issue[] = []
  const report = (issue: Omit<Issue, 'file'>): void => void issues.push({ file: 'f', ...issue })
  const env = {
    GROUP: 'admins',
    POLICY: 'staff',
    WORD: 'anyone',
    LEVEL: '3',
    YES: 'true',
    BAD: '(secret',
    NET: '10.0.0.1/8',
    NEAR: 'acmee',
  }
  const readFile = () => ({ ok: false, reason: 'no such file' }) as const
  const surroundings = { file: 'f', folder: '/', env, readFile }
  const root = readTree(text, { surroundings, report, warn: report })
  const faults = (): readonly string[] => issues.map((issue) => printIssue(issue).slice(2))
  if (root === null) return { access: null, whole: null, faults: faults() }
  const providers = ['acme', 'partner']
  const rules = openRules(nodeAt(root, ['policies']), { report, providers, trustedProxiesWritten })
  const [require, floor] = [nodeAt(root, ['require']), nodeAt(root, ['floor'])]
  const access = require === undefined ? null : compileRequire(require, ['require'], rules)
  const below = floor === undefined ? null : compileRequire(floor, ['floor'], rules)
  const whole = access && onFloor(below, access)
  if (whole !== null) checkProviders(whole, accepted, rules)
  return { access, whole, faults: faults() }
}

export function judged(
  access: Access | null,
  claims: Claims,
  provider = 'acme',
  from = '10.0.0.1',
): Truth | null {
  if (access?.kind !== 'rule') return null
  const address = readAddress(from)
  const clientAddress = address && { ...address, text: from }
  return judge(access.requirement, {
    subject: { kind: 'person', provider, claims },
    clientAddress,
    certificate: null,
  })
}
