import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'

type Env = Readonly<Record<string, string | undefined>>

/**
 * Whether the profile that AWS's package would take, or one that it is to begin with (`source_profile`), names a
 * `credential_process`: the name of that profile, or null. Read as AWS's package reads these files ("Shared config and
 * credentials files", AWS SDKs and tools reference), and rather once too often: what is asked for is that no program runs.
 */
export async function profileWithProcess(env: Env): Promise<string | null> {
  const folder = join(env.HOME || homedir(), '.aws')
  const paths = [
    env.AWS_CONFIG_FILE || join(folder, 'config'),
    env.AWS_SHARED_CREDENTIALS_FILE || join(folder, 'credentials'),
  ]
  const texts = await Promise.all(paths.map((path) => textOf(path, env)))
  const lines = texts.flatMap(linesOf)
  const waiting = [env.AWS_PROFILE || 'default']
  // It grows while it is walked: by the profiles that others begin with, each of them once.
  for (const profile of waiting) {
    const own = lines.filter((line) => line.profile === profile)
    if (own.some(({ key }) => key === 'credential_process')) return profile
    for (const { key, value } of own)
      if (key === 'source_profile' && !waiting.includes(value)) waiting.push(value)
  }
  return null
}

/** One that is not there, or cannot be read, names nothing: AWS's package takes it so too. */
async function textOf(path: string, { HOME }: Env): Promise<string> {
  const full = path.startsWith('~/') ? join(HOME || homedir(), path.slice(2)) : path
  try {
    return await readFile(full, 'utf8')
  } catch {
    return ''
  }
}

interface ProfileLine {
  readonly profile: string
  readonly key: string
  readonly value: string
}

function linesOf(text: string): ProfileLine[] {
  const lines: ProfileLine[] = []
  let profile = ''
  for (const raw of text.split(/\r?\n/)) {
    const line = (raw.split(/(?:^|\s)[;#]/, 1)[0] ?? '').trim()
    const equals = line.indexOf('=')
    if (line.startsWith('[') && line.endsWith(']')) profile = nameOf(line.slice(1, -1).trim())
    else if (equals > 0)
      lines.push({
        profile,
        key: line.slice(0, equals).trim().toLowerCase(),
        value: line.slice(equals + 1).trim(),
      })
  }
  return lines
}

/** `[default]` and `[profile NAME]`, the name in quotes where it has blanks. */
function nameOf(section: string): string {
  const name = /^profile\s/.test(section) ? section.slice('profile'.length).trim() : section
  const isQuoted = name.length > 1 && /^["']/.test(name) && name.endsWith(name.charAt(0))
  return isQuoted ? name.slice(1, -1) : name
}
