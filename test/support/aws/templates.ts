// CloudFormation templates, read as CloudFormation reads them, and held against AWS's own specification of resources.
import { readFileSync } from 'node:fs'
import { loadAwsServiceSpecSync } from '@aws-cdk/aws-service-spec'
import { parseDocument, type ScalarTag } from 'yaml'
import { isObject } from '../../../src/core/json.ts'
import { root } from '../examples.ts'

export const templateFolder = 'config/examples/aws/'

type Mapping = Readonly<Record<string, unknown>>

export interface Template {
  readonly name: string
  readonly parameters: Mapping
  readonly resources: Mapping
  readonly outputs: Mapping
}

/** `!Ref X` is `{Ref: X}`, any other `!Name` is `{"Fn::Name": …}`; `!GetAtt A.B` names two. */
const shortTags: readonly ScalarTag[] = ['Ref', 'GetAtt', 'Sub'].map((name) => ({
  tag: `!${name}`,
  resolve: (text: string) =>
    name === 'Ref' ? { Ref: text } : { [`Fn::${name}`]: name === 'GetAtt' ? text.split('.') : text },
}))

export function readTemplate(name: string): Template {
  const document = parseDocument(readFileSync(`${root}${templateFolder}${name}`, 'utf8'), {
    version: '1.1',
    customTags: [...shortTags],
  })
  if (document.errors.length > 0) throw new Error(`${name}: ${document.errors}`)
  const whole: unknown = document.toJS()
  return {
    name,
    parameters: objectAt(whole, 'Parameters'),
    resources: objectAt(whole, 'Resources'),
    outputs: objectAt(whole, 'Outputs'),
  }
}

/** What stands at a path of names, and of indices as text; null where nothing does. */
export function at(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce((one, key) => {
    if (Array.isArray(one)) return one[Number(key)] ?? null
    return isObject(one) ? (one[key] ?? null) : null
  }, value)
}

export function objectAt(value: unknown, ...path: readonly string[]): Mapping {
  const found = at(value, ...path)
  if (!isObject(found)) throw new Error(`no object at ${path.join('.')}`)
  return found
}

/** What the parameters of the templates may be. */
const parameterValues: Readonly<Record<string, string>> = {
  PublicUrl: 'https://wiki.example.com',
  Issuer: 'https://login.example.com',
  ClientId: 'wiki',
  VpcCidr: '10.0.0.0/16',
  FunctionArn: 'arn:aws:lambda:eu-west-1:123456789012:function:wiki-prod-wiki:live',
  ClientSecretArn: 'the-client-secret-of-a-template',
  SessionSecretArn: 'a-session-secret-of-a-template-of-44-characters',
}

/** A secret of Secrets Manager, which CloudFormation reads as it deploys. */
const resolved = /^\{\{resolve:secretsmanager:\$\{(\w+)\}:SecretString\}\}$/

/** The environment that a template gives the gateway's container or function: a secret is what its ARN leads to. */
export function environmentOfTemplate(
  { resources }: Template,
  values: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  const container =
    at(resources, 'Gateway', 'Properties', 'PrimaryContainer') ??
    at(resources, 'Task', 'Properties', 'ContainerDefinitions', '0')
  const variables = at(resources, 'Gateway', 'Properties', 'Environment', 'Variables')
  const listed = [at(container, 'Environment') ?? [], at(container, 'Secrets') ?? []].flat()
  const pairs: readonly (readonly [string, unknown])[] = isObject(variables)
    ? Object.entries(variables)
    : listed.map((one) => [String(at(one, 'Name')), at(one, 'Value') ?? at(one, 'ValueFrom')])
  return Object.fromEntries(
    pairs.map(([name, value]) => {
      const parameter = resolved.exec(String(at(value, 'Fn::Sub')))?.[1] ?? String(at(value, 'Ref'))
      const given = isObject(value) ? (values[parameter] ?? parameterValues[parameter]) : String(value)
      if (given === undefined) throw new Error(`${name}: no value for ${parameter}`)
      return [name, given]
    }),
  )
}

/** `['Ref', 'Image']` for `{Ref: 'Image'}`; null for anything that is no function of CloudFormation. */
function intrinsic(value: unknown): readonly [string, unknown] | null {
  if (!isObject(value)) return null
  const [entry, ...others] = Object.entries(value)
  if (entry === undefined || others.length > 0) return null
  return entry[0] === 'Ref' || entry[0].startsWith('Fn::') ? [entry[0], entry[1] ?? null] : null
}

const specification = loadAwsServiceSpecSync()

type Resource = ReturnType<typeof resourceOf>
type PropertyType = NonNullable<Resource>['properties'][string]['type']

