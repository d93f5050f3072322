// A configuration that is mounted as a single file, as a container has it, and replaced where it is kept: the process
// sees the file that was mounted, whatever stands under its name by now.
import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { startProcess } from '../support/process.ts'
import { newStand } from '../support/process-front.ts'

const stand = await newStand()
const { place } = stand
t.teardown(() => stand.close())

t.test('a mounted file that was replaced is told, with the file, and nothing is loaded', async (t) => {
  const kept = join(place.folder, 'kept.yaml')
  place.write(stand.yaml())
  renameSync(place.file, kept)
  writeFileSync(place.file, '')
  const mount = ['-c', 'mount --bind "$0" "$1" && shift && exec "$@"', kept, place.file]
  // Needs the right to mount: where it is missing this fails with what unshare or mount says.
  const running = await startProcess(place, { through: ['unshare', '--mount', 'sh', ...mount] })
  t.teardown(() => running.stop())
  const told = () => running.log().filter((line) => line.event === 'config.detached')
  const unchanged = () => running.log().filter((line) => line.event === 'config.unchanged')
  running.signal('SIGHUP')
  await running.logged(() => unchanged().length === 1)
  t.same(told(), [], 'a mount by itself is no fault')

  writeFileSync(`${kept}.new`, 'the next configuration')
  renameSync(`${kept}.new`, kept)
  t.match(await running.logged((line) => line.event === 'config.detached'), { file: place.file, level: 50 })
  await running.logged(() => unchanged().length === 2)
  running.signal('SIGHUP')
  await running.logged(() => unchanged().length === 3)
  t.equal(told().length, 1, 'once')
  t.notOk(running.log().some((line) => /^config\.(?:loaded|rejected)$/.test(String(line.event))))
})
