import { type RequestPhase, requestPhases } from '../http/request-phases.ts'
import { code, table } from './table.ts'

/** docs/request.md: the life of a request, from the phases that stand beside the code. */
export function toRequestPage(): string {
  return [intro, overview(), ...requestPhases.map(section)].join('\n')
}

const intro = `<!-- Written by \`npm run generate\` from src/http/request-phases.ts. Change it there. -->

# The life of a request

What happens to a request between its first byte and its line in the log: in which order, in which file, who may end it, and what
is known afterwards. \`claimgate explain\` asks the same phases from "form" to "decision" about a request that nobody sent. What each reason means stands in the
[reference](reference.md); why the folders are as they are, in [decision 1](decisions/0001-layers.md).
`

function overview(): string {
  const rows = requestPhases.map(({ name, files, endsWith }, at) => [
    `${at + 1}. [${name}](#${at + 1}-${name.replaceAll(' ', '-')})`,
    code(`src/${files[0] ?? ''}`),
    countText(endsWith.length),
  ])
  return table(['phase', 'begins in', 'may it end a request'], rows)
}

function countText(count: number): string {
  if (count === 0) return 'no'
  return count === 1 ? 'yes, with one reason' : `yes, with ${count} reasons`
}

function section({ name, files, does, endsWith, known }: RequestPhase, at: number): string {
  const links = files.map((file) => `[${file}](../src/${file})`).join(' · ')
  const ends = endsWith.length === 0 ? '' : `\nEnds a request with: ${endsWith.map(code).join(', ')}.\n`
  return `## ${at + 1}. ${name}

${links}

${does}
${ends}
Known after it: ${known.charAt(0).toLowerCase()}${known.slice(1)}
`
}
