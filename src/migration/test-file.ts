import type { Json } from '../core/json.ts'
import type { Example } from './proof/examples.ts'
import { entryLines, type YamlValue } from './yaml.ts'

/** A file of rule tests, to stand beside the configuration; null where there is nothing to test. */
export function testFileText(
  examples: readonly Example[],
  source: string,
  severalProviders: boolean,
): string | null {
  if (examples.length === 0) return null
  const lines = [
    `# Written by \`claimgate convert\` from ${source}: of each location somebody who is let in and somebody who is kept out.`,
    '# Run by `claimgate test`; people and claims are made up of the rules. Put real ones in their place.',
    'cases:',
    ...examples.flatMap((example) => caseLines(example, severalProviders)),
  ]
  return `${lines.join('\n')}\n`
}

function caseLines(example: Example, severalProviders: boolean): readonly string[] {
  const { name, method, url, provider, claims, clientAddress, credential, expect } = example
  const request: YamlValue = { method, url, client_ip: clientAddress }
  const entries: readonly (readonly [string, YamlValue])[] = [
    ['as', claims === null ? 'nobody' : yamlOf(claims)],
    ...(severalProviders && claims !== null ? [['provider', provider] as const] : []),
    ...(credential === undefined ? [] : [['credential', credential] as const]),
    ['request', request],
    ['expect', expect],
  ]
  return [
    `  - ${entryLines('name', name, 0)[0] ?? ''}`,
    ...entries.flatMap(([key, value]) => entryLines(key, value, 4)),
  ]
}

/** Claims hold no `null` here that matters: what is not there is left out. */
function yamlOf(value: Json): YamlValue {
  if (value === null) return 'null'
  if (Array.isArray(value)) return value.map(yamlOf)
  if (typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, yamlOf(inner)]))
}
