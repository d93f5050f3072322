import type { ConfigPath } from './node.ts'
import { holdsSecret } from './secret-keys.ts'

/** A value that would be filled in elsewhere, and is taken as it stands here. */
interface ForeignReference {
  readonly message: string
  /** How it is written here; null where that is not known, or where the value may be a secret after all. */
  readonly suggestion: string | null
}

/** Keys at the top whose values may come from outside; `tests` tells of made-up people. */
const topKeys: ReadonlySet<string | number | undefined> = new Set([
  ...['listen', 'admin', 'trusted_proxies', 'data', 'auth_prefix', 'providers', 'session', 'policies'],
  ...['api_keys', 'client_certificates', 'defaults', 'apps', 'log', 'pages', 'shadow'],
])

/**
 * What other tools would put a variable or a file in for: `$NAME` of shells, `$(NAME)` of Kubernetes, `%{ENV:NAME}` of
 * Apache, `{$NAME}` of Caddy, `{{ name }}` of templates. Null for every other text. In a rule `{ is: … }` compares
 * with the very text, so there it may stand.
 */
export function foreignReference(value: string, path: ConfigPath): ForeignReference | null {
  if (!topKeys.has(path[0]) || path.includes('is')) return null
  const template = /\{\{.*\}\}/s.test(value)
  if (template) return { message: unfilled, suggestion: null }
  const isSecret = holdsSecret(path)
  const name = variableIn(value)
  if (name !== null) return { message: untaken, suggestion: isSecret ? null : `\${env:${name}}` }
  const inner = isEmbedded(value, path) ? { message: untaken, suggestion: null } : null
  // An address is the only secret with something in it.
  if (isSecret) return ofSecret(value) ?? (path[1] === 'store' ? inner : null)
  return inner
}

const here = `a variable is written "\${env:NAME}", a file "\${file:/path}"`
const untaken = `this looks like a variable, and is taken as it stands: ${here}`
const unfilled = `"{{…}}" is filled in by nobody here, and taken as it stands: ${here}`

const variables: readonly RegExp[] = [
  /^\$([A-Z_][A-Z0-9_]+)$/,
  /^\$env:([A-Za-z_]\w*)$/i,
  /^\$\(([A-Za-z_]\w*)\)$/,
  /^%\{(?:ENV:)?([A-Za-z_]\w*)\}e?$/,
  /^%([A-Z_][A-Z0-9_]+)%$/,
  /^\{(?:\$|env\.)([A-Za-z_]\w*)\}$/,
]

function variableIn(value: string): string | null {
  for (const variable of variables) {
    const name = variable.exec(value)?.[1]
    if (name !== undefined) return name
  }
  return null
}

/** `https://$HOST/`: within a text, where it is no part of a rule. */
function isEmbedded(value: string, path: ConfigPath): boolean {
  // `/$RECYCLE.BIN` is a path.
  if (path[0] === 'policies' || path.includes('require') || path.at(-1) === 'path') return false
  // `$LATEST` is a version of a Lambda function.
  const read = path.at(-1) === 'function' ? value.replace(/:\$LATEST(?:\.PUBLISHED)?$/, '') : value
  return /(?:^|[/:.@=])\$[A-Z_][A-Z0-9_]+(?=$|[/:.@])/.test(read)
}

const folders = '(?:run|etc|var|secrets?|mnt|home|opt|srv|usr|config|vault)'
const file = new RegExp(`^(?:file:(?://)?)?(/${folders}/[\\w./-]+)$`)

/** `Bearer $TOKEN`, `env:TOKEN`, and the name of a file: whoever knows that could seal sessions with it. */
function ofSecret(value: string): ForeignReference | null {
  const path = file.exec(value)?.[1]
  if (path !== undefined) {
    const message = `this names a file, and its name would be the secret: "\${file:…}" puts in what it holds`
    return { message, suggestion: `\${file:${path}}` }
  }
  const isVariable =
    /^(?:env|file|vault|op):\S+$/i.test(value) || /^[A-Za-z]+ \$[A-Z_][A-Z0-9_]+$/.test(value)
  return isVariable ? { message: untaken, suggestion: null } : null
}
