import { type RequestPhase, requestPhases } from '../http/request-phases.ts'
import { code, table } from './table.ts'

/** docs/request.md: the life of a request, from the phases that stand beside the code. */
export function toRequestPage(): string {
  return [intro, overview(), ...requestPhases.map(section)].join('\n')
}

const intro = `<!-- Written by \`npm run generate\` from src/http/request-phases.ts. Change it there. -->

# The life of a request

This page says what happens to a request between its first byte and its line in the log. For each
phase it names the files, says who may end the request there, and what is known afterwards.
\`claimgate explain\` goes through the same phases, from "form" to "decision", with a request that
nobody sent. The [reference](reference.md) says what each reason means.
[Decision 1](decisions/0001-layers.md) says why the folders are as they are.
`

function overview(): string {
  const rows = requestPhases.map(({ name, files, endsWith }, at) => [
    `${at + 1}. [${name}](#${at + 1}-${name.replaceAll(' ', '-')})`,
    code(`src/${files[0] ?? ''}`),
    countText(endsWith.length),
  ])
  return table(['phase', 'begins in', 'can it end a request?'], rows)
}

function countText(count: number): string {
  if (count === 0) return 'no'
  return count === 1 ? 'yes, with one reason' : `yes, with ${count} reasons`
}

function section({ name, files, does, endsWith, known }: RequestPhase, at: number): string {
  const links = files.map((file) => `[${file}](../src/${file})`).join(' · ')
  const ends = endsWith.length === 0 ? '' : `\nIt can end a request with: ${endsWith.map(code).join(', ')}.\n`
  return `## ${at + 1}. ${name}

${links}

${does}
${ends}
What is known then: ${known.charAt(0).toLowerCase()}${known.slice(1)}
`
}
