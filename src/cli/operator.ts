import { hostname, userInfo } from 'node:os'

/** Who runs a command, for the log: the system user and the machine. In a container without names the user's number. */
export function whoRuns(): { readonly operator: string; readonly machine: string } {
  return { operator: systemUser(), machine: hostname() }
}

function systemUser(): string {
  try {
    return userInfo().username
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}`
  }
}
