import { type Credential, reservedProviders } from '../../core/credential/credential.ts'
import { nearest } from '../nearest.ts'
import type { ConfigNode, ConfigPath } from '../node.ts'
import { readCredential } from '../schema/credentials.ts'
import { allOrNull, fault, type RuleContext } from './context.ts'
import { type Operands, readTexts } from './operand.ts'

/** What `provider` names; null when reported. */
export function compileProviders(
  node: ConfigNode,
  path: ConfigPath,
  context: RuleContext,
): readonly string[] | null {
  const operands = readNames(node, path, context, 'provider')
  return (
    operands &&
    allOrNull(
      operands.values.map(({ value: name, place: at, isData }) => {
        if (context.providers.includes(name)) return name
        const suggestion = isData ? null : nearest(name, context.providers)
        return fault(context, at, whyNoProvider(name), suggestion)
      }),
    )
  )
}

function whyNoProvider(name: string): string {
  if (name === reservedProviders.apiKeys) return 'vouches for keys, and the file has no `api_keys`'
  if (name === reservedProviders.certificates)
    return 'vouches for certificates, and the file has no `client_certificates`'
  return 'no provider of this name'
}

/** What `credential` names; null when reported. */
export function compileCredentials(
  node: ConfigNode,
  path: ConfigPath,
  context: RuleContext,
): readonly Credential[] | null {
  const operands = readNames(node, path, context, 'credential')
  return (
    operands &&
    allOrNull(
      operands.values.map(({ value: name, place: at, isData }) => {
        const read = readCredential(name)
        if (!read.ok) return fault(context, at, read.message, isData ? null : (read.meant ?? null))
        if (context.credentials.includes(read.value)) return read.value
        return fault(context, at, whyNoCredential[read.value])
      }),
    )
  )
}

const whyNoCredential: Readonly<Record<Credential, string>> = {
  session: 'nobody signs in: no provider of the file has a sign-in',
  bearer: 'nobody can come by an access token: no provider of the file has `bearer`',
  api_key: 'nobody can come by a key: the file has no `api_keys`',
  exchange: 'nobody can come by a pair of a provider: no provider of the file has `exchange`',
  widget: 'nobody can come by the token of a widget: the file has no `api_keys`',
  client_certificate: 'nobody can come by a certificate: the file has no `client_certificates`',
}

/** Names are written out: a list of a file is no part of a rule that says who vouches. */
function readNames(
  node: ConfigNode,
  path: ConfigPath,
  context: RuleContext,
  word: 'provider' | 'credential',
): Operands<string> | null {
  const place = { position: node.at, path }
  if (node.kind === 'map')
    return fault(context, place, `\`${word}\` takes a name or a list of names, no matchers`)
  const operands = readTexts(node, path, context)
  if (operands === null) return null
  const [list] = operands.lists
  if (list === undefined) return operands
  return fault(context, { position: list.at, path }, `names of ${word}s are written out`)
}
