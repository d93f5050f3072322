import type { OptionSpecs } from './command.ts'

/** What a terminal shows in one line everywhere. */
const columns = 80

export const helpOption = {
  help: { type: 'boolean', short: 'h', help: 'this text' },
} as const satisfies OptionSpecs

/** The rows of `--help` for a command's options, each line at most 80 characters, with a final newline. */
export function optionsHelp(specs: OptionSpecs): string {
  const all: OptionSpecs = { ...specs, ...helpOption }
  const rows = Object.entries(all).map(
    ([name, { short, value = '', help }]) =>
      [`${short === undefined ? '    ' : `-${short}, `}--${name} ${value}`.trimEnd(), help] as const,
  )
  const width = Math.max(...rows.map(([option]) => option.length))
  const lines = rows.flatMap(([option, help]) =>
    wrap(help.split(' '), columns - width - 4).map(
      (line, i) => `  ${(i === 0 ? option : '').padEnd(width)}  ${line}`,
    ),
  )
  return `${lines.join('\n')}\n`
}

/**
 * A usage text as a terminal of 80 columns shows it. Paragraphs are filled anew, however the source wraps them. A line
 * that begins with `Usage:` or a blank stays a line of its own; where it is too long, it goes on further to the right.
 */
export function fillUsage(usage: string): string {
  const lines: string[] = []
  let paragraph: string[] = []
  const endParagraph = (): void => {
    lines.push(...wrap(paragraph.join(' ').split(' '), columns))
    paragraph = []
  }
  for (const line of usage.trimEnd().split('\n')) {
    if (line !== '' && !/^(?:\s|Usage:)/.test(line)) {
      paragraph.push(line)
      continue
    }
    if (paragraph.length > 0) endParagraph()
    lines.push(...wrapSynopsis(line))
  }
  if (paragraph.length > 0) endParagraph()
  return `${lines.join('\n')}\n`
}

/** `[-c FILE]` stays together. */
function wrapSynopsis(line: string): readonly string[] {
  if (line.length <= columns) return [line]
  const indent = ' '.repeat((/^(?:Usage: )?\s*/.exec(line)?.[0].length ?? 0) + 2)
  const words = line.trimStart().match(/\[[^\]]*\]|\S+/g) ?? []
  const first = /^\s*/.exec(line)?.[0] ?? ''
  const filled = wrap(words, columns - indent.length)
  return filled.map((part, i) => `${i === 0 ? first : indent}${part}`)
}

function wrap(words: readonly string[], most: number): readonly string[] {
  const lines: string[] = []
  for (const word of words) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + word.length < most) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}
