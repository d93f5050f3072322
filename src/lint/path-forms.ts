import { type Check, foundAtPart, holdsData } from './check.ts'
import type { Subject } from './subject.ts'

/** Paths that were written in a form that means something elsewhere. */
export const pathFormChecks: readonly Check[] = [
  {
    id: 'path-pattern',
    severity: 'warning',
    inCheck: true,
    finds: 'A path that looks like an expression or a template',
    why: 'A path is compared segment by segment and to the letter. `/(a|b)` covers neither `/a` nor `/b`: for these the rule around it holds, and it may let in more people.',
    fix: 'Write a location for each path. `*` stands for any one segment, and a path covers all below it. If a path is really called so, say that in a comment.',
    example: `locations:
  - { path: "/users/:id/keys", require: { groups: admins } }`,
    find: (subject) =>
      subject.gateway.apps.flatMap((app) =>
        app.allLocations.flatMap((location) => {
          const place = subject.places.get(location)
          if (place === undefined || holdsData(subject, [...place.path, 'path'])) return []
          const [found] = location.pattern.written.flatMap((segment, at, all) =>
            segment === null ? [] : (meantBy(segment, at === all.length - 1) ?? []),
          )
          return found === undefined ? [] : foundAtSegment(subject, location, found)
        }),
      ),
  },
]

interface Meant {
  readonly segment: string
  readonly words: string
}

function foundAtSegment(subject: Subject, location: object, { segment, words }: Meant) {
  return foundAtPart(subject, location, `"${segment}" is compared to the letter: ${words}`)
}

/** Null for a segment that is meant as it stands, such as `Users(1)`, `[id].js` or `$metadata`. */
function meantBy(segment: string, isLast: boolean): Meant | null {
  if (/^(?::[A-Za-z_]\w*|\{[^{}]*\}|<[^<>]*>)$/.test(segment))
    return { segment, words: 'any one segment is `*`' }
  const isExpression =
    /^\^|\(.*\|.*\)|\[[^\]]+\][+{]|\.\+|^\(\?/.test(segment) || (isLast && /[^$]\$$/.test(segment))
  return isExpression ? { segment, words: 'a path is no expression' } : null
}
