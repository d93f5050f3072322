import type { Finding } from '../../finding.ts'
import { covers } from '../../path-pattern.ts'
import type { Mapping } from './proxies.ts'

/** Where an app begins, and the line that says so; null where httpd served it by itself. */
export interface Base {
  readonly prefix: readonly string[]
  readonly mapping: Mapping | null
  websocket: boolean
}

/** Which mappings make apps, which take a path out, and which never count as an earlier one covers them. */
export function sortMappings(
  mappings: readonly Mapping[],
  redirect: string | null,
  report: (finding: Finding) => void,
): { readonly bases: Base[]; readonly excluded: readonly Mapping[] } {
  const bases: Base[] = []
  const excluded: Mapping[] = []
  const say = ({ at, what }: Mapping, id: string, kind: Finding['kind'], message: string): void =>
    report({ id, kind, at, what, message, effect: null })
  for (const mapping of mappings) {
    const covering = bases.find(({ prefix }) => covers({ segments: prefix, exact: false }, mapping.path))
    if (mapping.websocket && covering !== undefined) {
      covering.websocket = true
      say(
        mapping,
        'websocket',
        'changed',
        '`websocket: true` for the whole app: pages of its own origin may open them',
      )
    } else if (covering !== undefined || excluded.some(({ path }) => isBelow(mapping.path, path))) {
      say(
        mapping,
        'proxy-never',
        'suspect',
        'an earlier line covers this path: httpd never came here, and it is left out',
      )
    } else if (mapping.target === null) {
      if (mapping.path === redirect || mapping.path === '/')
        say(mapping, 'kept', 'kept', 'the gateway answers there by itself')
      else {
        excluded.push(mapping)
        say(
          mapping,
          'proxy-excluded',
          'not-convertible',
          'httpd answered there by itself: the path is closed here (`nobody`)',
        )
      }
    } else {
      bases.push({
        prefix: mapping.path === '/' ? [] : mapping.path.slice(1).split('/'),
        mapping,
        websocket: mapping.websocket,
      })
      say(mapping, 'kept', 'kept', '`url` and `upstream` of an app')
    }
  }
  return { bases, excluded }
}

export function isBelow(path: string, outer: string): boolean {
  return path === outer || path.startsWith(`${outer}/`)
}
