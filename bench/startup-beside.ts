// Start-up and idle memory of this tree beside those of an earlier commit, and what requests that are signed add:
//   npm run bench:startup -- COMMIT [--rounds 9]
// All start in turn, so that a machine that is busy meanwhile does not matter: ratios are those within a round.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { freePort } from '../test/support/ports.ts'
import { median, rounded } from './requests.ts'
import { configuration, emit, type Start, start } from './startup.ts'

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string', default: '9' } },
})
const [commit] = positionals
const root = resolve(import.meta.dirname, '..')

if (commit === undefined) {
  console.error('bench: which commit is it to be measured beside?')
  process.exitCode = 2
} else {
  const checkout = checkOut(commit)
  const folders = { before: emit(checkout), now: emit(root) }
  try {
    const costs = await measure(folders, Number(options.rounds))
    console.log(JSON.stringify(summaryOf(costs), null, 2))
  } finally {
    for (const folder of [checkout, ...Object.values(folders)])
      rmSync(folder, { recursive: true, force: true })
  }
}

interface Started {
  readonly tree: 'before' | 'now'
  readonly upstream: string
  readonly env: Readonly<Record<string, string>>
}

type Name = 'before' | 'without aws' | 'keys of the file' | 'keys of the process'

/** Kept apart: the file's own keys sign by themselves, those of the process come by AWS's packages. */
function subjects(): Readonly<Record<Name, Started>> {
  const plain = 'http://127.0.0.1:9'
  const keys = '{ access_key_id: AKIAIOSFODNN7EXAMPLE, secret_access_key: a-secret-access-key-of-nobody }'
  const signed = (more: string) => `{ url: "${plain}", aws: { sign: execute-api, region: eu-west-1${more} } }`
  const env = { AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE', AWS_SECRET_ACCESS_KEY: 'of-nobody' }
  return {
    before: { tree: 'before', upstream: plain, env: {} },
    'without aws': { tree: 'now', upstream: plain, env: {} },
    'keys of the file': { tree: 'now', upstream: signed(`, credentials: ${keys}`), env: {} },
    'keys of the process': { tree: 'now', upstream: signed(''), env },
  }
}

type Round = Readonly<Record<Name, Start>>

async function measure(
  folders: Readonly<Record<Started['tree'], string>>,
  rounds: number,
): Promise<readonly Round[]> {
  const all = Object.entries(subjects())
  const costs: Round[] = []
  // The first round reads the files into memory, and does not count.
  for (let round = -1; round < rounds; round++) {
    const found: [string, Start][] = []
    // Each begins a round in turn: whoever is first finds the machine as others left it.
    const turn = (round + all.length) % all.length
    for (const [name, { tree, upstream, env }] of [...all.slice(turn), ...all.slice(0, turn)]) {
      const port = await freePort()
      const file = join(folders[tree], 'claimgate.yaml')
      writeFileSync(file, configuration(port, folders[tree], upstream))
      const args = [join(folders[tree], 'bin/claimgate.js'), 'serve', '-c', file]
      found.push([name, await start(port, args, env)])
    }
    if (round >= 0) costs.push(Object.fromEntries(found) as Round)
  }
  return costs
}

function summaryOf(costs: readonly Round[]) {
  const names = Object.keys(subjects()) as Name[]
  const each = (read: (round: Round, name: Name) => number) =>
    Object.fromEntries(names.map((name) => [name, rounded(median(costs.map((round) => read(round, name))))]))
  const against = (read: (cost: Start) => number) =>
    each((round, name) => read(round[name]) / read(round.before))
  return {
    startUpMs: each((round, name) => round[name].ms),
    startUpCpuMs: each((round, name) => round[name].cpuMs),
    idleMebibytes: each((round, name) => round[name].mebibytes),
    ratios: {
      'start-up': against(({ ms }) => ms),
      'start-up CPU': against(({ cpuMs }) => cpuMs),
      'idle memory': against(({ mebibytes }) => mebibytes),
    },
  }
}

/** The files of a commit, beside the packages of this tree. */
function checkOut(commit: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'claimgate-before-'))
  const archive = execFileSync('git', ['archive', commit], { cwd: root, maxBuffer: 1024 ** 3 })
  execFileSync('tar', ['-x', '-C', folder], { input: archive })
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  return folder
}
