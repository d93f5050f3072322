// The layers, held against the import lines themselves. It prevents what happened to every gateway whose rules were
// once readable: a framework seeping into the part that decides, and modules that import each other in a circle.
// A check that finds nothing to read must fail, not pass.
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'

const source = fileURLToPath(new URL('../../src', import.meta.url))

/** What a module may import besides its own files. A module that is not named here fails the test. */
interface Layer {
  readonly modules: readonly string[]
  readonly packages: readonly RegExp[]
}

const layers: Readonly<Record<string, Layer>> = {
  core: { modules: [], packages: [] },
  config: { modules: ['core'], packages: [/^yaml$/, /^zod$/, /^node:(fs|path|crypto|net|tls)$/] },
  oidc: {
    modules: ['core'],
    packages: [/^openid-client$/, /^jose$/, /^lru-cache$/, /^undici$/, /^node:(crypto|tls|net)$/],
  },
  store: { modules: ['core'], packages: [/^node:(sqlite|fs|path)$/] },
  upstream: {
    modules: ['core'],
    packages: [/^undici$/, /^node:(buffer|http|https|net|tls|crypto|stream|events)$/],
  },
  runtime: {
    modules: ['config', 'oidc', 'store', 'upstream', 'core'],
    packages: [/^lru-cache$/, /^node:(crypto|fs|path|os)$/],
  },
  http: {
    modules: ['runtime', 'core'],
    packages: [
      /^fastify$/,
      /^@fastify\/(http-proxy|cookie)$/,
      /^pino$/,
      /^prom-client$/,
      /^ghtml$/,
      /^node:(http|https|net|tls|crypto|stream|events|buffer)$/,
    ],
  },
  // What asks the gateway's own code and is no part of serving: `serve` imports none of these.
  migration: {
    modules: ['http', 'config', 'core'],
    packages: [/^yaml$/, /^smol-toml$/, /^node:(fs|path|net)$/],
  },
  rehearsal: { modules: ['http', 'config', 'core'], packages: [/^node:(crypto|path)$/] },
  // The pages of docs/ that are written from the tables of the code.
  reference: { modules: ['http', 'core'], packages: [] },
  init: { modules: ['config', 'oidc', 'core'], packages: [] },
  lint: { modules: ['config', 'oidc', 'core'], packages: [/^yaml$/, /^node:(path|url)$/] },
  // Asks the real things that the gateway speaks to, by the modules that speak to them: decision 33.
  doctor: {
    modules: ['runtime', 'config', 'oidc', 'store', 'upstream', 'core'],
    packages: [/^node:(fs|http|https|path|tls)$/],
  },
  // Its provider, oidc-provider, is looked for at run time: only checkouts and the demo image have it.
  demo: {
    modules: ['http', 'config', 'core'],
    packages: [/^ghtml$/, /^node:(crypto|fs|http|net|os|path|url|util|module)$/],
  },
  cli: {
    modules: ['config', 'core'],
    packages: [/^node:(crypto|fs|fs\/promises|os|path|readline|url|util)$/],
  },
  // Options in, a call, text out: who speaks to a provider or an app is below.
  commands: {
    modules: [
      ...['cli', 'migration', 'rehearsal', 'init', 'lint', 'doctor', 'reference', 'demo'],
      ...['http', 'runtime', 'config', 'store', 'core'],
    ],
    packages: [/^node:(crypto|fs|fs\/promises|http|path|url)$/],
  },
  'cli.ts': { modules: ['cli', 'commands'], packages: [] },
  'main.ts': { modules: ['cli', 'cli.ts'], packages: [] },
}

/** From below. Who is on one layer does not know the others there; `cli` is what commands share. */
const order: readonly (readonly string[])[] = [
  ['core'],
  ['config', 'oidc', 'store', 'upstream'],
  ['runtime'],
  ['http'],
  ['migration', 'rehearsal', 'init', 'lint', 'doctor', 'reference', 'demo', 'cli'],
  ['commands'],
  ['cli.ts'],
  ['main.ts'],
]

const mostLines = 300

/** What single files may know, and no other of their module. */
const exceptionsOf: Readonly<Record<string, readonly RegExp[]>> = {
  'core/certificate/der.ts': [/^asn1js$/],
  // Certificates and signatures of authorities, which are public.
  'core/certificate/authority.ts': [/^node:crypto$/],
  // A hash of what is public.
  'core/certificate/claims.ts': [/^node:crypto$/],
  // A checksum of zip is computed, nothing is packed.
  'core/keys/key-form.ts': [/^node:zlib$/],
  'core/keys/key-secret.ts': [/^node:crypto$/],
  'core/log-names.ts': [/^node:crypto$/],
  'core/session/seal.ts': [/^jose$/, /^node:crypto$/],
  'core/session/session.ts': [/^node:crypto$/],
  'core/session/transaction.ts': [/^node:crypto$/],
  // A hash, which is computed and speaks to nobody.
  'core/request/websocket-accept.ts': [/^node:crypto$/],
  // The one file that speaks Redis, and addresses of which TLS asks for no name.
  'store/redis/client.ts': [/^@redis\/client$/, /^node:net$/],
  'store/redis/open-parts.ts': [/^node:crypto$/],
  'store/limits/rates.ts': [/^rate-limiter-flexible$/],
  // Where the shared files of AWS are: the name of a program in them is looked for.
  'upstream/aws/refusal.ts': [/^node:zlib$/],
  'upstream/aws/profile-files.ts': [/^node:(fs\/promises|os|path)$/],
  'upstream/aws/chain.ts': [/^@aws-sdk\/credential-providers$/],
  'upstream/lambda/event-stream.ts': [/^@smithy\/eventstream-codec$/],
  'core/rules/matcher.ts': [/^re2js$/],
  // Standard output, a file descriptor and no file: pino's own writer cost a tenth of a request.
  'http/operations/log-lines.ts': [/^node:fs$/],
  'http/workers/cluster.ts': [/^node:cluster$/],
  // The addresses of `localhost`, to listen on them.
  'http/server/listening.ts': [/^node:dns\/promises$/],
}

