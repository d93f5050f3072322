import type { Json } from '../../core/json.ts'
import type { Claims } from '../../core/rules/claims.ts'
import { type ConfigNode, type MapNode, pathText } from '../node.ts'
import type { Place } from '../place.ts'
import { isPlainDecimal } from '../rules/operand.ts'

/**
 * Claims as a file writes them. A number that YAML reads otherwise than it is written is a fault, as in rules: a test
 * would prove something about another person. `sub`, which every provider sends, is `name` when it is not written.
 */
export function readClaims(node: MapNode, place: Place, name: string): Claims | null {
  const faults = numberFaults(node, place)
  const written = Object.fromEntries(node.entries.map(({ key, value }) => [key, toJson(value)]))
  return faults ? null : { sub: name, ...written }
}

function numberFaults(node: ConfigNode, place: Place): boolean {
  switch (node.kind) {
    case 'map':
      return node.entries
        .map(({ key, value }) => numberFaults(value, { ...place, path: [...place.path, key] }))
        .includes(true)
    case 'list':
      return node.items
        .map((item, index) => numberFaults(item, { ...place, path: [...place.path, index] }))
        .includes(true)
    // Reading has refused it: no list of lines stands in a claim.
    case 'lines':
      return true
    case 'scalar': {
      if (typeof node.value !== 'number' || isPlainDecimal(node.source)) return false
      const message = `YAML reads ${node.source} as a number, and not as it is written: put it in quotes`
      place.report({ position: node.at, path: pathText(place.path), message, suggestion: null })
      return true
    }
  }
}

function toJson(node: ConfigNode): Json {
  switch (node.kind) {
    case 'scalar':
      return node.value
    case 'lines':
      return node.entries
    case 'list':
      return node.items.map(toJson)
    case 'map':
      return Object.fromEntries(node.entries.map(({ key, value }) => [key, toJson(value)]))
  }
}

const longestText = 60

/** As it stands in the file, in one line: `{groups: [ops], level: 3}`. */
export function flowText(node: ConfigNode): string {
  const text = flow(node)
  return text.length <= longestText ? text : `${text.slice(0, longestText).toWellFormed()}…`
}

function flow(node: ConfigNode): string {
  switch (node.kind) {
    case 'scalar':
      return node.interpolated || typeof node.value !== 'string' ? node.source : node.value
    case 'lines':
      return `\${lines:${node.file}}`
    case 'list':
      return `[${node.items.map(flow).join(', ')}]`
    case 'map':
      return `{${node.entries.map(({ key, value }) => `${key}: ${flow(value)}`).join(', ')}}`
  }
}
