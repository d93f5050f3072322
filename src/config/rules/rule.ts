import type { Access } from '../../core/gateway.ts'
import type { ConfigNode, ConfigPath } from '../node.ts'
import type { RuleContext } from './context.ts'
import { compileRequirement } from './requirement.ts'
import { isExemption } from './words.ts'

/**
 * Compiles the value of a `require`, at a location or an app; null when it has faults, all of which were reported.
 * `node` comes from config/read: a number keeps how it was written (`source`), so that `00E1` is not taken for 0, and
 * what `${…}` yields is marked (`interpolated`), so that no variable can name a keyword or a policy.
 */
export function compileRequire(node: ConfigNode, path: ConfigPath, context: RuleContext): Access | null {
  const { value, interpolated } = node.kind === 'scalar' ? node : { value: null, interpolated: false }
  if (typeof value === 'string' && !interpolated && isExemption(value)) return { kind: value }
  const requirement = compileRequirement(node, path, context)
  return requirement && { kind: 'rule', requirement }
}

/**
 * What holds at a location: its own rule and the app's, which is a floor. A location that is open or closed without
 * exception says so itself and is left alone; an app that is open to anyone adds nothing.
 */
export function onFloor(floor: Access | null, own: Access): Access {
  if (floor === null || own.kind !== 'rule') return own
  switch (floor.kind) {
    case 'anyone':
    case 'maybe_signed_in':
      return own
    case 'nobody':
      return floor
    case 'rule': {
      const members = [floor.requirement, own.requirement]
      return { kind: 'rule', requirement: { kind: 'all', members, of: 'app-and-location' } }
    }
  }
}

/** What holds where no location covers the path: the app's own rule, or nobody. */
export function fallbackAccess(floor: Access | null): Access {
  return floor ?? { kind: 'nobody', because: 'no-location' }
}
