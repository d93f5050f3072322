import { mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { readFromDisk } from '../../src/config/files.ts'
import { fileStates, recordingReader, watchFiles } from '../../src/config/sources.ts'

t.test('a change counts when it has come to rest', async (t) => {
  const folder = t.testdir({ 'a.yaml': 'one' })
  const file = join(folder, 'a.yaml')
  const watch = watchFiles(fileStates([file]))
  t.notOk(watch.look(), 'nothing happened')
  writeFileSync(file, 'two, and half of')
  t.notOk(watch.look(), 'it may still be written')
  writeFileSync(file, 'two, and half of it; now whole')
  t.notOk(watch.look(), 'it was')
  t.ok(watch.look())
  watch.settle(fileStates([file]))
  t.notOk(watch.look())
})

t.test('a symbolic link that is swapped above the file is a change, as Kubernetes does it', async (t) => {
  const folder = t.testdir({ v1: { 'a.yaml': 'same' }, v2: { 'a.yaml': 'same' } })
  symlinkSync('v1', join(folder, 'data'))
  symlinkSync(join('data', 'a.yaml'), join(folder, 'a.yaml'))
  const watch = watchFiles(fileStates([join(folder, 'a.yaml')]))
  symlinkSync('v2', join(folder, 'next'))
  renameSync(join(folder, 'next'), join(folder, 'data'))
  t.notOk(watch.look())
  t.ok(watch.look())
})

t.test('a file that comes, goes or is replaced by another of the same size is a change', async (t) => {
  const folder = t.testdir({ 'a.yaml': 'one' })
  const absent = join(folder, 'secret')
  const watch = watchFiles(fileStates([join(folder, 'a.yaml'), absent]))
  writeFileSync(absent, 'x')
  watch.look()
  t.ok(watch.look(), 'it came')
  watch.settle(fileStates([join(folder, 'a.yaml'), absent]))
  writeFileSync(join(folder, 'other'), 'y')
  renameSync(join(folder, 'other'), absent)
  watch.look()
  t.ok(watch.look(), 'it was replaced')
})

t.test('the files of a configuration are those that were asked for, readable or not', async (t) => {
  const folder = t.testdir({ 'a.yaml': 'one' })
  mkdirSync(join(folder, 'more'))
  const reader = recordingReader(readFromDisk)
  reader.read(join(folder, 'a.yaml'))
  reader.read(join(folder, 'nope'))
  t.same([...reader.states().keys()], [join(folder, 'a.yaml'), join(folder, 'nope')])
})

t.test('what is written after a file was read, while the others are, is a change', async (t) => {
  const folder = t.testdir({ 'a.yaml': 'one' })
  const file = join(folder, 'a.yaml')
  const reader = recordingReader(readFromDisk)
  const watch = watchFiles(fileStates([file]))
  reader.read(file)
  writeFileSync(file, 'one and two')
  watch.settle(reader.states())
  t.notOk(watch.look())
  t.ok(watch.look())
})
