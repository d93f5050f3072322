import { checkGroups, checks } from './checks.ts'
import { ignoreFaults } from './ignores.ts'
import { isInCheck, type Kind } from './lint.ts'

const intro = `<!-- Written by \`npm run generate\` from src/lint. Change it there. -->

# Findings of \`claimgate lint\`

\`claimgate check\` finds what is wrong with a file. \`claimgate lint\` finds what is valid and probably not what you mean: a page that is open by mistake, a rule that nobody meets, an address that proves nothing. It judges with the gateway's own rules. It contacts nobody, unless \`--online\` makes it ask the providers for their metadata.

\`\`\`sh
claimgate lint -c claimgate.yaml
claimgate lint --online --fail-on error --sarif lint.sarif
\`\`\`

An **error** is a hole, or a file that cannot work. A **warning** is probably not what you mean. A **note** is worth knowing. The exit status is 1 if there is a finding at or above \`--fail-on\`, which is a warning unless you say something else. It is 2 if the file cannot be read or has faults. Otherwise it is 0.

If you do mean it, say so in a comment, with your reason. The comment stands in the line of the finding or in the line above:

\`\`\`yaml fragment
apps:
  wiki:
    # lint-ignore: app-open because everything here is published anyhow
    require: anyone
\`\`\`

A comment may name several ids, with commas between them. In a SARIF file such findings are suppressed, with the reason.
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