function resourceOf(type: unknown) {
  const [found] = specification.lookup('resource', 'cloudFormationType', 'equals', String(type))
  return found ?? null
}

/** What is wrong with a template, each with its place: types, names, required properties, values and references. */
export function faultsOf(template: Template): readonly string[] {
  const faults = Object.entries(template.resources).flatMap(([name, resource]) => {
    const found = resourceOf(at(resource, 'Type'))
    if (found === null) return [`${name}: no such type ${at(resource, 'Type')}`]
    const unknown = Object.keys(isObject(resource) ? resource : {}).filter((key) => !resourceKeys.has(key))
    return [
      ...unknown.map((key) => `${name}.${key}: no such key of a resource`),
      ...propertyFaults(found.properties, at(resource, 'Properties') ?? {}, name),
    ]
  })
  const named = { Resources: template.resources, Outputs: template.outputs }
  return [...faults, ...referenceFaults(template, named, '')]
}

const resourceKeys = new Set(['Type', 'Properties', 'DependsOn', 'DeletionPolicy', 'Metadata'])

function propertyFaults(
  known: NonNullable<Resource>['properties'],
  written: unknown,
  place: string,
): readonly string[] {
  if (!isObject(written)) return [`${place}: no mapping`]
  const missing = Object.entries(known)
    .filter(([key, { required }]) => required === true && written[key] === undefined)
    .map(([key]) => `${place}.${key}: it is required`)
  const wrong = Object.entries(written).flatMap(([key, value]) => {
    const property = known[key]
    return property === undefined
      ? [`${place}.${key}: no such property`]
      : valueFaults(property.type, value ?? null, `${place}.${key}`)
  })
  return [...missing, ...wrong]
}

function valueFaults(type: PropertyType, value: unknown, place: string): readonly string[] {
  // What a function yields is known to CloudFormation alone; what it names is looked up elsewhere.
  if (intrinsic(value) !== null) return []
  switch (type.type) {
    case 'ref': {
      const { properties } = specification.get('typeDefinition', type.reference.$ref)
      return propertyFaults(properties, value, place)
    }
    case 'array':
      return Array.isArray(value)
        ? value.flatMap((one, index) => valueFaults(type.element, one, `${place}[${index}]`))
        : [`${place}: no list`]
    case 'map':
      return isObject(value)
        ? Object.entries(value).flatMap(([key, one]) =>
            valueFaults(type.element, one ?? null, `${place}.${key}`),
          )
        : [`${place}: no mapping`]
    case 'union': {
      const each = type.types.map((one) => valueFaults(one, value, place))
      return each.find((faults) => faults.length === 0) ?? each[0] ?? []
    }
    case 'string': {
      if (typeof value !== 'string') return [`${place}: no text, but ${JSON.stringify(value)}`]
      const { allowedValues } = type
      return allowedValues === undefined || allowedValues.includes(value)
        ? []
        : [`${place}: ${value} is none of ${allowedValues.join(', ')}`]
    }
    case 'number':
    case 'integer':
      return typeof value === 'number' ? [] : [`${place}: no number, but ${JSON.stringify(value)}`]
    case 'boolean':
      return typeof value === 'boolean' ? [] : [`${place}: no yes or no, but ${JSON.stringify(value)}`]
    default:
      return []
  }
}

/** `Ref`, `Fn::GetAtt` and `Fn::Sub` name parameters, resources, their attributes, and what AWS always has. */
function referenceFaults(template: Template, value: unknown, place: string): readonly string[] {
  const isKnown = (name: string): boolean =>
    name.startsWith('AWS::') ||
    Object.hasOwn(template.parameters, name) ||
    Object.hasOwn(template.resources, name)
  const found = intrinsic(value)
  if (found !== null) {
    const [name, argument] = found
    if (name === 'Ref') return isKnown(String(argument)) ? [] : [`${place}: nothing is called ${argument}`]
    if (name === 'Fn::Sub') {
      const names = [...String(argument).matchAll(/\$\{([^!}]+)\}/g)].map(([, one = '']) => one)
      return names.filter((one) => !isKnown(one)).map((one) => `${place}: nothing is called ${one}`)
    }
    if (name === 'Fn::GetAtt') {
      const [resource = '', attribute = ''] = Array.isArray(argument) ? argument.map(String) : []
      const attributes = resourceOf(at(template.resources, resource, 'Type'))?.attributes ?? {}
      return Object.hasOwn(attributes, attribute) ? [] : [`${place}: no attribute ${resource}.${attribute}`]
    }
    return [`${place}: ${name} is none that these templates use`]
  }
  const inside = Array.isArray(value) ? value.entries() : isObject(value) ? Object.entries(value) : []
  return [...inside].flatMap(([key, one]) => referenceFaults(template, one ?? null, `${place}.${key}`))
}
