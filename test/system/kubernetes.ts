// config/examples/kubernetes/ without a cluster: its objects fit each other, and two pods of it run, as containers of
// the image with the rights, mounts and file that the Deployment gives them, on a real Redis with TLS and an ACL user.
// Names of services are this machine's, and ports are free ones, as all of them are in its network.
import { chownSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { parseAllDocuments } from 'yaml'
import { graceMs } from '../../src/commands/serve.ts'
import { root } from '../support/examples.ts'
import { signInAs, startOp } from '../support/op.ts'
import { blocksOf } from '../support/page-blocks.ts'
import { freePort } from '../support/ports.ts'
import { runProcess } from '../support/process.ts'
import { startRedis } from '../support/redis.ts'
import { createAuthority } from '../support/tls.ts'
import { poll } from '../support/waiting.ts'
import { buildGateway, containers } from './gateway-image.ts'
import { kinds, unknownFields } from './kubernetes-fields.ts'

const folder = join(root, 'config/examples/kubernetes')
const read = (name: string): string => readFileSync(join(folder, name), 'utf8')
const gatewayFile = read('claimgate.yaml')

// The shapes are held by the test of the fields.
// biome-ignore lint/suspicious/noExplicitAny: objects of many kinds, read by their paths
type Manifest = any

const files = readdirSync(folder).filter((name) => name !== 'claimgate.yaml')
const manifests: readonly Manifest[] = files.flatMap((name) =>
  parseAllDocuments(read(name), { version: '1.1' }).map((document) => {
    if (document.errors.length > 0) throw new Error(`${name}: ${document.errors}`)
    return document.toJS()
  }),
)
const one = (kind: string): Manifest => {
  const found = manifests.filter((manifest) => manifest.kind === kind)
  if (found.length === 0) throw new Error(`no ${kind}`)
  return found[0]
}
const deployment = one('Deployment')
const pod = deployment.spec.template.spec
const [container] = pod.containers
const labels = deployment.spec.template.metadata.labels
const mountOf = (name: string): string =>
  container.volumeMounts.find((mount: Manifest) => mount.name === name).mountPath
const portOf = (name: string): number =>
  container.ports.find((port: Manifest) => port.name === name).containerPort

t.test('every object is of a kind and has fields that Kubernetes knows', async (t) => {
  for (const { apiVersion, kind, ...rest } of manifests) {
    const fields = kinds[`${apiVersion} ${kind}`]
    t.ok(fields !== undefined, `${apiVersion} ${kind}`)
    if (fields !== undefined) t.same(unknownFields(rest, fields, kind), [])
  }
})

t.test('the folder is what kustomize applies, but for the form of the Secret', async (t) => {
  const { resources, configMapGenerator } = one('Kustomization')
  t.same(
    [...resources, 'kustomization.yaml', 'secrets.yaml'].sort(),
    files.toSorted(),
    'every file is named, and is there',
  )
  t.same(configMapGenerator, [{ name: 'claimgate', namespace: 'claimgate', files: ['claimgate.yaml'] }])
})

t.test('selectors, names and ports fit each other', async (t) => {
  const own = manifests.filter(({ metadata }) => metadata?.name === 'claimgate')
  for (const { kind, metadata } of own) t.equal(metadata.namespace, 'claimgate', kind)
  t.same(deployment.spec.selector.matchLabels, labels)
  t.same(pod.topologySpreadConstraints[0].labelSelector.matchLabels, labels)
  t.same(one('Service').spec.selector, labels)
  t.same(one('PodDisruptionBudget').spec.selector.matchLabels, labels)
  const [policy, ofTheApp] = manifests.filter(({ kind }) => kind === 'NetworkPolicy')
  t.same(policy.spec.podSelector.matchLabels, labels)
  t.same(
    policy.spec.ingress.map(({ ports }: Manifest) => ports[0].port),
    [portOf('http'), portOf('admin')],
  )
  t.same(ofTheApp.spec.ingress[0].from[0].podSelector.matchLabels, labels)
  for (const { targetPort } of one('Service').spec.ports)
    t.equal(portOf(targetPort), portOf('http'), 'the Service leads to no other port')
  const { scaleTargetRef, minReplicas } = one('HorizontalPodAutoscaler').spec
  t.same(scaleTargetRef, { apiVersion: 'apps/v1', kind: 'Deployment', name: deployment.metadata.name })
  t.ok(minReplicas > one('PodDisruptionBudget').spec.maxUnavailable, 'a drain leaves one')
  t.notOk('replicas' in deployment.spec, 'which the autoscaler sets')
  const volumes = Object.fromEntries(pod.volumes.map((volume: Manifest) => [volume.name, volume]))
  t.same(container.volumeMounts.map(({ name }: Manifest) => name).sort(), Object.keys(volumes).sort())
  t.equal(volumes.config.configMap.name, one('Kustomization').configMapGenerator[0].name)
  t.equal(volumes.secrets.secret.secretName, one('Secret').metadata.name)
  t.equal(volumes.secrets.secret.defaultMode, 0o440)
})

t.test('the network lets through where the configuration leads, and nothing else', async (t) => {
  t.match(gatewayFile, `listen: "0.0.0.0:${portOf('http')}"`)
  t.match(gatewayFile, `admin: "0.0.0.0:${portOf('admin')}"`)
  const [policy, ofTheApp] = manifests.filter(({ kind }) => kind === 'NetworkPolicy')
  const reached = policy.spec.egress.flatMap(({ to, ports }: Manifest) =>
    ports.map(({ port }: Manifest) => {
      const name = to[0].namespaceSelector?.matchLabels['kubernetes.io/metadata.name']
      return `${name ?? to[0].ipBlock.cidr}:${port}`
    }),
  )
  t.same(reached, ['kube-system:53', 'kube-system:53', 'sessions:6379', 'wiki:5000', '0.0.0.0/0:443'])
  t.match(gatewayFile, 'rediss://redis.sessions.svc:6379/')
  t.match(gatewayFile, 'http://wiki.wiki.svc:5000')
  t.same(ofTheApp.spec.ingress[0].ports, [{ protocol: 'TCP', port: 5000 }])
  t.equal(ofTheApp.metadata.namespace, 'wiki')
})

t.test('a stop takes no longer than Kubernetes waits', async (t) => {
  const [program, seconds] = container.lifecycle.preStop.exec.command
  t.equal(program, 'sleep')
  t.ok(Number(seconds) > container.readinessProbe.periodSeconds)
  t.ok(pod.terminationGracePeriodSeconds > Number(seconds) + graceMs / 1000 + 5)
})

const op = await startOp()
const authority = createAuthority()
const { key, cert } = authority.issue({ names: ['DNS:redis.sessions.svc'] })
const password = 'password/aB3dE5fG7hI9jK1lM3nO5pQ7rS9tU1vW'
const place = mkdtempSync(join(tmpdir(), 'claimgate-kubernetes-'))
for (const [name, text] of [
  ['ca.crt', authority.certificate],
  ['redis.crt', cert],
  ['redis.key', key],
] as const)
  writeFileSync(join(place, name), text)
/** Those that docs/operations.md gives it, and no more. */
const permissions = blocksOf('docs/operations.md')
  .flatMap(({ text }) => [...text.matchAll(/^ACL SETUSER claimgate (.*)$/gm)])
  .map(([, words = '']) => words.replace('PASSWORD', password))
const redis = await startRedis(t, {
  tls: true,
  lines: [
    `tls-cert-file ${place}/redis.crt`,
    `tls-key-file ${place}/redis.key`,
    `tls-ca-cert-file ${place}/ca.crt`,
    'tls-auth-clients no',
    'user default off',
    `user claimgate ${permissions.join(' ')}`,
  ],
})
t.teardown(async () => {
  await op.close()
  rmSync(place, { recursive: true, force: true })
})
op.register({ redirectUris: ['https://wiki.example.com/.auth/callback'] })

const form: Readonly<Record<string, string>> = one('Secret').stringData
const secrets: Readonly<Record<string, string>> = {
  ...Object.fromEntries(Object.keys(form).map((name) => [name, `${name}/aB3dE5fG7hI9jK1lM3nO5pQ7rS9tU1vW`])),
  'client-secret': op.clientSecret,
  'redis-password': password,
  'redis-ca.pem': authority.certificate,
}

/** A folder as Kubernetes mounts it, which the pod's user may read. */
function mounted(name: string, values: Readonly<Record<string, string>>): string {
  const at = join(place, name)
  mkdirSync(at, { recursive: true })
  for (const [file, text] of Object.entries(values)) {
    writeFileSync(join(at, file), text, { mode: 0o440 })
    chownSync(join(at, file), 0, pod.securityContext.fsGroup)
  }
  return at
}

interface Pod {
  readonly name: string
  readonly port: number
  readonly adminPort: number
}

const here = (text: string, { port, adminPort }: Pod): string =>
  text
    .replaceAll(String(portOf('http')), String(port))
    .replaceAll(String(portOf('admin')), String(adminPort))
    .replaceAll(':6379/', `:${redis.port}/`)
    .replaceAll('10.0.0.0/8', '127.0.0.1')
    .replaceAll('https://login.example.com', op.issuer)
    .replaceAll('client_id: claimgate', `client_id: ${op.clientId}`)

t.test('the file names every secret of the form and no other, and an empty one is refused', async (t) => {
  const named = [...gatewayFile.matchAll(/(\/run\/secrets\/\S+?)\/([\w.-]+)(?=[}"\n])/g)]
  t.same([...new Set(named.map(([, path]) => path))], [mountOf('secrets')])
  t.same(named.map(([, , name]) => name).sort(), Object.keys(form).sort())
  const [commands] = blocksOf('docs/scaling.md').filter(({ task }) => task === 'kubernetes')
  const made = [...(commands?.text ?? '').matchAll(/--from-(?:literal|file)=([\w.-]+)/g)]
  t.same(made.map(([, name]) => name).sort(), Object.keys(form).sort(), 'docs/scaling.md makes each')
  t.same([...new Set(Object.values(form))], [''], 'the form has no value that anybody could leave')
  const checked = async (name: string, values: Readonly<Record<string, string>>) => {
    const at = mounted(name, values)
    const text = gatewayFile.replaceAll(mountOf('secrets'), at)
    writeFileSync(join(place, `${name}.yaml`), text)
    return runProcess(['check', '-c', join(place, `${name}.yaml`)])
  }
  const filled = await checked('filled', secrets)
  t.equal(filled.code, 0, filled.stdout)
  t.match(filled.stdout, /1 warning\n.*"Test CA" ends/, 'the authority of this test, and nothing else')
  const before = await checked('form', form)
  t.equal(before.code, 1)
  for (const key of [
    'session.secret',
    'client_secret',
    'shared_secret',
    'subject_key',
    'password',
    'ca_file',
  ])
    t.match(before.stdout + before.stderr, key)
})

const pods: readonly Pod[] = [
  { name: 'first', port: await freePort(), adminPort: await freePort() },
  { name: 'second', port: await freePort(), adminPort: await freePort() },
]

t.test('pods start with the rights of the Deployment, on a root that nobody can write', async (t) => {
  const { runAsUser, runAsGroup, runAsNonRoot } = pod.securityContext
  t.match([runAsNonRoot, runAsUser, pod.automountServiceAccountToken], [true, 1000, false])
  t.match(container.securityContext, {
    readOnlyRootFilesystem: true,
    allowPrivilegeEscalation: false,
    capabilities: { drop: ['ALL'] },
  })
  buildGateway()
  for (const one of pods) {
    const config = mounted(`config-${one.name}`, { 'claimgate.yaml': here(gatewayFile, one) })
    containers.run(one.name, 'claimgate', [
      ...['--user', `${runAsUser}:${runAsGroup}`, '--read-only', '--read-only-tmpfs=false'],
      ...['--cap-drop', 'ALL', '--security-opt', 'no-new-privileges'],
      ...['--volume', `${config}:${mountOf('config')}:ro`],
      ...['--volume', `${mounted('secrets', secrets)}:${mountOf('secrets')}:ro`],
      ...['--tmpfs', `${mountOf('data')}:rw,size=16m,mode=1777`],
      ...['--add-host', 'redis.sessions.svc:127.0.0.1', '--add-host', 'wiki.wiki.svc:127.0.0.1'],
    ])
  }
  for (const probe of ['startupProbe', 'readinessProbe', 'livenessProbe']) {
    const { path, port } = container[probe].httpGet
    for (const { name, ...ports } of pods) {
      const at = `http://127.0.0.1:${port === 'http' ? ports.port : ports.adminPort}${path}`
      const asked = () => fetch(at).then(({ status }) => status, String)
      await poll(`the ${probe} of the ${name} (${containers.logs(name)})`, asked, (status) => status === 200)
    }
  }
})

interface Answer {
  readonly status: number
  readonly location: string
  readonly cookies: readonly string[]
}

/** A navigation as the ingress passes it on. */
function ask({ port }: Pod, path: string, cookie: string): Promise<Answer> {
  const headers = {
    host: 'wiki.example.com',
    'x-forwarded-proto': 'https',
    'x-forwarded-for': '198.51.100.7',
    accept: 'text/html',
    'sec-fetch-mode': 'navigate',
    'sec-fetch-dest': 'document',
    ...(cookie === '' ? {} : { cookie }),
  }
  return new Promise((resolve, reject) => {
    const request = http.get({ host: '127.0.0.1', port, path, headers, agent: false }, (response) => {
      response.resume().on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          location: response.headers.location ?? '',
          cookies: (response.headers['set-cookie'] ?? []).map((line) => line.split(';')[0] ?? ''),
        }),
      )
    })
    request.on('error', reject)
  })
}

t.test('who begins at one pod and comes back to the other is signed in at both', async (t) => {
  const [first, second] = pods
  if (first === undefined || second === undefined) throw new Error('two pods')
  const begun = await ask(first, '/admin', '')
  t.match(begun, { status: 302, location: op.issuer })
  const back = await signInAs('adam', new URL(begun.location))
  const signedIn = await ask(second, back.pathname + back.search, begun.cookies.join('; '))
  t.match(signedIn, { status: 303, location: '/admin' })
  const cookie = signedIn.cookies.find((pair) => pair.startsWith('__Host-claimgate=')) ?? ''
  // No app is there: whoever gets as far as that is let in.
  for (const one of pods) t.equal((await ask(one, '/admin', cookie)).status, 502, one.name)
  t.equal((await ask(first, '/admin', '')).status, 302)
})

t.test('while Redis is away, pods are ready for those whom they know, and live', async (t) => {
  const status = (probe: string, { port, adminPort }: Pod) => {
    const { httpGet } = container[probe]
    const at = `http://127.0.0.1:${httpGet.port === 'http' ? port : adminPort}${httpGet.path}`
    return fetch(at).then((answer) => answer.status)
  }
  await redis.stop('SIGKILL')
  for (const one of pods) {
    await poll(
      'a start that would wait',
      () => status('startupProbe', one),
      (found) => found === 503,
    )
    t.equal(await status('readinessProbe', one), 200)
    t.equal(await status('livenessProbe', one), 200)
  }
})

t.test('a pod stops as it is asked', async (t) => {
  for (const { name } of pods) t.equal(containers.stop(name), 0)
})
