import type { ReadingFault, Setting } from './setting.ts'
import { isProgram, type Word } from './words.ts'

/** Options of `docker run` that stand alone; every other one has a value. */
const alone =
  /^--(?:detach|disable-content-trust|env-host|help|init|interactive|no-healthcheck|oom-kill-disable|privileged|publish-all|quiet|read-only|replace|rm|sig-proxy|tty|tls-verify)$/

/** What a command line says, in the two ways that oauth2-proxy is told. */
export interface CommandWords {
  /** `NAME=value`, or a `NAME` whose value is that of the shell. */
  readonly variables: readonly Word[]
  readonly flags: readonly Word[]
  readonly more: readonly Setting[]
  readonly faults: readonly ReadingFault[]
}

export function isContainerTool(word: string): boolean {
  return /(?:^|\/)(?:docker|podman|nerdctl)$/.test(word)
}

/**
 * `docker run [OPTIONS] IMAGE FLAGS…`: the variables that `-e` gives to the container, the files that `--env-file`
 * names, and the flags behind the image. Where the command ends, nothing else may follow.
 */
export function containerWords(words: readonly Word[], file: string): CommandWords {
  const second = words.findIndex(({ isFirst }, index) => isFirst && index > 0)
  const own = second === -1 ? words : words.slice(0, second)
  const start = own[1]?.text === 'container' ? 3 : 2
  const fault = (word: Word | undefined, message: string): ReadingFault => ({
    at: { file, line: word?.line ?? 1, column: word?.column ?? 1 },
    message,
  })
  const another = words[second]
  const faults = another === undefined || second === -1 ? [] : [fault(another, anotherCommand)]
  if (!/^(?:run|create)$/.test(own[start - 1]?.text ?? ''))
    return {
      ...nothing,
      faults: [fault(own[1], 'expected "run": nothing else starts oauth2-proxy'), ...faults],
    }
  const { variables, more, image, unread } = optionsOf(own, start, file)
  faults.push(...unread)
  if (own[image] === undefined) faults.push(fault(own[0], 'the image is missing'))
  else if (own[image].text.includes('=')) faults.push(fault(own[image], 'expected the image'))
  const args = own.slice(image + 1)
  return { variables, more, flags: isProgram(args[0]?.text ?? '') ? args.slice(1) : args, faults }
}

const anotherCommand = 'another command begins here: leave that of oauth2-proxy in the file, alone'
const nothing = { variables: [], flags: [], more: [] }

interface ContainerOptions {
  readonly variables: readonly Word[]
  readonly more: readonly Setting[]
  /** Where the image stands. */
  readonly image: number
  readonly unread: readonly ReadingFault[]
}

function optionsOf(words: readonly Word[], start: number, file: string): ContainerOptions {
  const variables: Word[] = []
  const more: Setting[] = []
  const unread: ReadingFault[] = []
  let index = start
  for (; index < words.length; index += 1) {
    const word = words[index]
    if (word === undefined || !/^-./.test(word.text)) break
    const { option, attached } = splitOption(word.text)
    const following = words[index + 1]
    const value = attached === null ? following : { ...word, text: attached }
    const at = { file, line: word.line, column: word.column }
    if (option === '--env-host')
      unread.push({ at, message: `${option} gives the container variables that are not here` })
    if (attached === null && standsAlone(option)) continue
    // An option that is not known may stand alone: what follows it must not be taken for its value.
    if (attached === null && /^-[A-Za-z-]/.test(following?.text ?? ''))
      unread.push({ at, message: `${option} lacks its value, or is not known here: leave it out` })
    if (attached === null) index += 1
    if (value === undefined) continue
    if (/^(?:-[dtiqP]*e|--env)$/.test(option)) variables.push(value)
    if (option === '--env-file') {
      more.push({ key: 'env_file', name: option, values: [value.text], origin: 'flag', at })
    }
  }
  return { variables, more, image: index, unread }
}

/** `--env=NAME=value`, `-eNAME=value` and `-p80:80` have their value in the same word. */
function splitOption(text: string): { readonly option: string; readonly attached: string | null } {
  const [, long, value] = /^(--[^=]+)=([\s\S]*)$/.exec(text) ?? []
  if (long !== undefined) return { option: long, attached: value ?? '' }
  if (text.startsWith('--') || /^-[dtiqP]*[A-Za-z]$/.test(text)) return { option: text, attached: null }
  const [, short = text, rest = ''] = /^(-[dtiqP]*[A-Za-z])=?([\s\S]*)$/.exec(text) ?? []
  return { option: short, attached: rest }
}

function standsAlone(option: string): boolean {
  return alone.test(option) || /^-[dtiqP]+$/.test(option)
}
