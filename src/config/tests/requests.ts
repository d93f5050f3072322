import type { Gateway } from '../../core/gateway.ts'
import { readAddress } from '../../core/request/address.ts'
import { type ConfigNode, nodeAt, type Position, pathText, positionOf } from '../node.ts'
import type { Place } from '../place.ts'
import { caseKeys, requestKeys, requestLine } from '../schema/tests.ts'
import { checkKeys, checkValue } from '../validate.ts'
import type { RuleTest } from './rule-test.ts'

/** One request as a case writes it, its address made absolute. */
export interface ReadRequest extends Pick<RuleTest, 'method' | 'url' | 'headers' | 'clientAddress'> {
  readonly position: Position
}

/** The value of `request`: one or a list; null when one of them was faulty, and reported. */
export function readRequests(place: Place, gateway: Gateway | null): readonly ReadRequest[] | null {
  const node = nodeAt(place.root, place.path)
  if (node?.kind !== 'list') return listOrNull([readRequest(node, place, gateway)])
  if (node.items.length === 0) {
    checkValue(caseKeys.request, node, place)
    return null
  }
  return listOrNull(
    node.items.map((item, index) => readRequest(item, { ...place, path: [...place.path, index] }, gateway)),
  )
}

function listOrNull(requests: readonly (ReadRequest | null)[]): readonly ReadRequest[] | null {
  const complete = requests.filter((request) => request !== null)
  return complete.length === requests.length ? complete : null
}

function readRequest(
  node: ConfigNode | undefined,
  place: Place,
  gateway: Gateway | null,
): ReadRequest | null {
  const position = positionOf(place.root, place.path)
  if (node?.kind === 'map') return readMapping(place, position, gateway)
  const read = checkValue(requestLine, node, place)
  if (!read.ok) return null
  const [method = '', address = ''] = read.value.split(' ')
  const url = absolute(address, place, gateway)
  return url === null ? null : { position, method, url, headers: null, clientAddress: null }
}

function readMapping(place: Place, position: Position, gateway: Gateway | null): ReadRequest | null {
  const { method, url: written, client_ip: ip, headers } = checkKeys(requestKeys, place)
  if (ip !== undefined && readAddress(ip) === null) {
    fault({ ...place, path: [...place.path, 'client_ip'] }, 'no IP address: expected such as 192.0.2.1')
  }
  const at = { ...place, path: [...place.path, 'url'] }
  const url = written === undefined ? null : absolute(written, at, gateway)
  if (method === undefined || url === null) return null
  const lowered = Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), value])
  return {
    position,
    method,
    url,
    headers: headers === undefined ? null : Object.fromEntries(lowered),
    clientAddress: ip ?? null,
  }
}

/** An address with its origin: a path alone will do where there is but one origin. */
function absolute(address: string, place: Place, gateway: Gateway | null): string | null {
  if (!address.startsWith('/')) {
    if (URL.canParse(address)) return address
    return fault(place, 'is no address that a browser could ask for')
  }
  if (gateway === null) return `https://unknown.invalid${address}`
  const [origin, ...others] = new Set([...gateway.hosts.values()].map((site) => site.origin))
  if (origin === undefined || others.length > 0) {
    return fault(place, 'a path alone will do where all apps share one origin: write the whole address')
  }
  return origin + address
}

function fault({ root, path, report }: Place, message: string): null {
  report({ position: positionOf(root, path), path: pathText(path), message, suggestion: null })
  return null
}
