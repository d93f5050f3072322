// The scripts, asked in the shells themselves.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { commands, runCommand } from '../../src/cli.ts'
import { runOnTerminal } from '../support/terminal.ts'
import { runIn } from './run.ts'

const folder = mkdtempSync(join(tmpdir(), 'claimgate-completion-'))
t.teardown(() => rmSync(folder, { recursive: true, force: true }))

const claimgate = (...args: string[]) => runIn({ run: runCommand }, args, { cwd: folder })
const bashFile = join(folder, 'claimgate.bash')
const zshFile = join(folder, '_claimgate')
writeFileSync(bashFile, (await claimgate('completion', 'bash')).stdout)
writeFileSync(zshFile, (await claimgate('completion', 'zsh')).stdout)
for (const name of ['rules.yaml', 'a b.yaml']) writeFileSync(join(folder, name), '')

const environment = { PATH: process.env.PATH ?? '', HOME: folder }

/** What bash would offer for the last word. */
function offered(...words: readonly string[]): readonly string[] {
  const script = `. "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(( $# - 1 )); _claimgate; printf '%s\n' "\${COMPREPLY[@]}"`
  const said = execFileSync('/bin/bash', ['--norc', '-c', script, bashFile, 'claimgate', ...words], {
    encoding: 'utf8',
    env: environment,
    cwd: folder,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  return said.split('\n').filter((line) => line !== '')
}

t.test('bash knows for which word it is asked, and that files are its own', async (t) => {
  const said = execFileSync('/bin/bash', ['--norc', '-c', '. "$0"; complete -p claimgate', bashFile], {
    encoding: 'utf8',
    env: environment,
  })
  t.equal(said, 'complete -o default -F _claimgate claimgate\n')
})

t.test('bash completes every command and every option of it', async (t) => {
  t.same(offered(''), [...Object.keys(commands), 'help', '--help', '--version'])
  t.same(offered('help', 'che'), ['check'])
  for (const [name, entry] of Object.entries(commands)) {
    const { command } = await entry.load()
    const wanted = [...Object.keys(command.options), 'help'].map((option) => `--${option}`)
    t.same(offered(name, '-'), wanted, name)
  }
})

t.test('bash completes values and words', async (t) => {
  const rows: readonly (readonly [readonly string[], readonly string[]])[] = [
    [
      ['lint', '--fail-on', ''],
      ['error', 'warning', 'note'],
    ],
    [['lint', '--fail-on', 'w'], ['warning']],
    [['lint', '--fail-on', '=', 'w'], ['warning']],
    [
      ['lint', '--fail-on', '='],
      ['error', 'warning', 'note'],
    ],
    [['convert', '--from', 'o'], ['oauth2-proxy']],
    [
      ['sessions', ''],
      ['list', 'revoke'],
    ],
    [['sessions', 'rev'], ['revoke']],
    [['sessions', 'revoke', ''], []],
    [['completion', 'z'], ['zsh']],
    [['check', '-c', 'rul'], []],
    [['explain', '--url', ''], []],
    [['nothing', ''], []],
  ]
  for (const [words, wanted] of rows) t.same(offered(...words), wanted, words.join(' '))
  t.same(offered('check', ''), offered('check', '-'), 'options, where no word may stand')
})

t.test('bash at a terminal: Tab completes a command, a value and a file', async (t) => {
  const lines = [
    `. ${bashFile}`,
    "claimgate() { printf 'told:'; printf '<%s>' \"$@\"; echo; }",
    'claimgate lin\t--fail-on wa\t-c rul\t',
    'claimgate test a\\ \t',
    'claimgate explain --url rul\t',
    'exit',
  ]
  const { output } = await runOnTerminal('/bin/bash --norc --noprofile -i', {
    input: lines.map((line) => `${line}\n`).join(''),
    env: { HOME: folder, PS1: '$ ' },
    cwd: folder,
  })
  t.match(output, 'told:<lint><--fail-on><warning><-c><rules.yaml>')
  t.match(output, 'told:<test><a b.yaml>', 'with the blank of its name')
  t.match(output, 'told:<explain><--url><rul>', 'an address is no file')
})

t.test('zsh reads the script, and its completion system takes it', async (t) => {
  execFileSync('/usr/bin/zsh', ['-n', zshFile])
  const script = `fpath=("$1" $fpath); autoload -U compinit; compinit -D -u; print $_comps[claimgate]`
  const said = execFileSync('/usr/bin/zsh', ['-f', '-c', script, 'zsh', folder], {
    encoding: 'utf8',
    env: environment,
  })
  t.equal(said, '_claimgate\n')
})

t.test('zsh at a terminal: Tab completes a command, a value and a file', async (t) => {
  const lines = [
    'autoload -U compinit; compinit -D -u; unsetopt zle_bracketed_paste 2>/dev/null',
    `eval "$(cat ${zshFile})"`,
    `claimgate() { print -r -- told:\${(j:,:)@} }`,
    'claimgate lin\t--fail-on wa\t-c rul\t',
    'claimgate sessions rev\t--us\tada',
    'claimgate convert --from=oau\ta\\ \t',
    'exit',
  ]
  const { output } = await runOnTerminal('/usr/bin/zsh -f -i', {
    input: lines.map((line) => `${line}\n`).join(''),
    env: { HOME: folder, PS1: '$ ' },
    cwd: folder,
  })
  t.match(output, 'told:lint,--fail-on,warning,-c,rules.yaml')
  t.match(output, 'told:sessions,revoke,--user=ada')
  t.match(output, 'told:convert,--from=oauth2-proxy,a b.yaml')
})

t.test('every option is explained in one line of the list of zsh', async (t) => {
  const { stdout } = await claimgate('completion', 'zsh')
  for (const [name, entry] of Object.entries(commands)) {
    const { command } = await entry.load()
    for (const option of Object.keys(command.options)) {
      t.match(stdout, new RegExp(`--${option}=?(?:\\}')?\\[[^\\]]{3,}`), `${name} --${option}`)
    }
  }
})

t.test('a shell that nobody knows is wrong usage', async (t) => {
  for (const args of [[], ['fish'], ['bash', 'zsh']]) {
    t.match(await claimgate('completion', ...args), {
      code: 2,
      stdout: '',
      stderr: 'claimgate completion: which shell? Say bash or zsh\nSee `claimgate completion --help`.\n',
    })
  }
})
