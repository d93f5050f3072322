import { z } from 'zod'
import { forms } from './values.ts'

/**
 * Rules are judged by config/rules, which knows what stands around them. The schema only tells editors their form:
 * the words, the reserved keys, the matchers.
 */
export const ruleForm = z
  .unknown()
  .meta({ $ref: '#/$defs/require' })
  .register(forms, { form: '[rule](rules.md)' })

/** A rule without the words that stand at a location or an app alone. */
export const policyForm = z
  .unknown()
  .meta({ $ref: '#/$defs/policy' })
  .register(forms, { form: '[rule](rules.md) or another policy’s name' })

const scalar = { type: ['string', 'number', 'boolean'] }
const strings = { anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' }, minItems: 1 }] }
const matcher = { $ref: '#/$defs/matcher' }
const members = { type: 'array', minItems: 1, items: { $ref: '#/$defs/member' } }

const matchers = {
  is: {
    description: 'Equal in type and value; a list: one of.',
    anyOf: [scalar, { type: 'array', items: scalar, minItems: 1 }],
  },
  matches: {
    description:
      'A regular expression (RE2) that the whole value matches; a list: one of. Unknown for a value with a control character.',
    ...strings,
  },
  starts_with: { description: 'The value begins so; a list: with one of.', ...strings },
  ends_with: { description: 'The value ends so; a list: with one of.', ...strings },
  has_word: { description: 'The value, split at spaces, holds this word; a list: one of.', ...strings },
  domain: { description: 'The e-mail address is of exactly this domain; a list: of one of.', ...strings },
  at_least: { description: 'A number that is not less.', type: 'number' },
  at_most: { description: 'A number that is not more.', type: 'number' },
  exists: {
    description:
      'Whether the claim is there and not null; of a path through a list whether a member has it. `false` stands alone.',
    type: 'boolean',
  },
  has: {
    description: 'One member of a list of objects meets all of these.',
    type: 'object',
    minProperties: 1,
    additionalProperties: matcher,
  },
  not: { description: 'The condition must be known, and false.', ...matcher },
}

/** Definitions that `require` and `policies` refer to: JSON Schema, draft 2020-12. */
export const ruleDefinitions = {
  require: {
    anyOf: [
      {
        enum: ['anyone', 'maybe_signed_in', 'signed_in', 'nobody'],
        description:
          '`anyone`: open. `maybe_signed_in`: open, who is signed in is told to the app. `signed_in`: every account. `nobody`: closed.',
      },
      { type: 'string', minLength: 1, description: 'The name of a policy.' },
      { $ref: '#/$defs/conditions' },
    ],
  },
  policy: {
    anyOf: [
      { type: 'string', minLength: 1, description: 'The name of another policy.' },
      { $ref: '#/$defs/conditions' },
    ],
  },
  member: {
    anyOf: [
      { type: 'string', minLength: 1, description: '`signed_in`, or the name of a policy.' },
      { $ref: '#/$defs/conditions' },
    ],
  },
  conditions: {
    description: 'Every entry must hold: a claim path with what it is held against, or a reserved word.',
    type: 'object',
    minProperties: 1,
    properties: {
      any: { description: 'One of these must hold.', ...members },
      all: { description: 'Each of these must hold.', ...members },
      none: { description: 'None of these may hold; what is unknown lets nobody in.', ...members },
      client_ip: { description: 'The address that the request comes from: addresses or CIDRs.', ...strings },
      provider: { description: 'The provider that the session comes from; a list: one of.', ...strings },
      claim: {
        description: 'A claim whose name is a reserved word; the other entries are matchers.',
        type: 'string',
      },
    },
    additionalProperties: matcher,
  },
  matcher: {
    anyOf: [
      { ...scalar, description: 'Equal in type and value; of a list claim one element.' },
      { type: 'array', items: scalar, minItems: 1, description: 'One of these.' },
      { type: 'object', minProperties: 1, properties: matchers, additionalProperties: false },
    ],
  },
}
