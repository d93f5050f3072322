// `--keep-keys` says more of `--user`, and of nothing else.
import t from 'tap'
import { readOptions } from '../../src/cli/options.ts'
import { sessionSpecs } from '../../src/cli/session-help.ts'
import { readSessionTask } from '../../src/cli/session-task.ts'

function taskOf(...args: string[]) {
  const io = { stdout: () => {}, stderr: () => {} }
  const command = { name: 'sessions', usage: '', options: sessionSpecs, operands: {} }
  const read = readOptions(command, args, io)
  if (!read.ok) throw new Error('wrong usage')
  return readSessionTask(read.options)
}

t.test('keys of a person stay awake when it is said', async (t) => {
  t.match(taskOf('revoke', '--user', 'alice'), { keepKeys: false })
  t.match(taskOf('revoke', '--user', 'alice', '--keep-keys'), { keepKeys: true })
  for (const args of [['ab12'], ['--claim', 'groups=a'], ['--provider', 'acme'], ['--all']])
    t.match(taskOf('revoke', ...args, '--keep-keys'), /^--keep-keys says more of --user/, args.join(' '))
  t.match(taskOf('list', '--keep-keys'), /^`list` takes/)
})
