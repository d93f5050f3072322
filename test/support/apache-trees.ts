import { seeded } from '../../src/migration/proof/random.ts'

/** A small configuration of httpd, made by chance and the same in every run. */
export interface ApacheTree {
  /** What stands in the host, without its provider and its name. */
  readonly text: string
  /** Whether httpd serves files by itself; otherwise it passes everything on. */
  readonly servesFiles: boolean
}

/** Where a tree's files lie and where its requests go. */
export interface TreePlace {
  readonly folder: string
  readonly upstream: string
}

/** Folders below the one of the files, which have to be there: httpd applies `<Directory>` to what exists. */
export const treeFolders = ['a', 'a/b', 'b', 'admin', 'admin/a', 'api', 'api/b'] as const

/** One tree for each seed. */
export function makeTree(seed: number, place: TreePlace): ApacheTree {
  const chance = new Chance(seeded(seed))
  const servesFiles = chance.one(4)
  const own = servesFiles ? filesOf(chance, place) : proxiesOf(chance, place)
  const sections = Array.from({ length: 2 + chance.below(4) }, () => sectionOf(chance))
  const around = [...own, ...rewritesOf(chance, place, servesFiles)]
  return { text: [...around, ...sections.map((section) => section.join('\n'))].join('\n'), servesFiles }
}

/** Draws by numbers of a generator. */
class Chance {
  readonly #random: () => number

  constructor(random: () => number) {
    this.#random = random
  }

