import { isPlainDecimal } from '../config/rules/operand.ts'
import type { Claims } from '../core/rules/claims.ts'
import { lookUpForRule } from '../core/rules/claims.ts'
import { holds, type Scalar } from '../core/rules/matcher.ts'
import { showFound, showOwn } from '../core/show.ts'
import { didYouMean } from './arguments.ts'
import type { OptionSpecs } from './command.ts'
import type { Options } from './options.ts'
import { printable } from './session-list.ts'

/** What `claimgate sessions` was asked for, once the usage is known to be right. */
export type SessionTask =
  | { readonly verb: 'list'; readonly which: Whose }
  | {
      readonly verb: 'revoke'
      readonly which: MeantSessions
      readonly dryRun: boolean
      /** Whether a person's own API keys stay awake. */
      readonly keepKeys: boolean
    }

export type MeantSessions =
  | { readonly kind: 'ids'; readonly ids: readonly string[] }
  | ({ readonly kind: 'whose' } & Whose)

/** Whose sessions; all of it must hold, and where nothing is said, everybody's are meant. */
export interface Whose {
  readonly user: string | null
  readonly claim: ClaimWanted | null
  /** By its name in the configuration. */
  readonly provider: string | null
}

/** A claim, as a rule has it: `groups: admins`. */
export interface ClaimWanted {
  readonly path: string
  readonly values: readonly Scalar[]
  /** For people and the log: short, whatever was written. */
  readonly shown: string
}

export const whoseOptions = {
  user: {
    type: 'string',
    value: 'USER',
    help: "of this user, as apps see the id (with the provider's prefix)",
  },
  claim: {
    type: 'string',
    value: 'PATH=VALUE',
    help: 'of everyone with this claim, found as a rule finds it: groups=admins',
  },
  provider: {
    type: 'string',
    value: 'NAME',
    help: 'of this provider alone; without it, of every provider',
  },
} as const satisfies OptionSpecs

const verbs = ['list', 'revoke'] as const
export const sessionOperands = { words: verbs } as const

/** The task, or what is wrong with how it was asked for. */
export function readSessionTask(options: Options): SessionTask | string {
  const [verb, ...ids] = options.positionals
  const whose = readWhose(options)
  const [all, dryRun] = [options.flag('all'), options.flag('dry-run')]
  const keepKeys = options.flag('keep-keys')
  switch (verb) {
    case 'list':
      if (all || dryRun || keepKeys || ids.length > 0)
        return '`list` takes --user, --claim and --provider alone'
      return typeof whose === 'string' ? whose : { verb, which: whose }
    case 'revoke': {
      if (typeof whose === 'string') return whose
      const { user, claim, provider } = whose
      if (keepKeys && user === null)
        return '--keep-keys says more of --user: other revocations leave keys alone'
      const said = [ids.length > 0, user !== null, claim !== null, all].filter(Boolean).length
      if (said > 1 || (said === 0 && provider === null))
        return 'say what to revoke: IDs, --user, --claim, --provider or --all, one of them'
      if (ids.length === 0 && !(all && provider !== null))
        return { verb, which: { kind: 'whose', ...whose }, dryRun, keepKeys }
      if (provider !== null) return '--provider says more of --user or --claim, or stands alone'
      return { verb, which: { kind: 'ids', ids }, dryRun, keepKeys }
    }
    case undefined:
      return 'say `list` or `revoke`'
    default:
      return `there is no \`sessions ${printable(verb)}\`${didYouMean(verb, verbs)}`
  }
}

function readWhose(options: Options): Whose | string {
  const [user, provider, text] = [options.text('user'), options.text('provider'), options.text('claim')]
  const claim = text === null ? null : readClaimWanted(text)
  if (typeof claim === 'string') return claim
  if (user !== null && claim !== null) return '--user and --claim are two ways to say whose: take one of them'
  return { user, claim, provider }
}

/** The first `=` parts them: values have one more often than paths. The reason repeats nothing. */
function readClaimWanted(text: string): ClaimWanted | string {
  const at = text.indexOf('=')
  const [path, value] = [text.slice(0, at), text.slice(at + 1)]
  if (at < 1 || value === '') return '--claim wants PATH=VALUE, such as groups=admins'
  if (path.split('.').includes('__proto__')) return '"__proto__" is never looked up'
  const shown = `${showOwn(path)}=${showFound({ kind: 'one', value })}`
  return { path, values: valuesOf(value), shown }
}

/** What is written without quotes is a number or a boolean in a rule; nobody can say here which one is meant. */
function valuesOf(value: string): readonly Scalar[] {
  if (isPlainDecimal(value)) return [value, Number(value)]
  return value === 'true' || value === 'false' ? [value, value === 'true'] : [value]
}

/**
 * Whether a rule with this claim lets these claims in. But for an e-mail address that nobody verified: a rule takes it
 * for missing, and who is looked for should be found.
 */
export function hasClaim(claims: Claims, { path, values, shown }: ClaimWanted): boolean {
  const matcher = { tests: [{ kind: 'is', values }], not: null, exists: null, text: shown } as const
  return holds(matcher, lookUpForRule(claims, path)) === true
}
