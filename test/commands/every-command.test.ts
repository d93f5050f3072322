// What holds for each command of the table, for those of tomorrow too.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { commands, runCommand } from '../../src/cli.ts'
import { runIn } from './run.ts'

const all = await Promise.all(
  Object.entries(commands).map(async ([name, entry]) => ({
    name,
    entry,
    command: (await entry.load()).command,
  })),
)

const claimgate = (...args: string[]) => runIn({ run: runCommand }, args, { cwd: '/' })

t.test('there are commands to hold', async (t) => {
  t.ok(all.length >= 15, `${all.length} commands`)
})

t.test('a command is called as the table calls it', async (t) => {
  for (const { name, entry, command } of all) {
    t.equal(command.name, name)
    t.equal(command.summary, entry.summary, name)
  }
})

t.test('the help of every command, and that of all, fits into 80 columns', async (t) => {
  for (const args of [['--help'], ...all.map(({ name }) => [name, '--help'])]) {
    const { code, stdout, stderr } = await claimgate(...args)
    t.match({ code, stderr }, { code: 0, stderr: '' }, args.join(' '))
    const wide = stdout.split('\n').filter((line) => [...line].length > 80)
    t.same(wide, [], args.join(' '))
  }
})

t.test('the help of a command names every option that it declares', async (t) => {
  for (const { name, command } of all) {
    const { stdout } = await claimgate(name, '--help')
    for (const option of [...Object.keys(command.options), 'help']) {
      t.match(stdout, new RegExp(`^ {2}(?:-\\w, | {4})--${option}\\b`, 'm'), `${name} --${option}`)
    }
  }
})

t.test('a command or an option that is one slip away is named', async (t) => {
  t.match(await claimgate('chekc'), {
    code: 2,
    stdout: '',
    stderr: 'claimgate: there is no command "chekc"; did you mean check?\nSee `claimgate --help`.\n',
  })
  t.match(await claimgate('frobnicate'), {
    code: 2,
    stderr: /^claimgate: there is no command "frobnicate"\.\n\nUsage: /,
  })
  t.match(await claimgate('constructor'), { code: 2, stderr: /there is no command "constructor"/ })
  t.match(await claimgate('\u001b[2Jcheck'), {
    code: 2,
    stderr: /^claimgate: there is no command "\\u\{1b\}\[2Jcheck"/,
  })
  for (const { name } of all) {
    t.match(await claimgate(name, '--hepl'), {
      code: 2,
      stdout: '',
      stderr: `claimgate ${name}: there is no option --hepl; did you mean --help?\nSee \`claimgate ${name} --help\`.\n`,
    })
  }
  t.match(await claimgate('sessions', 'lits'), {
    code: 2,
    stderr:
      'claimgate sessions: there is no `sessions lits`; did you mean list?\nSee `claimgate sessions --help`.\n',
  })
})

t.test('`help COMMAND` is its --help', async (t) => {
  const [asked, usual] = [await claimgate('help', 'check'), await claimgate('check', '--help')]
  t.same(asked, usual)
  t.match(await claimgate('help'), { code: 0, stdout: /^Usage: claimgate COMMAND/ })
  t.match(await claimgate('help', 'chek'), { code: 2, stderr: /did you mean check\?/ })
})

t.test('no command at all is wrong usage', async (t) => {
  t.match(await claimgate(), { code: 2, stdout: '', stderr: /^Usage: claimgate COMMAND/ })
})

t.test('who has no configuration yet is told how to begin, by a command that works there', async (t) => {
  const cwd = mkdtempSync(join(tmpdir(), 'claimgate-first-'))
  t.teardown(() => rmSync(cwd, { recursive: true, force: true }))
  writeFileSync(join(cwd, 'claims.json'), '{ "sub": "ada" }')
  const program = {
    kind: 'checkout',
    again: 'npm run -s claimgate --',
    meanwhile: 'x',
    demo: 'npm run demo',
  } as const
  for (const args of [
    ['serve'],
    ['check'],
    ['lint'],
    ['test'],
    ['health'],
    ['sessions', 'list'],
    ['who', '--all'],
    ['what', '--claims', 'claims.json'],
    ['explain', '--url', 'https://wiki.example.com/', '--anonymous'],
  ]) {
    const { code, stderr } = await runIn({ run: runCommand }, args, { cwd, program })
    t.equal(code, 2, args.join(' '))
    t.equal(
      stderr,
      `claimgate.yaml: the file cannot be read: ${stderr.split(': ').at(2)?.split('\n')[0]}
To write a first one: npm run -s claimgate -- init --help
To see it work before: npm run demo
`,
      args.join(' '),
    )
  }
  const there = await runIn({ run: runCommand }, ['serve', '-c', 'nowhere.yaml'], { cwd, program })
  t.equal(there.code, 2)
  t.notMatch(there.stderr, 'To write a first one', 'it was named')
})

t.test('what convert, init and explain tell to type works there, whatever the file is called', async (t) => {
  const cwd = mkdtempSync(join(tmpdir(), 'claimgate-hints-'))
  t.teardown(() => rmSync(cwd, { recursive: true, force: true }))
  const program = { kind: 'local', again: 'npx claimgate', meanwhile: 'x', demo: 'x' } as const
  const ask = (...args: string[]) => runIn({ run: runCommand }, args, { cwd, program })
  writeFileSync(
    join(cwd, 'proxy.cfg'),
    'provider = "oidc"\noidc_issuer_url = "https://id.example.com"\nupstreams = ["http://127.0.0.1:5000/"]\nredirect_url = "https://wiki.example.com/oauth2/callback"\nclient_id = "x"\nemail_domains = ["example.com"]\n',
  )
  const converted = await ask('convert', 'proxy.cfg', '-o', 'a b.yaml')
  t.match(converted.stdout, `npx claimgate check -c 'a b.yaml', and npx claimgate test -c 'a b.yaml'\n`)
  const first = ['--issuer', 'https://id.invalid', '--upstream', 'http://127.0.0.1:5000']
  const written = await ask('init', ...first, '--url', 'https://wiki.example.com', '-o', 'c d.yaml')
  t.match(written.stdout, `  npx claimgate check -c 'c d.yaml'\n  npx claimgate serve -c 'c d.yaml'\n`)
  t.match((await ask('who')).stderr, 'See `npx claimgate who --help`.\n')
})
