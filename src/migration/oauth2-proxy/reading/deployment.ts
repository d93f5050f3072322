import type { ReadingFault } from './setting.ts'

/** Files that start oauth2-proxy and hold its settings in several places, by what only they have. */
const kinds: readonly (readonly [string, RegExp])[] = [
  ['a compose file', /^services:/m],
  ['a Kubernetes manifest', /^apiVersion:/m],
  [
    'a file of values for a Helm chart',
    /^(?:\w+:\s*\n\s+)?(?:extraArgs|extraEnv|configFile|existingConfig|alphaConfig):/m,
  ],
  [
    'a file of values for a Helm chart',
    /^config:\s*(?:#.*)?\n(?:\s+.*\n)*?\s+(?:clientID|configFile|existingSecret|existingConfig)\s*:/m,
  ],
  ['a unit file of systemd', /^\[(?:Unit|Service|Container)\]/m],
  ['a Dockerfile', /^FROM\s+\S/m],
]

/** Where settings of oauth2-proxy stand in such a file. */
const places: readonly (readonly [string, RegExp])[] = [
  ['flags are found here', /(?:^|[\s"'])--[a-z][\w-]+/],
  ['variables are found here', /OAUTH2_PROXY_\w/],
  [
    'settings are found here',
    /^\s*(?:-\s+)?(?:env_file|envFrom|EnvironmentFile|config|configFile|existingConfig|alphaConfig|extraArgs|extraEnv)\s*[:=]/,
  ],
]

/** What a text is that says more than an oauth2-proxy was told; null for its own files. */
function deploymentKind(text: string): string | null {
  return kinds.find(([, pattern]) => pattern.test(text))?.[0] ?? null
}

/** Such a file is refused whole, with the places where settings stand: none of them may be overlooked. */
export function deploymentFaults(text: string, file: string): readonly ReadingFault[] {
  const kind = deploymentKind(text)
  if (kind === null) return []
  const lines = text.split('\n')
  const found = lines.map(
    (line) => places.find(([, pattern]) => !/^\s*#/.test(line) && pattern.test(line))?.[0],
  )
  const first = found.findIndex((place) => place !== undefined)
  const head = `this is ${kind}, which is not read: copy its list of flags and its list of variables into files of their own, and name them together with every file that it names`
  return [
    { at: { file, line: Math.max(first, 0) + 1, column: 1 }, message: head },
    ...found.flatMap((message, index) => {
      if (message === undefined || message === found[index - 1]) return []
      const column = (lines[index] ?? '').search(/\S/) + 1
      return [{ at: { file, line: index + 1, column }, message }]
    }),
  ]
}
