import { configOptions, type OptionSpecs, optionsHelp } from './options.ts'
import { whoseOptions } from './session-task.ts'

export const sessionSpecs = {
  ...whoseOptions,
  all: { type: 'boolean', help: 'revokes every session' },
  'dry-run': { type: 'boolean', help: 'says how many sessions would be revoked, and whose; changes nothing' },
  'keep-keys': {
    type: 'boolean',
    help: 'with --user: lets the API keys of that person stay awake',
  },
  ...configOptions,
} as const satisfies OptionSpecs

/** What `claimgate sessions --help` prints. */
export const sessionsUsage = `Usage: claimgate sessions list [--user USER | --claim PATH=VALUE] [--provider NAME] [-c FILE] [--json]
       claimgate sessions revoke ID... | --user USER [--provider NAME] [--keep-keys] | --claim PATH=VALUE [--provider NAME] | --provider NAME | --all [--dry-run] [-c FILE] [--json]

Shows who is signed in, or signs people out: at once, while the gateway runs, which knows it within
a second and closes their WebSockets. Whoever still has a session at the provider can sign in again
at once. It works on the store of the configuration, where that holds sessions.

${optionsHelp(sessionSpecs)}
An ID is what \`list\` and the log show; its beginning is enough when no other begins so. With several
IDs, all are revoked or, when one is not there, none.

\`revoke --user\` puts that person's own API keys to sleep too, until the person signs in again.

PATH is written as in a rule, with dots into objects. A list has the claim when one of its values is
VALUE. A number, \`true\` and \`false\` are found as such and as texts.

Exit status: 0 done, 1 no such session, or the store cannot be used or has not confirmed all of it,
2 wrong usage or a configuration with faults.

JSON of \`revoke\`: {revoked}; with --dry-run {would_revoke, sessions}, these as \`list\` has them. With
--user and keys in the configuration, {keys_asleep} or {would_sleep} beside it.
`
