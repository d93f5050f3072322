import { z } from 'zod'
import { type CertificateClaim, certificateClaims } from '../../core/certificate/claims.ts'
import { availableCredentials } from './credentials.ts'
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
const credentialName = { enum: availableCredentials }
const credentialNames = {
  anyOf: [credentialName, { type: 'array', items: credentialName, minItems: 1 }],
}
const matcher = { $ref: '#/$defs/matcher' }
const members = { type: 'array', minItems: 1, items: { $ref: '#/$defs/member' } }

const matchers = {
  is: {
    description: 'The claim equals this, in type and value. With a list, it equals one of them.',
    anyOf: [scalar, { type: 'array', items: scalar, minItems: 1 }],
  },
  matches: {
    description:
      'A regular expression (RE2) that must match the whole value. With a list, one of them must. For a value with a control character the result is unknown.',
    ...strings,
  },
  starts_with: {
    description: 'The value begins with this text. With a list, it begins with one of them.',
    ...strings,
  },
  ends_with: {
    description: 'The value ends with this text. With a list, it ends with one of them.',
    ...strings,
  },
  has_word: {
    description: 'The value, split at spaces, contains this word. With a list, it contains one of them.',
    ...strings,
  },
  domain: {
    description: 'The e-mail address has exactly this domain. With a list, it has one of them.',
    ...strings,
  },
  at_least: { description: 'The claim is a number that is not less than this.', type: 'number' },
  at_most: { description: 'The claim is a number that is not more than this.', type: 'number' },
  exists: {
    description:
      'Whether the claim is there and is not null. If the path goes through a list, whether one of its members has it. `false` cannot stand beside other matchers.',
    type: 'boolean',
  },
  has: {
    description: 'The claim is a list of objects, and one of them meets all of these conditions.',
    type: 'object',
    minProperties: 1,
    additionalProperties: matcher,
  },
  not: {
    description: 'The condition must be known to be false. If it is unknown, nobody gets in.',
    ...matcher,
  },
}

const ofCertificate: Readonly<Record<CertificateClaim, string>> = {
  authority: 'The authority of `client_certificates` at which its chain ends, by its name there.',
  subject: 'The whole name of its owner.',
  issuer: 'The whole name of who issued it.',
  common_name: 'The CN of its owner.',
  organization: 'The O of its owner.',
  organizational_unit: 'The OU of its owner.',
  san_dns: 'The DNS names among its alternative names.',
  san_uri: 'The URIs among its alternative names.',
  san_email: 'The e-mail addresses among its alternative names.',
  serial: 'Its serial number.',
  fingerprint_sha256: 'The SHA-256 of the whole certificate.',
  not_after: 'When it ends, in seconds since 1970.',
}

/** Definitions that `require` and `policies` refer to: JSON Schema, draft 2020-12. */
export const ruleDefinitions = {
  require: {
    anyOf: [
      {
        enum: ['anyone', 'maybe_signed_in', 'signed_in', 'nobody'],
        description:
          '`anyone`: open to everybody. `maybe_signed_in`: open to everybody, and the app is told who is signed in. `signed_in`: every account. `nobody`: closed.',
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
    description:
      'Every entry must hold. An entry is a claim path with what the claim is compared with, or a reserved word.',
    type: 'object',
    minProperties: 1,
    properties: {
      any: { description: 'One of these must hold.', ...members },
      all: { description: 'Each of these must hold.', ...members },
      none: { description: 'None of these may hold. If one is unknown, nobody gets in.', ...members },
      client_ip: { description: 'The address from which the request comes: addresses or CIDRs.', ...strings },
      certificate: {
        description:
          'What the certificate of the connection must say, whoever asks by it. Nobody meets it, and nobody its negation, on a connection without one.',
        type: 'object',
        minProperties: 1,
        properties: Object.fromEntries(
          certificateClaims.map((name) => [name, { description: ofCertificate[name], ...matcher }]),
        ),
        additionalProperties: false,
      },
      provider: {
        description:
          'Who vouches for the claims: the provider of the sign-in or of the token, `api_keys` for the keys of operators, `certificates` for client certificates. With a list, one of them.',
        ...strings,
      },
      credential: {
        description:
          'By what somebody came: `session`, `bearer`, `api_key`, `widget` or `client_certificate`. With a list, one of them. Unknown for whoever is not identified.',
        ...credentialNames,
      },
      claim: {
        description: 'The name of a claim that is a reserved word. The other entries are then matchers.',
        type: 'string',
      },
    },
    additionalProperties: matcher,
  },
  matcher: {
    anyOf: [
      {
        ...scalar,
        description:
          'The claim equals this, in type and value. If the claim is a list, one of its elements does.',
      },
      { type: 'array', items: scalar, minItems: 1, description: 'One of these.' },
      { type: 'object', minProperties: 1, properties: matchers, additionalProperties: false },
    ],
  },
}
