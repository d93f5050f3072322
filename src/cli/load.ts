import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { printIssue } from '../config/issue.ts'
import { type LoadOptions, loadGateway } from '../config/load.ts'
import type { MadeUp } from '../config/made-up.ts'
import type { Gateway } from '../core/gateway.ts'
import { nowOf } from './clock.ts'
import type { Io } from './command.ts'
import {
  configFile,
  configOption,
  defaultFile,
  jsonBelow,
  madeUpSecretsOption,
  type Options,
} from './options.ts'
import { commandLine, demoLine } from './program.ts'

export interface LoadedForCommand {
  readonly gateway: Gateway
  readonly warnings: readonly string[]
  /** Of the files that decide who gets in: see config/digest. */
  readonly digest: string
}

/**
 * Reads the configuration for a command that needs a good one. Otherwise every fault is on stderr and null comes
 * back: exit status 2.
 */
export function loadOrReport(
  file: string,
  io: Io,
  around: Pick<LoadOptions, 'readFile' | 'madeUp' | 'mayBeOpen'> = {},
): LoadedForCommand | null {
  const loaded = loadGateway(file, io.env, { cwd: io.cwd, now: nowOf(io), ...around })
  if (loaded.ok) {
    const { gateway, warnings, digest } = loaded
    return { gateway, warnings: warnings.map(printIssue), digest: digest.digest }
  }
  for (const issue of loaded.issues) io.stderr(`${printIssue(issue)}\n`)
  if (loaded.unreadable) io.stderr(firstSteps(file, io))
  return null
}

/** For whoever has no configuration yet; nothing when one was named, or is there and cannot be read. */
export function firstSteps(file: string, io: Pick<Io, 'cwd' | 'program' | 'env'>): string {
  if (file !== defaultFile(io.env) || existsSync(resolve(io.cwd, file))) return ''
  return `To write a first one: ${commandLine(io, 'init', '--help')}
To see it work before: ${demoLine(io)}
`
}

/** The options of commands that ask what a configuration says, and need none of its secrets for it. */
export const askingOptions = { ...madeUpSecretsOption, ...configOption, ...jsonBelow } as const

/** What may be missing or open for a command that asks about rules: secrets always, the rest when it is said. */
export function toAsk(options: Options): Pick<LoadOptions, 'madeUp' | 'mayBeOpen'> {
  return { madeUp: options.flag('made-up-secrets') ? 'all-but-rules' : 'secrets', mayBeOpen: true }
}

/** What may be missing for a command that looks a whole file over: nothing, unless it is said. */
export function madeUpIfSaid(options: Options): { readonly madeUp?: MadeUp } {
  return options.flag('made-up-secrets') ? { madeUp: 'all-but-rules' } : {}
}

/** As `loadOrReport`, by these options. */
export function loadToAsk(options: Options, io: Io): Gateway | null {
  return loadRules(configFile(options, io.env), options, io)
}

/** As `loadToAsk`, of a file that is named otherwise. */
export function loadRules(file: string, options: Options, io: Io): Gateway | null {
  return loadOrReport(file, io, toAsk(options))?.gateway ?? null
}
