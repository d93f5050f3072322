// biome-ignore-all lint/suspicious/noTemplateCurlyInString: CloudFormation's own syntax
// config/examples/aws/ without AWS: every resource, property and value is one that AWS's own specification knows, every
// name leads somewhere, no role may do more than it has to, and the gateway's file in each is one that loads.
import { readFileSync } from 'node:fs'
import t from 'tap'
import { printIssue } from '../../src/config/issue.ts'
import { loadGatewayFromText } from '../../src/config/load.ts'
import { isObject } from '../../src/core/json.ts'
import {
  at,
  environmentOfTemplate,
  faultsOf,
  readTemplate,
  type Template,
  templateFolder,
} from '../support/aws/templates.ts'
import { root } from '../support/examples.ts'

const names = ['express.yaml', 'fargate.yaml', 'lambda.yaml']
const templates = names.map(readTemplate)

/** A template with one place changed; undefined takes it out. */
function changed(template: Template, path: readonly string[], value: unknown): Template {
  const resources = structuredClone(template.resources)
  const parent = at(resources, ...path.slice(0, -1))
  const last = path.at(-1) ?? ''
  if (!isObject(parent)) throw new Error(`nothing at ${path.join('.')}`)
  if (value === undefined) Reflect.deleteProperty(parent, last)
  else Reflect.set(parent, last, value)
  return { ...template, resources }
}

for (const template of templates) {
  t.test(
    `${template.name}: AWS knows every resource and property, and every name leads somewhere`,
    async (t) => {
      t.ok(Object.keys(template.resources).length > 4)
      t.same(faultsOf(template), [])
    },
  )
}

t.test('what AWS does not know is told', async (t) => {
  const [express, fargate, lambda] = templates
  if (express === undefined || fargate === undefined || lambda === undefined) throw new Error('no templates')
  const container = ['Gateway', 'Properties', 'PrimaryContainer']
  const cases: readonly (readonly [Template, readonly string[], unknown, string])[] = [
    [fargate, ['Cluster', 'Type'], 'AWS::ECS::Clusters', 'Cluster: no such type AWS::ECS::Clusters'],
    [
      express,
      ['Gateway', 'Properties', 'InfrastructureRoleArn'],
      undefined,
      'Gateway.InfrastructureRoleArn: it is required',
    ],
    [express, [...container, 'EntryPoint'], [], 'Gateway.PrimaryContainer.EntryPoint: no such property'],
    [
      express,
      [...container, 'ContainerPort'],
      '8080',
      'Gateway.PrimaryContainer.ContainerPort: no number, but "8080"',
    ],
    [
      express,
      [...container, 'Secrets', '0', 'Value'],
      'x',
      'Gateway.PrimaryContainer.Secrets[0].Value: no such property',
    ],
    [lambda, ['Address', 'Properties', 'AuthType'], 'IAM', 'Address.AuthType: IAM is none of AWS_IAM, NONE'],
    [lambda, ['Gateway', 'Condition'], 'x', 'Gateway.Condition: no such key of a resource'],
    [
      lambda,
      ['Gateway', 'Properties', 'Role'],
      { Ref: 'Rule' },
      '.Resources.Gateway.Properties.Role: nothing is called Rule',
    ],
    [
      fargate,
      ['Task', 'Properties', 'TaskRoleArn'],
      { 'Fn::GetAtt': ['TaskRole', 'ARN'] },
      '.Resources.Task.Properties.TaskRoleArn: no attribute TaskRole.ARN',
    ],
    [
      fargate,
      ['ExecutionRole', 'Properties', 'Description'],
      { 'Fn::Sub': 'of ${AWS::Region} and ${Nobody}' },
      '.Resources.ExecutionRole.Properties.Description: nothing is called Nobody',
    ],
  ]
  for (const [template, path, value, fault] of cases)
    t.same(faultsOf(changed(template, path, value)), [fault], fault)
})

interface Statement {
  readonly role: string
  readonly actions: readonly string[]
  readonly resources: readonly unknown[]
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [value])

/** What the roles of a template allow, beside what AWS's own policies do. */
function statementsOf({ resources }: Template): readonly Statement[] {
  return Object.entries(resources).flatMap(([role, resource]) =>
    listOf(at(resource, 'Properties', 'Policies') ?? []).flatMap((policy) =>
      listOf(at(policy, 'PolicyDocument', 'Statement')).map((statement) => ({
        role,
        actions: listOf(at(statement, 'Action')).map(String),
        resources: listOf(at(statement, 'Resource')),
      })),
    ),
  )
}

