import type { Command } from '../cli/command.ts'
import { type OptionSpecs, optionsHelp, readOptions } from '../cli/options.ts'
import { toJsonSchema, toTestsJsonSchema } from '../config/document.ts'

const specs = {
  tests: { type: 'boolean', help: 'the schema of test files, *.test.yaml, instead' },
  json: { type: 'boolean', help: 'no difference: it is JSON already' },
} as const satisfies OptionSpecs

const usage = `Usage: claimgate schema [--tests]

Prints the JSON Schema of the configuration (draft 2020-12), by which editors complete and explain
keys.

  claimgate schema > claimgate.schema.json

and as the first line of claimgate.yaml, for editors with the YAML language server (VS Code, Neovim,
Emacs, Helix …):

  # yaml-language-server: $schema=./claimgate.schema.json

In the editors of JetBrains: Settings, Languages & Frameworks, Schemas and DTDs, JSON Schema
Mappings.
The schema knows the form; \`claimgate check\` knows the rest.

${optionsHelp(specs)}
Exit status: 0, or 2 for wrong usage.
`

export const command: Command = {
  name: 'schema',
  summary: 'print the JSON Schema of the configuration',
  usage,
  options: specs,
  run: async (args, io) => {
    // What it prints is JSON anyway.
    const read = readOptions(command, args, io)
    if (!read.ok) return read.exitCode
    io.stdout(read.options.flag('tests') ? toTestsJsonSchema() : toJsonSchema())
    return 0
  },
}
