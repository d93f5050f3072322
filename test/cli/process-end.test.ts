// A process that is done: what was written is taken by its reader, and then nothing keeps it.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import t from 'tap'

const program = fileURLToPath(new URL('../../src/cli/process-end.ts', import.meta.url))

function run(script: string, through: string) {
  const text = `import { endDone } from ${JSON.stringify(program)};${script}`
  const code = `'${process.execPath}' --input-type=module -e '${text}'`
  const command = [code, through].join(' ')
  return spawnSync('/bin/bash', ['-c', `${command}; echo " ${'$'}{PIPESTATUS[0]}"`], { encoding: 'utf8' })
}

t.test('what is left open keeps it no longer, and its status is the one that was said', async (t) => {
  const { stdout } = run(
    'setInterval(() => {}, 1e6); process.stdout.write("said"); endDone(process, 3)',
    '| cat',
  )
  t.equal(stdout, 'said 3\n')
})

t.test('a slow reader gets everything first', async (t) => {
  const script = 'setInterval(() => {}, 1e6); process.stdout.write("x".repeat(3e6)); endDone(process, 0)'
  const { stdout } = run(script, '| (sleep 2; wc -c)')
  t.equal(stdout.trim().replace(/\s+/g, ' '), '3000000 0')
})

t.test('who has nothing open ends at once', async (t) => {
  const { stdout } = run('endDone(process, 5); process.exitCode = 4', '| cat')
  t.equal(stdout.trim(), '4', 'by itself, with the status of the process')
})
