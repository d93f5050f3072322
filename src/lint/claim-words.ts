import { entryOf, nodeAt } from '../config/node.ts'
import { isExemption, isMatcherName } from '../config/rules/words.ts'
import { readAddressRange } from '../core/request/address.ts'
import { type Check, foundAtPart } from './check.ts'
import { type ClaimCondition, type ClaimUse, claimUses, textsOf } from './rules.ts'
import type { Subject } from './subject.ts'
import { isNamedInFile } from './words.ts'

/** Words that ask for something else at other products, and name a claim here. */
export const claimWordChecks: readonly Check[] = [
  {
    id: 'claim-word',
    severity: 'warning',
    inCheck: true,
    finds: 'A word of another product that is read as a claim',
    why: 'What is no word of the rules is the name of a claim. Nobody has a claim `email_domain` or an address in one called `ip`, so the rule keeps everybody out.',
    fix: 'Write the word that is meant. Where the provider sends such a claim, say that in a comment.',
    example: 'require: { email_domain: example.com }',
    find: (subject) =>
      claimUses(subject.gateway).flatMap((use) => {
        const meant = isNamedInFile(subject, use.condition) ? meantBy(use, subject) : null
        if (meant === null) return []
        const message = `\`${use.condition.path}\` is the name of a claim here: write ${meant}`
        return foundAtPart(subject, use.condition, message)
      }),
  },
]

function meantBy({ condition }: ClaimUse, subject: Subject): string | null {
  const { gateway } = subject
  const texts = textsOf(condition)
  const own = ofOurs(condition, texts, subject)
  if (own !== null) return own
  const word = condition.path.toLowerCase().replaceAll(/[-_]/g, '')
  if (/^(?:allowed)?emaildomains?$/.test(word)) return '`email: { domain: … }`'
  if (/^allowed(?:groups|roles|users|emails)$/.test(word)) return 'the claim itself, such as `groups: [ … ]`'
  const isAddress = texts.length > 0 && texts.every((text) => readAddressRange(text).ok)
  if (isAddress && /ip(?:s|addr(?:ess)?)?$|^(?:network|cidr|address|from)s?$/.test(word))
    return '`client_ip: …`'
  const isProvider = texts.length > 0 && texts.every((text) => gateway.providers.has(text))
  return isProvider && /^(?:providers|idps?|identityproviders?)$/.test(word) ? '`provider: …`' : null
}

/** Our own words at a place where they are none. `{claim: exists, is: …}` says that it is a claim. */
function ofOurs(condition: ClaimCondition, texts: readonly string[], subject: Subject): string | null {
  const { path, matcher } = condition
  const place = subject.places.get(condition)
  if (place !== undefined && nodeAt(subject.root, [...place.path, 'claim']) !== undefined) return null
  const policies = nodeAt(subject.root, ['policies'])
  const isPolicy = (name: string) => policies?.kind === 'map' && entryOf(policies, name) !== undefined
  const isTrue = matcher.text === 'true' && texts.length === 0
  const namesPolicies = /^polic(?:y|ies)$/i.test(path) && texts.length > 0 && texts.every(isPolicy)
  if (namesPolicies || (isTrue && isPolicy(path))) return 'the name of the policy alone'
  if (path === 'signed_in') return '`require: signed_in`, or nothing where a claim is asked for'
  if (isExemption(path)) return `\`require: ${path}\``
  // Some providers send a claim `domain`.
  return isMatcherName(path) && path !== 'domain'
    ? `the claim in front of it, \`groups: { ${path}: … }\``
    : null
}
