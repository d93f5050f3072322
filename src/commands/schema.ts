import { toJsonSchema } from '../config/document.ts'
import type { Command } from './command.ts'
import { readOptions } from './options.ts'

const usage = `Usage: claimgate schema

Prints the JSON Schema of the configuration (draft 2020-12), by which editors complete and explain
keys.

  claimgate schema > claimgate.schema.json

and as the first line of claimgate.yaml, for editors with the YAML language server (VS Code, Neovim,
Emacs, Helix …):

  # yaml-language-server: $schema=./claimgate.schema.json

In the editors of JetBrains: Settings, Languages & Frameworks, Schemas and DTDs, JSON Schema
Mappings.
The schema knows the form; \`claimgate check\` knows the rest.

  -h, --help          this text

Exit status: 0, or 2 for wrong usage.
`

export const command: Command = {
  name: 'schema',
  summary: 'print the JSON Schema of the configuration',
  usage,
  run: async (args, io) => {
    // What it prints is JSON anyway.
    const read = readOptions(command, { json: { type: 'boolean' } }, args, io)
    if (!read.ok) return read.exitCode
    io.stdout(toJsonSchema())
    return 0
  },
}
