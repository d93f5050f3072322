import { type ConfigNode, type ConfigPath, nodeAt, type Position, pathText } from '../config/node.ts'
import type { Check, Found } from './check.ts'
import { writtenHeaders } from './claim-reach.ts'
import { type ClaimUse, claimUses } from './rules.ts'
import type { Subject } from './subject.ts'

const why =
  'A value is compared as a whole and to the letter: it is no list, no pattern and no expression, so nobody meets the condition, or only whoever has this very text.'

/**
 * Values that were written in a form that means something elsewhere. `{ is: … }` compares with the very text and is
 * left alone: whoever writes it says so.
 */
export const valueFormChecks: readonly Check[] = [
  {
    id: 'value-list',
    severity: 'warning',
    inCheck: true,
    finds: 'A list that was written as one text',
    why,
    fix: 'Write a list, `[admins, ops]`: one of them has to be met. Where the value is one text, write `{ is: "admins, ops" }`.',
    example: 'require: { groups: "admins, ops" }',
    find: (subject) =>
      [...plainTexts(subject), ...headerTexts(subject)].flatMap(({ text, claim, matcher, found }) => {
        if (!isListInText(text, claim)) return []
        // A beginning or an end may have a comma, and no blank behind it.
        if (matcher !== 'equals' && !/,\s/.test(text)) return []
        return [found('this is one text, with what parts it: a list is written `[a, b]`')]
      }),
  },
  {
    id: 'value-pattern',
    severity: 'warning',
    inCheck: true,
    finds: 'A pattern or an expression that is compared as a text',
    why,
    fix: 'Write `starts_with`, `ends_with`, `domain`, `matches` (an expression), or `exists: true` for any value. Where the text is meant, write `{ is: "app-*" }`.',
    example: 'require: { groups: "app-*" }',
    find: (subject) =>
      plainTexts(subject).flatMap(({ text, claim, matcher, found }) => {
        const form = claim === 'email' && matcher === 'equals' ? formOfAddress(text) : formFor(text, matcher)
        return form === null || (text.includes('*') && oftenStarred.test(claim))
          ? []
          : [found(`this is compared to the letter: ${form}`)]
      }),
  },
  {
    id: 'value-word',
    severity: 'warning',
    inCheck: true,
    finds: 'A text where a claim is true or false',
    why: 'In this file `yes`, `no`, `on` and `off` are texts, and so is `true` in quotes: they are equal to no claim that is true or false.',
    fix: 'Write `true` or `false`, without quotes. Where the claim is a text, write `{ is: "yes" }`.',
    example: 'require: { mfa: yes }',
    find: (subject) =>
      plainTexts(subject).flatMap(({ text, claim, matcher, found }) => {
        if (matcher !== 'equals' || isOfPlace.test(claim)) return []
        const isQuoted = /^(?:true|false)$/i.test(text) && /(?:^|_)verified$|^is_|_enabled$/.test(claim)
        if (!isQuoted && !/^(?:yes|no|on|off)$/i.test(text)) return []
        const meant = /^(?:yes|on|true)$/i.test(text)
        return [
          found(`this is a text: \`${claim}\` that is ${meant} is written \`${meant}\`, without quotes`),
        ]
      }),
  },
]

/** `no` is Norway, and its language. */
const isOfPlace = /country|locale|lang(?:uage)?s?$|region|nation|(?:^|\.)co?$/i

/** Several words with what parts them elsewhere. Names of directories (`CN=a,OU=b`) have commas of their own. */
function isListInText(text: string, claim: string): boolean {
  if (/^\[.*\]$/s.test(text)) return true
  if (text.includes('=') || isForPeople.test(claim)) return false
  const isList = oftenLists.test(claim)
  // `auth0|5f7c…` is a user id.
  const parts = text.split(isList ? /[,;|]/ : /[,;]/).map((part) => part.trim())
  if (parts.length < 2 || !parts.every((part) => /^[\w.:@/+-]+$/.test(part))) return false
  // `Acme, Inc.` is a name.
  return isList || !/\s/.test(text) || parts.every((part) => part.includes('@'))
}

