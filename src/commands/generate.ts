import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { Command } from '../cli/command.ts'
import { readOptions } from '../cli/options.ts'
import { toJsonSchema, toReferencePage, toTestsJsonSchema } from '../config/document.ts'
import { toLintPage } from '../lint/page.ts'
import { withLimits } from '../reference/limits-section.ts'
import { breakLines } from '../reference/prose.ts'
import { toRequestPage } from '../reference/request-page.ts'
import { toSentencesPage } from '../reference/sentences-page.ts'
import { toWordsPage } from '../reference/words-page.ts'

/** The files of the repository that are written from the schema and other tables of the code, by their path from its root. */
export const generatedFiles: ReadonlyMap<string, () => string> = new Map([
  ['config/claimgate.schema.json', toJsonSchema],
  ['config/claimgate-tests.schema.json', toTestsJsonSchema],
  ['docs/configuration.md', () => breakLines(toReferencePage())],
  ['docs/lint.md', () => breakLines(toLintPage())],
  ['docs/reference.md', () => breakLines(toWordsPage())],
  ['docs/request.md', () => breakLines(toRequestPage())],
  ['docs/sentences.md', () => breakLines(toSentencesPage())],
  ['docs/security.md', () => withLimits(readFileSync(pathOf('docs/security.md'), 'utf8'))],
])

const pathOf = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url))

const usage = `claimgate generate

For developers, in a checkout: writes the files that come from the schema.
`

export const command: Command = {
  name: 'generate',
  summary: 'write the generated files of the repository',
  usage,
  options: {},
  async run(args, io) {
    const read = readOptions(command, args, io)
    if (!read.ok) return read.exitCode
    for (const [path, write] of generatedFiles) {
      await writeFile(pathOf(path), write())
      io.stdout(`${path}\n`)
    }
    return 0
  },
}
