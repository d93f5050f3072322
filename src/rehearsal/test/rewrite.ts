import type { App, Gateway, Location, LocationTree, Origin } from '../../core/gateway.ts'
import type { Requirement } from '../../core/rules/requirement.ts'

/**
 * A rule with some of its parts put otherwise; null leaves a part out, and what has nothing left in it goes too.
 * Parts are known by identity: what `replace` answers as it got it is looked into.
 */
export function rewritten(
  requirement: Requirement,
  replace: (part: Requirement) => Requirement | null,
): Requirement | null {
  const replaced = replace(requirement)
  if (replaced !== requirement) return replaced
  switch (requirement.kind) {
    case 'all':
    case 'any':
    case 'none': {
      const members = requirement.members.map((member) => rewritten(member, replace))
      const left = members.filter((member) => member !== null)
      return left.length === 0 ? null : { ...requirement, members: left }
    }
    case 'policy': {
      const inner = rewritten(requirement.requirement, replace)
      return inner && { ...requirement, requirement: inner }
    }
    case 'signed_in':
    case 'provider':
    case 'credential':
    case 'claim':
    case 'client_ip':
    case 'certificate':
      return requirement
  }
}

/** An app with some of its locations put otherwise; null leaves one out. Everything else is the same object. */
export function withLocations(app: App, changes: ReadonlyMap<Location, Location | null>): App {
  let { locations, fallback } = app
  for (const [before, after] of changes) {
    if (before === fallback) fallback = after ?? fallback
    else locations = replacedInTree(locations, before, after, 0)
  }
  const all = app.allLocations.flatMap((location) => {
    const after = changes.get(location)
    return after === undefined ? [location] : after === null ? [] : [after]
  })
  return { ...app, fallback, locations, allLocations: all }
}

/** Copies the branch that leads to the location, and shares the rest. */
function replacedInTree(
  tree: LocationTree,
  before: Location,
  after: Location | null,
  depth: number,
): LocationTree {
  const { segments } = before.pattern
  const segment = segments[depth]
  if (segment === undefined) {
    const replace = (list: readonly Location[]): readonly Location[] =>
      list.flatMap((location) => (location !== before ? [location] : after === null ? [] : [after]))
    return { ...tree, subtree: replace(tree.subtree), exact: replace(tree.exact) }
  }
  if (segment === null) {
    return tree.star === null ? tree : { ...tree, star: replacedInTree(tree.star, before, after, depth + 1) }
  }
  const child = tree.literal.get(segment)
  if (child === undefined) return tree
  return {
    ...tree,
    literal: new Map([...tree.literal, [segment, replacedInTree(child, before, after, depth + 1)]]),
  }
}

/** The gateway with one app put otherwise, and nothing but the origin of that app: other hosts are unknown to it. */
export function withApp(gateway: Gateway, before: App, after: App): Gateway {
  const origin = [...gateway.hosts.values()].find((one) => one.apps.includes(before))
  if (origin === undefined) return gateway
  const swap = (app: App): App => (app === before ? after : app)
  const changed: Origin = { ...origin, apps: origin.apps.map(swap) }
  const hosts = [...gateway.hosts]
    .filter(([, one]) => one === origin)
    .map(([host]) => [host, changed] as const)
  return { ...gateway, hosts: new Map(hosts), apps: changed.apps }
}