const oftenLists = /(?:group|role|team|member|department|entitlement|permission|scope|scp)s?$/i

/** What people are called is written with commas: `Lovelace, Ada`. */
const isForPeople = /name$|^address\b|title$|^location$|^(?:locale|zoneinfo)$/i

/** Where a "*" is part of a name: `reports:*`. */
const oftenStarred = /scope|scp|permission|entitlement|authorit|privilege/i

/** Of an e-mail address, which has its `@`. */
function formOfAddress(text: string): string | null {
  const isDomain = /^[\w-]+(?:\.[\w-]+)+$/.test(text)
  return isDomain ? 'all addresses of a domain are `{ domain: … }`' : formFor(text, 'equals')
}

/** How a text is written here that was meant as a pattern; null for one that was not. */
function formFor(text: string, matcher: Matched): string | null {
  if (matcher !== 'equals') return text.includes('*') ? `\`${matcher}\` needs no "*"` : null
  if (text === '*') return 'any value is `{ exists: true }`'
  if (/^[^*]+\*$/.test(text)) return 'what begins so is `{ starts_with: … }`, without "*"'
  if (/^\*[^*]+$/.test(text)) return 'what ends so is `{ ends_with: … }`, without "*"'
  const isExpression =
    /^\/?\^|\.[*+]|\\(?:[dws][+*{]|\.)|\[[^\]]+\][*+?]|^\(.*\|.*\)$/.test(text) || isBetweenSlashes(text)
  if (isExpression) return 'an expression is `{ matches: … }`'
  return text.includes('*') ? 'a pattern is `{ matches: … }`, an expression in RE2 syntax' : null
}

/** `/ops/i` is an expression; `/regions/us` is a group. */
function isBetweenSlashes(text: string): boolean {
  return /^\/.+\/(?:[gim]|gi|ig)?$/.test(text)
}

type Matched = 'equals' | 'starts_with' | 'ends_with' | 'has_word'

/** A text of a condition that stands in the file, with how it is compared. */
interface PlainText {
  readonly text: string
  readonly claim: string
  readonly matcher: Matched
  readonly found: (message: string) => Found
}

function plainTexts(subject: Subject): readonly PlainText[] {
  return claimUses(subject.gateway).flatMap((use) => textsOf(subject, use))
}

function textsOf(subject: Subject, { condition }: ClaimUse): readonly PlainText[] {
  const place = subject.places.get(condition)
  const node = place === undefined ? undefined : nodeAt(subject.root, place.path)
  if (place === undefined || node === undefined) return []
  return textsBelow(node, place.path, { claim: condition.path, matcher: 'equals' })
}

/** What chooses among the elements of an identity header. */
function headerTexts(subject: Subject): readonly PlainText[] {
  return writtenHeaders(subject).flatMap(({ from, path }) => {
    const at = [...path, 'only']
    const node = nodeAt(subject.root, at)
    return node === undefined ? [] : textsBelow(node, at, { claim: from, matcher: 'equals' })
  })
}

type Compared = Pick<PlainText, 'claim' | 'matcher'>

function textsBelow(node: ConfigNode, path: ConfigPath, compared: Compared): readonly PlainText[] {
  switch (node.kind) {
    case 'lines':
      return []
    case 'scalar':
      if (typeof node.value !== 'string' || node.interpolated) return []
      return [{ ...compared, text: node.value, found: foundIn(node.at, path) }]
    case 'list':
      return node.items.flatMap((item, index) => textsBelow(item, [...path, index], compared))
    case 'map':
      return node.entries.flatMap(({ key, value }) => {
        const within = comparedBelow(key, compared)
        return within === null ? [] : textsBelow(value, [...path, key], within)
      })
  }
}

/** Within `has` the keys are claims of a member, and matchers below them. */
function comparedBelow(key: string, { claim }: Compared): Compared | null {
  switch (key) {
    case 'not':
      return { claim, matcher: 'equals' }
    case 'starts_with':
    case 'ends_with':
    case 'has_word':
      return { claim, matcher: key }
    default:
      return null
  }
}

function foundIn(position: Position, path: ConfigPath): (message: string) => Found {
  return (message) => ({ position, path: pathText(path), message })
}