t.test('no secret is a parameter: it would be in the shell, and in the list of processes', (t) => {
  for (const { name } of templates) {
    const text = readFileSync(`${root}${templateFolder}${name}`, 'utf8')
    t.notMatch(text, /NoEcho/, name)
    for (const secret of ['CLIENT_SECRET', 'SESSION_SECRET'])
      t.match(text, new RegExp(`${secret}.*(?:ValueFrom: !Ref|resolve:secretsmanager:).*SecretArn`), name)
  }
  t.end()
})

t.test('no role may do more than it has to', async (t) => {
  for (const template of templates) {
    const statements = statementsOf(template)
    for (const { role, actions, resources } of statements) {
      const place = `${template.name} ${role} ${actions}`
      t.notOk(
        actions.some((action) => action.includes('*')),
        `${place}: each action by its name`,
      )
      // It takes no resource: it gives the password of the account's own registry.
      if (resources.includes('*')) t.same(actions, ['ecr:GetAuthorizationToken'], place)
    }
    const ofGateway = statements.filter(({ actions }) =>
      actions.some((action) => !/^(?:ecr|logs|secrets)/.test(action)),
    )
    const invokes = { actions: ['lambda:InvokeFunction'], resources: [{ Ref: 'FunctionArn' }] }
    t.match(ofGateway, [invokes], `${template.name}: one function is invoked`)
    t.equal(ofGateway.length, 1)
    const managed = Object.entries(template.resources).filter(
      ([, one]) => at(one, 'Properties', 'ManagedPolicyArns') !== null,
    )
    t.same(
      managed.map(([name]) => name),
      template.name === 'express.yaml' ? ['InfrastructureRole'] : [],
    )
  }
})

t.test('in Lambda nobody invokes the gateway but by its URL', async (t) => {
  const lambda = readTemplate('lambda.yaml')
  const permissions = Object.values(lambda.resources)
    .filter((one) => at(one, 'Type') === 'AWS::Lambda::Permission')
    .map((one) => at(one, 'Properties'))
  t.match(permissions, [
    { Action: 'lambda:InvokeFunctionUrl', FunctionUrlAuthType: 'NONE', Principal: '*' },
    { Action: 'lambda:InvokeFunction', InvokedViaFunctionUrl: true, Principal: '*' },
  ])
  t.equal(permissions.length, 2)
})

t.test('readiness is asked where the gateway answers on any host', async (t) => {
  const [express, fargate, lambda] = templates.map(({ resources }) => resources)
  t.equal(at(express, 'Gateway', 'Properties', 'HealthCheckPath'), '/.auth/health')
  t.equal(at(fargate, 'TargetGroup', 'Properties', 'HealthCheckPath'), '/.auth/health')
  const variables = at(lambda, 'Gateway', 'Properties', 'Environment', 'Variables')
  t.match(variables, { AWS_LWA_READINESS_CHECK_PATH: '/.auth/health', AWS_LWA_PORT: '8080' })
})

t.test('the variables of the function have room for longer values', async (t) => {
  // https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html: 4 KB, all together.
  const variables = at(
    readTemplate('lambda.yaml').resources,
    'Gateway',
    'Properties',
    'Environment',
    'Variables',
  )
  const bytes = Buffer.byteLength(JSON.stringify(variables))
  t.ok(bytes < 2048, `${bytes} bytes`)
})

t.test('the image has the adapter where Lambda looks for extensions', async (t) => {
  const dockerfile = readFileSync(`${root}${templateFolder}Dockerfile`, 'utf8')
  t.match(dockerfile, /^FROM claimgate$/m)
  t.match(
    dockerfile,
    /^COPY --from=\S+aws-lambda-adapter:[\d.]+ \/lambda-adapter \/opt\/extensions\/lambda-adapter$/m,
  )
})

for (const template of templates) {
  t.test(`${template.name}: the gateway's file loads with what the template gives`, async (t) => {
    const { CLAIMGATE_YAML: text = '', ...env } = environmentOfTemplate(template)
    const loaded = loadGatewayFromText(text, {
      ...{ file: template.name, folder: root, env },
      readFile: () => ({ ok: false, reason: 'no file is needed' }),
    })
    t.same(loaded.ok ? [] : loaded.issues.map(printIssue), [])
    t.same(loaded.ok ? loaded.warnings : [], [], 'and nothing is left open')
    const asked = [...text.matchAll(/\$\{env:(\w+)\}/g)].map(([, name = '']) => name)
    const ours = Object.keys(env).filter((name) => !/^(?:AWS_LWA|CLAIMGATE)_/.test(name))
    t.same(new Set(asked), new Set(ours), 'what is given is used')
    if (!loaded.ok) return
    const [app] = loaded.gateway.apps
    t.equal(app?.upstream.lambda?.functionName, env.FUNCTION_ARN)
  })
}
