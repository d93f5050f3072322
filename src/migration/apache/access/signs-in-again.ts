import { nodeCovers, type RequireNode, rulesOf } from '../reading/require.ts'

/**
 * Under `OIDCUnAutzAction auth` a `Require claim` that is not met sends to the provider at once, whatever stands behind
 * it: of alternatives the first one about claims alone let people in, and whoever lacked a claim that must not be there was
 * sent away too. What is known without signing in is asked before, and counts.
 */
export function withoutLaterAlternatives(node: RequireNode, method: string): RequireNode {
  if (node.kind === 'rule') return node.negated && asksForClaim(node) ? refused(node) : node
  if (node.negated) return asksForClaim(node) ? refused(node) : node
  const inner = node.members.map((member) => withoutLaterAlternatives(member, method))
  if (node.op === 'all') return { ...node, members: inner }
  const first = node.members.findIndex((member) => nodeCovers(member, method) && asksForClaim(member))
  if (first === -1) return { ...node, members: inner }
  const members = inner.filter((member, index) => index === first || !needsUser(member))
  return { ...node, members }
}

function asksForClaim(node: RequireNode): boolean {
  return rulesOf(node).some(({ test }) => test.kind === 'claim' || test.kind === 'claims_expr')
}

function needsUser(node: RequireNode): boolean {
  return rulesOf(node).some(({ test }) => !['ip', 'method', 'all'].includes(test.kind))
}

function refused({ at }: RequireNode): RequireNode {
  return { kind: 'rule', negated: false, test: { kind: 'all', granted: false }, limit: null, at, text: '' }
}