interface ImportLine {
  readonly file: string
  readonly from: string
  readonly typeOnly: boolean
}

function files(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name)
    if (statSync(path).isDirectory()) return files(path)
    return path.endsWith('.ts') ? [path] : []
  })
}

function imports(file: string): ImportLine[] {
  const text = readFileSync(file, 'utf8')
  const lines = [
    ...text.matchAll(/^(?:import|export)\s+(type\s+)?[^'"]*?from\s+'([^']+)'/gm),
    ...text.matchAll(/^import\s+()'([^']+)'/gm),
    ...text.matchAll(/\bimport\(()'([^']+)'\)/g),
  ]
  return lines.map((match) => ({
    file: relative(source, file),
    from: match[2] ?? '',
    typeOnly: match[1] !== undefined && match[1] !== '',
  }))
}

/** The file that a relative import names, from `src`. */
function targetOf({ file, from }: ImportLine): string {
  return relative(source, resolve(source, dirname(file), from))
}

const moduleOf = (file: string): string => file.split('/')[0] ?? ''

const all = files(source).flatMap(imports)

t.test('there is something to hold against the layers', async (t) => {
  t.ok(all.length > 100, `${all.length} import lines were read`)
})

t.test('the plan itself goes down, and names every module once', async (t) => {
  const rankOf = (module: string): number => order.findIndex((layer) => layer.includes(module))
  t.same(order.flat().toSorted(), Object.keys(layers).toSorted())
  for (const [module, { modules }] of Object.entries(layers)) {
    for (const lower of modules) t.ok(rankOf(lower) < rankOf(module), `${module} may import ${lower}`)
  }
})

t.test('the plan allows no package that nobody imports', async (t) => {
  for (const [module, { packages }] of Object.entries(layers)) {
    const used = all.filter(({ file }) => moduleOf(file) === module).map(({ from }) => from)
    for (const pattern of packages)
      t.ok(
        used.some((from) => pattern.test(from)),
        `${module}: ${pattern}`,
      )
  }
})

t.test('no file is longer than a reader keeps in mind', async (t) => {
  for (const file of files(source)) {
    const count = readFileSync(file, 'utf8').split('\n').length - 1
    t.ok(count <= mostLines, `${relative(source, file)} has ${count} lines, at most ${mostLines} are read`)
  }
})

t.test('every import goes down, to a module that its layer allows', async (t) => {
  for (const line of all) {
    const module = moduleOf(line.file)
    const layer = layers[module]
    if (layer === undefined) {
      t.fail(`${line.file} is of no layer`)
      continue
    }
    if (line.from.startsWith('.')) {
      const target = moduleOf(targetOf(line))
      t.ok(target === module || layer.modules.includes(target), `${line.file} imports ${line.from}`)
    } else {
      const exceptions = exceptionsOf[line.file] ?? []
      const known = [...layer.packages, ...exceptions].some((pattern) => pattern.test(line.from))
      const typeOfStream = module === 'core' && line.from === 'node:stream'
      t.ok(known || typeOfStream, `${line.file} imports ${line.from}`)
    }
  }
})

t.test('nobody imports main or the command line', async (t) => {
  for (const line of all) {
    if (!line.from.startsWith('.') || line.file === 'main.ts') continue
    const target = targetOf(line)
    t.not(target, 'main.ts', `${line.file} imports main`)
    t.not(target, 'cli.ts', `${line.file} imports cli`)
  }
})

t.test('what serves loads none of the tools', async (t) => {
  const tools = ['migration', 'rehearsal', 'init', 'lint', 'doctor', 'reference', 'demo']
  const seen = new Set<string>()
  const visit = (file: string): void => {
    if (seen.has(file)) return
    seen.add(file)
    t.notOk(tools.includes(moduleOf(file)), `serving loads ${file}`)
    for (const line of all) {
      if (line.file === file && line.from.startsWith('.') && !line.typeOnly) visit(targetOf(line))
    }
  }
  visit('commands/serve.ts')
  t.ok(seen.size > 100, `${seen.size} files were visited`)
})

t.test('no circle of files', async (t) => {
  const edges = new Map<string, string[]>()
  // Of types too: two files that need each other to be understood are one. The measurements are held to it as well.
  const bench = fileURLToPath(new URL('../../bench', import.meta.url))
  for (const line of [...all, ...files(bench).flatMap(imports)]) {
    if (!line.from.startsWith('.')) continue
    const target = targetOf(line)
    edges.set(line.file, [...(edges.get(line.file) ?? []), target])
  }
  const done = new Set<string>()
  const walk = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) {
      t.fail(`a circle: ${[...path.slice(path.indexOf(file)), file].join(' → ')}`)
      return
    }
    if (done.has(file)) return
    for (const next of edges.get(file) ?? []) walk(next, [...path, file])
    done.add(file)
  }
  for (const file of edges.keys()) walk(file, [])
  t.pass('walked')
})

t.test('core reads no clock, draws no randomness, and logs nothing', async (t) => {
  for (const file of files(join(source, 'core'))) {
    const code = readFileSync(file, 'utf8').replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')
    t.notMatch(
      code,
      /\bDate\.now\(|new Date\(\)|performance\.now|Math\.random|randomBytes\(|console\./,
      relative(source, file),
    )
  }
})
