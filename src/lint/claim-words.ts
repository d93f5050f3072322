import { readAddressRange } from '../core/request/address.ts'
import { type Check, foundAtPart } from './check.ts'
import { type ClaimUse, claimUses, textsOf } from './rules.ts'
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

function meantBy({ condition }: ClaimUse, { gateway }: Subject): string | null {
  const texts = textsOf(condition)
  const word = condition.path.toLowerCase().replaceAll(/[-_]/g, '')
  if (/^(?:allowed)?emaildomains?$/.test(word)) return '`email: { domain: … }`'
  if (/^allowed(?:groups|roles|users|emails)$/.test(word)) return 'the claim itself, such as `groups: [ … ]`'
  const isAddress = texts.length > 0 && texts.every((text) => readAddressRange(text).ok)
  if (isAddress && /ip(?:s|addr(?:ess)?)?$|^(?:network|cidr|address|from)s?$/.test(word))
    return '`client_ip: …`'
  const isProvider = texts.length > 0 && texts.every((text) => gateway.providers.has(text))
  return isProvider && /^(?:providers|idps?|identityproviders?)$/.test(word) ? '`provider: …`' : null
}
