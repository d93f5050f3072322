import type { Command } from '../cli/command.ts'
import { bashCompletion } from '../cli/completion/bash.ts'
import type { CompletedCommand } from '../cli/completion/words.ts'
import { zshCompletion } from '../cli/completion/zsh.ts'
import { optionsHelp, readOptions } from '../cli/options.ts'
import { refuseUsage } from '../cli/program.ts'

const shells = ['bash', 'zsh'] as const

const usage = `Usage: claimgate completion bash|zsh

Prints a script by which a shell completes commands, options and their values. In this shell:

  eval "$(claimgate completion bash)"

In every new one, for bash and for zsh:

  claimgate completion bash > \\
    ~/.local/share/bash-completion/completions/claimgate
  claimgate completion zsh > "\${fpath[1]}/_claimgate"

It completes the word \`claimgate\`: an installed one, not \`npm run\` in a checkout.

${optionsHelp({})}
Exit status: 0, or 2 for wrong usage.
`

/** Knows every other command, so that one that is new is completed too. */
export function completionOf(others: readonly CompletedCommand[]): Command {
  const command: Command = {
    name: 'completion',
    summary: 'print a script by which bash or zsh completes commands',
    usage,
    options: {},
    operands: { words: shells },
    run: async (args, io) => {
      const read = readOptions(command, args, io)
      if (!read.ok) return read.exitCode
      const [shell, ...more] = read.options.positionals
      const known = shells.find((one) => one === shell)
      if (known === undefined || more.length > 0)
        return refuseUsage(command, 'which shell? Say bash or zsh', io)
      io.stdout(scriptOf(known, [...others, command]))
      return 0
    },
  }
  return command
}

function scriptOf(shell: (typeof shells)[number], commands: readonly CompletedCommand[]): string {
  switch (shell) {
    case 'bash':
      return bashCompletion(commands)
    case 'zsh':
      return zshCompletion(commands)
  }
}
