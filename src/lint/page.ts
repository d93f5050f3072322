import { checkGroups, checks } from './checks.ts'
import { ignoreFaults } from './ignores.ts'
import { isInCheck, type Kind } from './lint.ts'

const intro = `<!-- Written by \`npm run generate\` from src/config/lint. Change it there. -->

# Findings of \`claimgate lint\`

\`claimgate check\` finds what is wrong with a file, \`claimgate lint\` what is right and probably not meant: a page that is
open by mistake, a rule that nobody meets, an address that proves nothing. It judges with the gateway's own rules and
contacts nobody, unless \`--online\` asks the providers for their metadata.

\`\`\`sh
claimgate lint -c claimgate.yaml
claimgate lint --online --fail-on error --sarif lint.sarif
\`\`\`

An **error** is a hole or a file that cannot work, a **warning** is probably not meant, a **note** is worth knowing. The exit
status is 1 when there is one at or above \`--fail-on\` (a warning unless it says otherwise), 2 when the file cannot be
read or has faults, else 0.

Lines that read well and mean nothing are shown by \`check\` too, which counts the rest in its last line. It never fails for
any of them.

What is meant all the same is said in a comment, with its reason, in the line of the finding or the one above:

\`\`\`yaml fragment
apps:
  wiki:
    # lint-ignore: app-open because everything here is published anyhow
    require: anyone
\`\`\`

Several ids stand with commas between them. In a SARIF file such findings are suppressed, with the reason.
`

/** docs/lint.md: every finding with its reason, what to do, and an example. */
export function toLintPage(): string {
  const groups = [
    ...checkGroups.map(({ title, checks: members }) => ({ title, members })),
    { title: 'Comments that ignore findings', members: ignoreFaults },
  ]
  const body = groups.map(({ title, members }) => `## ${title}\n\n${members.map(section).join('\n')}`)
  return [intro, overview(groups.flatMap<Kind>(({ members }) => members)), ...body].join('\n')
}

function overview(kinds: readonly Kind[]): string {
  const rows = kinds.map(({ id, severity, finds }) => `| [\`${id}\`](#${id}) | ${severity} | ${finds} |`)
  return ['| finding | severity | |', '| --- | --- | --- |', ...rows, ''].join('\n')
}

function section({ id, severity, finds, why, fix, example }: Kind): string {
  const online = checks.some((check) => check.id === id && check.online === true) ? ', with `--online`' : ''
  const shown = isInCheck({ id }) ? ', in `check` too' : ''
  return `### ${id}

${finds} (${severity}${online}${shown}). ${why}

${fix}

\`\`\`yaml fragment
${example}
\`\`\`
`
}
