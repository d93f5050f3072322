import { keyOptions } from './key-task.ts'
import { configOptions, type OptionSpecs, optionsHelp } from './options.ts'

export const keySpecs = { ...keyOptions, ...configOptions } as const satisfies OptionSpecs

/** What `claimgate keys --help` prints. */
export const keysUsage = `Usage: claimgate keys create --name NAME --user USER --expires TIME [--claims FILE|NAME=TEXT]... [--apps NAMES] [--methods METHODS] [--from CIDRS] [--origins ORIGINS] [--print] [-c FILE] [--json]
       claimgate keys create --name NAME --person USER [--provider NAME] [--expires TIME] [--apps NAMES] [--methods METHODS] [--from CIDRS] [--origins ORIGINS] [-c FILE] [--json]
       claimgate keys list [--user USER] [-c FILE] [--json]
       claimgate keys revoke ID... [-c FILE] [--json]
       claimgate keys rotate ID --overlap TIME [-c FILE] [--json]
       claimgate keys change ID --origins ORIGINS [-c FILE] [--json]
       claimgate keys usage [ID] [-c FILE] [--json]
       claimgate keys reseal [-c FILE] [--json]

Makes, lists and revokes the API keys by which programs come in. It works on the store of
\`api_keys\`, while the gateway runs, which knows it within a second, and while it does not. Run it as
the gateway's user.

\`create\` shows the secret once: only a hash of it is kept. A key of --user has the claims that are
said here. A key of --person has those that \`api_keys.self_service\` copies from a session of that
person, and falls asleep when nobody vouches for them any more. \`rotate\` gives a key a new secret.
\`change\` puts other origins in place of those whose pages may have widgets of a key. \`reseal\` writes the records of a shared store anew, sealed by the first \`api_keys.secret\`.

${optionsHelp(keySpecs)}
An ID is what \`list\` and the log show, with its prefix or without. With several IDs, all are revoked
or, when one is not there, none. Lists are parted by commas.

Exit status: 0 done, 1 no such key, it cannot be made, or the store cannot be used, 2 wrong usage or a
configuration with faults.

JSON of \`create\` and \`rotate\`: the key, with \`secret\` and \`api_key\`; of \`change\`: the key; of
\`list\`: the keys; of
\`revoke\`: {revoked}; of \`usage\`: {id, days, last_used_at, last_network}, without an ID a list of
these; of \`reseal\`: {records, resealed}. Times are seconds since 1970.
`
