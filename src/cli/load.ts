import type { ReadFile } from '../config/files.ts'
import { printIssue } from '../config/issue.ts'
import { loadGateway } from '../config/load.ts'
import type { Gateway } from '../core/gateway.ts'
import type { Io } from './command.ts'
import { madeUp } from './made-up-secrets.ts'
import { configFile, configOption, jsonBelow, madeUpSecretsOption, type Options } from './options.ts'

/**
 * Reads the configuration for a command that needs a good one. Otherwise every fault is on stderr and null comes
 * back: exit status 2.
 */
export function loadOrReport(
  file: string,
  io: Io,
  around: Pick<Io, 'env'> & { readonly readFile?: ReadFile } = io,
): { readonly gateway: Gateway; readonly warnings: readonly string[] } | null {
  const { env, readFile } = around
  const loaded = loadGateway(file, env, { cwd: io.cwd, ...(readFile === undefined ? {} : { readFile }) })
  if (loaded.ok) return { gateway: loaded.gateway, warnings: loaded.warnings.map(printIssue) }
  for (const issue of loaded.issues) io.stderr(`${printIssue(issue)}\n`)
  return null
}

/** The options of commands that ask what a configuration says, and need none of its secrets for it. */
export const askingOptions = { ...madeUpSecretsOption, ...configOption, ...jsonBelow } as const

/** As `loadOrReport`, by these options. */
export function loadToAsk(options: Options, io: Io): Gateway | null {
  const file = configFile(options, io.env)
  const around = options.flag('made-up-secrets') ? madeUp(file, io) : io
  return loadOrReport(file, io, around)?.gateway ?? null
}
