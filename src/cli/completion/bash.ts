import { type CompletedCommand, optionsOf, valueKindOf } from './words.ts'

/**
 * A script for bash. Names of files are completed by bash itself (`-o default`), which knows how to quote them; where
 * none is wanted that is switched off, in bash 4 and later. Every word in it is ours: letters, digits and hyphens.
 */
export function bashCompletion(commands: readonly CompletedCommand[]): string {
  const names = commands.map(({ name }) => name).join(' ')
  return `# bash completion of claimgate. To have it in every new shell:
#   claimgate completion bash > ~/.local/share/bash-completion/completions/claimgate
# and in this one: eval "$(claimgate completion bash)"

_claimgate_words() {
  compopt +o default 2>/dev/null
  COMPREPLY=( $(compgen -W "$1" -- "$2") )
}

_claimgate() {
  local current=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]}
  COMPREPLY=()
  # \`--option=value\` comes in three words.
  if [[ $current == = ]]; then
    current=
  elif [[ $before == = ]]; then
    before=\${COMP_WORDS[COMP_CWORD-2]}
  fi
  if (( COMP_CWORD == 1 )); then
    _claimgate_words '${names} help --help --version' "$current"
    return
  fi
  case \${COMP_WORDS[1]} in
    help)
      _claimgate_words '${names}' "$current"
      ;;
${commands.map(caseOf).join('\n')}
  esac
}

complete -o default -F _claimgate claimgate
`
}

function caseOf(command: CompletedCommand): string {
  const options = optionsOf(command)
  const spelled = options.flatMap(({ spellings }) => spellings.filter((one) => one.startsWith('--')))
  const values = options.flatMap(({ spellings, spec }) => {
    const action = valueAction(spec)
    return action === null ? [] : [`        ${spellings.join('|')}) ${action}; return ;;`]
  })
  const known = values.length === 0 ? [] : ['      case $before in', ...values, '      esac']
  const offered = `_claimgate_words '${spelled.join(' ')}' "$current"`
  return [`    ${command.name})`, ...known, ...offerLines(command, offered), '      ;;'].join('\n')
}

function valueAction(spec: Parameters<typeof valueKindOf>[0]): string | null {
  switch (valueKindOf(spec)) {
    case 'none':
      return null
    case 'choice':
      return `_claimgate_words '${(spec.choices ?? []).join(' ')}' "$current"`
    case 'file':
    case 'folder':
      // An empty answer: bash completes names of files.
      return ':'
    case 'other':
      return `_claimgate_words '' "$current"`
  }
}

/** Where nothing may stand beside the options, these are offered at once. */
function offerLines({ operands }: CompletedCommand, offered: string): readonly string[] {
  if (operands === undefined) return [`      ${offered}`]
  const { words = [], files = false } = operands
  const lines = ['      if [[ $current == -* ]]; then', `        ${offered}`]
  if (words.length > 0) {
    lines.push(
      '      elif (( COMP_CWORD == 2 )); then',
      `        _claimgate_words '${words.join(' ')}' "$current"`,
    )
  }
  if (!files) lines.push('      else', `        _claimgate_words '' "$current"`)
  return [...lines, '      fi']
}
