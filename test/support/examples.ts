// The configurations of the repository, as an operator would load them: every variable has a value.
import { globSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { printIssue } from '../../src/config/issue.ts'
import { loadGateway } from '../../src/config/load.ts'
import type { Gateway } from '../../src/core/gateway.ts'

export const root = fileURLToPath(new URL('../../', import.meta.url))

/** Tests of rules, compose's own file, templates of AWS, and what test/system/kubernetes runs: its secrets are files. */
const isNoGateway = (name: string): boolean =>
  /(?:\.test|compose)\.yaml$|^(?:aws|kubernetes|compose-redis)$/.test(basename(name))

export const exampleFiles: readonly string[] = [
  'config/claimgate.yaml',
  ...globSync('config/examples/**/*.yaml', { cwd: root, exclude: isNoGateway }),
].sort()

/** A value for every variable that a file must find; no two are equal, none is a pattern. */
export function variablesOf(text: string): Readonly<Record<string, string>> {
  const names = [...text.matchAll(/\$\{env:(\w+)\}/g)].map(([, name = '']) => name)
  return Object.fromEntries(names.map((name) => [name, `${name}/aB3dE5fG7hI9jK1lM3nO5pQ7rS9tU1vW`]))
}

export function environmentOf(file: string): Readonly<Record<string, string>> {
  return variablesOf(readFileSync(`${root}${file}`, 'utf8'))
}

export function loadExample(file: string): Gateway {
  const loaded = loadGateway(file, environmentOf(file), { cwd: root })
  if (!loaded.ok) throw new Error(loaded.issues.map(printIssue).join('\n'))
  return loaded.gateway
}
