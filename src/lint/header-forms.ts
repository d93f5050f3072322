import { nodeAt } from '../config/node.ts'
import type { Location } from '../core/gateway.ts'
import { type Check, foundAt, foundAtKey, holdsData } from './check.ts'
import { writtenHeaders } from './claim-reach.ts'
import { claimUses } from './rules.ts'
import type { Subject } from './subject.ts'

/** Identity headers in a form of their own. */
export const headerFormChecks: readonly Check[] = [
  {
    id: 'header-folds-user',
    severity: 'warning',
    finds: 'The user id in lower case',
    why: '`lower_case` is refused for `user`, as two accounts could become one. The claim that `user_id` names is the same id. For an app that knows people by this header, `Ada` and `ada` are one person.',
    fix: 'Send `user`, or remove `lower_case`. If the provider has no two accounts that differ by case alone, say so in a comment.',
    example: `providers:
  main: { user_id: preferred_username }
apps:
  wiki:
    identity_headers: { X-User: { claim: preferred_username, lower_case: true } }`,
    find: (subject) =>
      writtenForms(subject).flatMap(({ app, name, from, form, path }) => {
        const provider = app.providers.find((one) => subject.gateway.providers.get(one)?.userId === from)
        if (provider === undefined || !form.lowerCase) return []
        return [
          foundAtKey(subject, path, `${name} makes one of two accounts of "${provider}" that differ by case`),
        ]
      }),
  },
  {
    id: 'only-spelled-otherwise',
    severity: 'warning',
    finds: 'An element of `only` that rules spell in another way',
    why: 'Elements are compared to the letter. If nobody has an element, it is sent for nobody. The app then never hears of the group by which the rules let people in.',
    fix: 'Write it as the rules do. If both exist, say so in a comment.',
    example: `require: { groups: admins }
identity_headers: { X-Groups: { claim: groups, only: [Admins] } }`,
    find: (subject) => {
      const asked = askedTexts(subject)
      return writtenForms(subject).flatMap(({ from, form, path }) => {
        const texts = asked.get(from)
        if (texts === undefined || holdsData(subject, [...path, 'only'])) return []
        return (form.only?.texts ?? []).flatMap((text) => {
          const meant = texts.has(text) ? undefined : [...texts].find((one) => plain(one) === plain(text))
          if (meant === undefined) return []
          return [
            foundAt(subject, placeOf(subject, [...path, 'only'], text), `"${text}" is "${meant}" in rules`),
          ]
        })
      })
    },
  },
]

function writtenForms(subject: Subject) {
  return writtenHeaders(subject).flatMap(({ app, location, name, from, path }) => {
    const form = formOf(location, name)
    return form === undefined ? [] : [{ app, name, from, form, path }]
  })
}

function formOf({ forwarding }: Location, name: string) {
  return forwarding.identityHeaders.find((header) => header.name === name)?.form
}

/** By claim, the texts that rules of the file compare it with; what came from outside is no part of it. */
function askedTexts(subject: Subject): ReadonlyMap<string, ReadonlySet<string>> {
  const asked = new Map<string, Set<string>>()
  for (const { condition } of claimUses(subject.gateway)) {
    const place = subject.places.get(condition)
    if (place === undefined || holdsData(subject, place.path)) continue
    for (const test of condition.matcher.tests) {
      if (test.kind !== 'is') continue
      const texts = asked.get(condition.path) ?? new Set()
      for (const value of test.values) if (typeof value === 'string') texts.add(value)
      asked.set(condition.path, texts)
    }
  }
  return asked
}

/** What people take for one name. */
function plain(text: string): string {
  return text.replace(/[-_ ]/g, '').toLowerCase()
}

/** Of a list the line of the element. */
function placeOf({ root }: Subject, path: readonly (string | number)[], text: string) {
  const node = nodeAt(root, path)
  const index =
    node?.kind === 'list' ? node.items.findIndex((item) => item.kind === 'scalar' && item.value === text) : -1
  return index === -1 ? path : [...path, index]
}
