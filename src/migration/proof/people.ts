import { isObject, type Json } from '../../core/json.ts'
import type { Claims } from '../../core/rules/claims.ts'
import { splitSpec } from '../apache/access/claim.ts'
import { toNetwork } from '../apache/access/requirement.ts'
import type { RemoteUser } from '../apache/context.ts'
import { type RequireNode, type RequireTest, rulesOf } from '../apache/reading/require.ts'
import { sampleOf } from './sample.ts'

/** A condition that claims can meet: what meets it, and what almost does. */
interface Wish {
  /** Dots lead into objects. */
  readonly name: string
  readonly meets: readonly Json[]
  readonly misses: readonly Json[]
}

/** How many conditions of one place are varied; a list of a hundred groups says no more than twelve. */
const mostWishes = 12

/**
 * People for one place: nobody, somebody without any claim, somebody who meets everything, and for each condition
 * people who meet it in every way that JSON has, who almost do, who lack it, alone and beside all the others.
 */
export function peopleFor(
  requires: RequireNode | null,
  base: Claims,
  user: RemoteUser,
): readonly (Claims | null)[] {
  const wishes = requires === null ? [] : wishesOf(requires, user).slice(0, mostWishes)
  const everything = wishes.reduce((claims, wish) => give(claims, wish.name, wish.meets[0] ?? null), base)
  const people: (Claims | null)[] = [null, base, everything]
  for (const wish of wishes) {
    const others = wishes
      .filter(({ name }) => name !== wish.name)
      .reduce((claims, other) => give(claims, other.name, other.meets[0] ?? null), base)
    for (const value of [...wish.meets, ...wish.misses]) {
      people.push(give(base, wish.name, value), give(others, wish.name, value))
    }
    people.push(others, ...listOfObjects(base, wish), ...listOfObjects(others, wish))
  }
  return withUnverified(unique(people))
}

/** Whoever has an address also comes without its being verified. */
function withUnverified(people: readonly (Claims | null)[]): readonly (Claims | null)[] {
  return people.flatMap((claims) => {
    if (claims === null || claims.email === undefined || Object.hasOwn(claims, 'email_verified'))
      return [claims]
    return [{ ...claims, email_verified: true }, claims]
  })
}

function unique(people: readonly (Claims | null)[]): readonly (Claims | null)[] {
  return [...new Map(people.map((claims) => [JSON.stringify(claims), claims])).values()]
}

function wishesOf(requires: RequireNode, user: RemoteUser): readonly Wish[] {
  return rulesOf(requires).flatMap(({ test }) => wishesOfTest(test, user))
}

function wishesOfTest(test: RequireTest, user: RemoteUser): readonly Wish[] {
  switch (test.kind) {
    case 'claim':
      return test.specs.flatMap(({ eaten, literal }) =>
        [...new Set([eaten, literal])].flatMap((spec) => wishOf(spec) ?? []),
      )
    case 'user':
      return test.names.map((name) => {
        const value = name.endsWith(user.suffix) ? name.slice(0, name.length - user.suffix.length) : name
        return { name: user.claim, meets: [value], misses: [`${value}x`, value.toUpperCase()] }
      })
    case 'valid-user':
    case 'ip':
    case 'all':
    case 'method':
    case 'claims_expr':
    case 'other':
      return []
  }
}

function wishOf(spec: string): Wish | null {
  const parts = splitSpec(spec)
  // Who issued an ID token is checked at the sign-in: there is somebody of each provider already.
  if (parts === null || parts.name === 'iss') return null
  const text = parts.separator === ':' ? parts.rest : sampleOf(parts.rest)
  if (text === null) return null
  return { name: parts.name, meets: [text, [text], ['other', text], ...typed(text)], misses: almost(text) }
}

/** The same in the other types of JSON. */
function typed(text: string): readonly Json[] {
  if (text === 'true' || text === 'false') return [text === 'true', [text === 'true']]
  if (text === 'null') return [null]
  const digits = /^\s*([+-]?\d+)(\.\d+)?/.exec(text)
  return digits === null ? [] : [Number(digits[1]), [Number(digits[1])], Number(digits[0])]
}

function almost(text: string): readonly Json[] {
  const words = [`${text}x`, `x${text}`, text.slice(0, -1), text.toUpperCase(), text.replaceAll('.', 'x')]
  return [
    ...words,
    `a ${text} b`,
    [],
    ['other'],
    7,
    true,
    null,
    { value: text },
    [{ value: text }],
    [[text]],
    '',
  ]
}

/** A step on the way that is a list of objects. */
function listOfObjects(base: Claims, { name, meets }: Wish): readonly Claims[] {
  const at = name.indexOf('.')
  if (at === -1 || name.includes('/')) return []
  const inner = give({}, name.slice(at + 1), meets[0] ?? null)
  return [{ ...base, [name.slice(0, at)]: [{}, inner] }]
}

function give(claims: Claims, name: string, value: Json): Claims {
  const at = name.includes('/') ? -1 : name.indexOf('.')
  if (at === -1) return { ...claims, [name]: value }
  const first = name.slice(0, at)
  const inner = claims[first]
  const object = isObject(inner) ? inner : {}
  return { ...claims, [first]: give(object, name.slice(at + 1), value) }
}

/** Addresses for one place: outside of everything, and one within each network that it names. */
export function addressesFor(requires: RequireNode | null): readonly string[] {
  const rules = requires === null ? [] : rulesOf(requires)
  const inside = rules.flatMap(({ test }) =>
    test.kind === 'ip' ? test.ranges.flatMap((range) => toNetwork(range)?.split('/')[0] ?? []) : [],
  )
  return [...new Set(['203.0.113.99', ...inside])]
}
