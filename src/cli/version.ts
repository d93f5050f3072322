import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** The folder of the checkout or of the installed package, without a last slash. */
export const packageRoot: string = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '')

/** The version that the package bears. */
export function readVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  const parsed: unknown = JSON.parse(text)
  return parsed !== null && typeof parsed === 'object' && 'version' in parsed
    ? String(parsed.version)
    : 'unknown'
}
