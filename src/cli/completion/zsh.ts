import type { OptionSpec } from '../command.ts'
import { type CompletedCommand, type CompletedOption, optionsOf, valueKindOf } from './words.ts'

/** A script for zsh: a function for its completion system, to be put into a folder of `$fpath`, or to be evaluated. */
export function zshCompletion(commands: readonly CompletedCommand[]): string {
  const described = commands.map(({ name, summary }) => `    ${quote(`${name}:${summary}`)}`)
  return `#compdef claimgate
# zsh completion of claimgate. To have it in every new shell, in a folder of $fpath:
#   claimgate completion zsh > "\${fpath[1]}/_claimgate"
# and in this one, after compinit: eval "$(claimgate completion zsh)"

_claimgate() {
  local curcontext=$curcontext
  local -a commands
  commands=(
${described.join('\n')}
  )
  if (( CURRENT == 2 )); then
    commands+=('help:how a command is used' '--help:how claimgate is used' '--version:its version')
    _describe -t commands command commands
    return
  fi
  local command=\${words[2]}
  shift words
  (( CURRENT -= 1 ))
  case $command in
    help) _describe -t commands command commands ;;
${commands.map(caseOf).join('\n')}
  esac
}

if [[ \${funcstack[1]} == _claimgate ]]; then
  _claimgate "$@"
else
  compdef _claimgate claimgate
fi
`
}

function caseOf(command: CompletedCommand): string {
  const specs = [...optionsOf(command).map(optionSpec), ...operandSpecs(command)]
  return `    ${command.name})
      _arguments -s \\
${specs.map((spec) => `        ${spec}`).join(' \\\n')}
      ;;`
}

/** `'(-c --config)'{-c+,--config=}'[the configuration]:FILE:_files'` */
function optionSpec({ spellings, spec }: CompletedOption): string {
  const forms = spellings.map(
    (one) => `${one}${spec.type === 'boolean' ? '' : one.startsWith('--') ? '=' : '+'}`,
  )
  const tail = `[${escaped(firstClause(spec.help))}]${valueSpec(spec)}`
  if (spec.multiple === true) return quote(`*${forms.at(-1)}${tail}`)
  const [only, ...more] = forms
  if (more.length === 0) return quote(`${only}${tail}`)
  return `${quote(`(${spellings.join(' ')})`)}{${forms.join(',')}}${quote(tail)}`
}

function valueSpec(spec: OptionSpec): string {
  const called = escaped(spec.value ?? 'VALUE')
  switch (valueKindOf(spec)) {
    case 'none':
      return ''
    case 'choice':
      return `:${called}:(${(spec.choices ?? []).join(' ')})`
    case 'file':
      return `:${called}:_files`
    case 'folder':
      return `:${called}:_files -/`
    case 'other':
      return `:${called}: `
  }
}

function operandSpecs({ operands }: CompletedCommand): readonly string[] {
  const words = operands?.words === undefined ? [] : [quote(`1:word:(${operands.words.join(' ')})`)]
  return operands?.files === true ? [...words, quote('*:file:_files')] : words
}

/** A list shows one line an option. */
function firstClause(help: string): string {
  return /^.*?(?=[;:] | \(|\. |$)/.exec(help)?.[0].trim() ?? ''
}

/** Of what stands between brackets and colons of a specification. */
function escaped(text: string): string {
  return text.replace(/[\\[\]:]/g, '\\$&')
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