  below(count: number): number {
    return Math.floor(this.#random() * count)
  }

  /** True once in so many times. */
  one(times: number): boolean {
    return this.below(times) === 0
  }

  of<T>(items: readonly T[]): T {
    const item = items[this.below(items.length)]
    if (item === undefined) throw new Error('nothing to choose from')
    return item
  }
}

type Lines = readonly string[]

const inside = (lines: Lines): Lines => lines.map((line) => `  ${line}`)

const section = (head: string, lines: Lines): Lines => [
  `<${head}>`,
  ...inside(lines),
  `</${head.split(' ')[0]}>`,
]

const prefixes = ['/', '/a', '/a/b', '/b', '/admin', '/admin/', '/api', '/api/', '/api/b', '/a/b/']
const wildcards = ['/a/*', '/*/b', '/api/*/x']
const expressions = [
  '^/a',
  '^/a/',
  '^/a(/|$)',
  '^/(a|b)/',
  '^/(a|api)(/|$)',
  '^/a/[^/]+/x$',
  '^/api/\\w+/x',
  '^/b$',
  '^/b/?$',
  '\\.php$',
  '/b/',
  '^/admin/.*\\.css$',
  '^/a.*',
  '(?i)^/ADMIN',
  '^/api/(?!open)',
]

function sectionOf(chance: Chance): Lines {
  const content = chance.one(5)
    ? [...rulesOf(chance), ...section(`If "%{QUERY_STRING} == 'x'"`, requiresOf(chance))]
    : rulesOf(chance)
  switch (chance.below(8)) {
    case 0:
    case 1:
      return section(`LocationMatch "${chance.of(expressions)}"`, content)
    case 2:
      return section(`Location "${chance.of(wildcards)}"`, content)
    case 3:
      return section('IfDefine UNKNOWN', section(`Location ${chance.of(prefixes)}`, content))
    case 4:
      return section(`Location ~ "${chance.of(expressions)}"`, content)
    default:
      return section(`Location ${chance.of(prefixes)}`, content)
  }
}

/** `AuthType` and the rules of one section. */
function rulesOf(chance: Chance): Lines {
  const type = chance.one(8) ? [] : ['AuthType openid-connect']
  const merging = chance.one(4) ? [`AuthMerging ${chance.of(['And', 'Or', 'Off'])}`] : []
  if (chance.one(12)) return [...type, ...merging]
  return [...type, ...merging, ...(chance.one(7) ? compatOf(chance) : []), ...requiresOf(chance)]
}

function requiresOf(chance: Chance): Lines {
  switch (chance.below(7)) {
    case 0:
      return section(`Limit ${chance.of(['GET', 'POST', 'GET POST'])}`, simpleOf(chance))
    case 1:
      return section(`LimitExcept ${chance.of(['GET', 'POST OPTIONS'])}`, simpleOf(chance))
    case 2:
      return section('RequireAll', [
        chance.of(['Require valid-user', 'Require claim groups:staff']),
        ...chance.of([
          ['Require not claim groups:banned'],
          ['Require not ip 10.0.0.0/8'],
          section('RequireNone', ['Require claim groups:banned', 'Require claim groups:admins']),
          section('RequireAny', ['Require claim groups:admins', 'Require user alice']),
        ]),
      ])
    case 3:
      return section('RequireAny', [...simpleOf(chance), ...section('RequireAll', simpleOf(chance))])
    default:
      return simpleOf(chance)
  }
}

function simpleOf(chance: Chance): Lines {
  const lines = [
    'Require valid-user',
    'Require all granted',
    'Require all denied',
    'Require claim groups:staff',
    'Require claim groups:admins',
    'Require user alice',
    'Require ip 127.0.0.0/8',
    'Require ip 10.0.0.0/8',
    'Require method GET',
  ]
  const first = chance.of(lines)
  return chance.one(3) ? [first, chance.of(lines)] : [first]
}

function compatOf(chance: Chance): Lines {
  return chance.of([
    ['Order deny,allow', 'Deny from all'],
    ['Order deny,allow', 'Deny from all', 'Allow from 127.0.0.1'],
    ['Order allow,deny', 'Allow from all'],
    ['Order allow,deny', 'Allow from all', 'Deny from 127.0.0.1'],
    ['Order deny,allow', 'Deny from all', 'Satisfy Any'],
  ])
}

function proxiesOf(chance: Chance, { upstream }: TreePlace): Lines {
  const excluded = chance.one(4) ? ['ProxyPass /b !'] : []
  const other = chance.one(4) ? [`ProxyPass /api ${upstream}/api`] : []
  const closed = chance.one(6)
    ? section(`Proxy ${chance.of(['*', `${upstream}/api`])}`, simpleOf(chance))
    : []
  return [...excluded, ...other, ...closed, `ProxyPass / ${upstream}/`]
}

function rewritesOf(chance: Chance, { upstream }: TreePlace, servesFiles: boolean): Lines {
  if (!chance.one(3)) return []
  const condition = chance.of([
    [],
    [],
    ['RewriteCond %{REMOTE_ADDR} ^10\\.'],
    ['RewriteCond %{REQUEST_METHOD} ^(POST|PUT)$'],
    ['RewriteCond %{REQUEST_URI} x$', 'RewriteCond %{REQUEST_METHOD} GET'],
  ])
  const rules = [
    `RewriteRule ${chance.of(expressions)} - [F]`,
    'RewriteRule ^/gone(/|$) - [G]',
    'RewriteRule !^/a - [F]',
    'RewriteRule ^/b/(.*)$ /api/$1 [R]',
  ]
  const passing = [`RewriteRule ^/admin/(.*)$ ${upstream}/other/$1 [P]`, 'RewriteRule ^/a/(.*)$ /b/$1 [PT]']
  return ['RewriteEngine On', ...condition, chance.of(servesFiles ? rules : [...rules, ...passing])]
}

function filesOf(chance: Chance, { folder }: TreePlace): Lines {
  const below = () => chance.of(treeFolders)
  const directories = Array.from({ length: 1 + chance.below(3) }, () =>
    section(`Directory ${folder}/${below()}`, rulesOf(chance)),
  )
  const alias = chance.one(3) ? [`Alias /api ${folder}/b`] : []
  const files = chance.one(4)
    ? section(chance.of(['Files "x.php"', 'FilesMatch "\\.php$"']), requiresOf(chance))
    : []
  return [
    `DocumentRoot ${folder}`,
    ...alias,
    ...section(`Directory ${folder}`, chance.one(3) ? rulesOf(chance) : ['Require all granted']),
    ...directories.flat(),
    ...files,
  ]
}
