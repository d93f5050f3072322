import { closeSync, mkdirSync, openSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { readFromDisk } from '../../src/config/files.ts'
import { readAgain, recordingReader, sameContent, watchFiles } from '../../src/config/sources.ts'

t.test('a change counts when it has come to rest', async (t) => {
  const folder = t.testdir({ 'a.yaml': 'one' })
  const file = join(folder, 'a.yaml')
  const watch = watchFiles(readAgain([file], readFromDisk))
  t.notOk(watch.look(), 'nothing happened')
  writeFileSync(file, 'two, and half of')
  t.notOk(watch.look(), 'it may still be written')
  writeFileSync(file, 'two, and half of it; now whole')
  t.notOk(watch.look(), 'it was')
  t.ok(watch.look())
  watch.settle(readAgain([file], readFromDisk))
  t.notOk(watch.look())
})

t.test('a symbolic link that is swapped above the file is a change, as Kubernetes does it', async (t) => {
  const folder = t.testdir({ v1: { 'a.yaml': 'same' }, v2: { 'a.yaml': 'same' } })
  symlinkSync('v1', join(folder, 'data'))
  symlinkSync(join('data', 'a.yaml'), join(folder, 'a.yaml'))
  const watch = watchFiles(readAgain([join(folder, 'a.yaml')], readFromDisk))
  symlinkSync('v2', join(folder, 'next'))
  renameSync(join(folder, 'next'), join(folder, 'data'))
  t.notOk(watch.look())
  t.ok(watch.look())
})

t.test('a file that comes, goes or is replaced by another of the same size is a change', async (t) => {
  const folder = t.testdir({ 'a.yaml': 'one' })
  const absent = join(folder, 'secret')
  const watch = watchFiles(readAgain([join(folder, 'a.yaml'), absent], readFromDisk))
  writeFileSync(absent, 'x')
  watch.look()
  t.ok(watch.look(), 'it came')
  watch.settle(readAgain([join(folder, 'a.yaml'), absent], readFromDisk))
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
  t.same([...reader.readings().keys()], [join(folder, 'a.yaml'), join(folder, 'nope')])
})

t.test('what is written after a file was read, while the others are, is a change', async (t) => {
  const folder = t.testdir({ 'a.yaml': 'one' })
  const file = join(folder, 'a.yaml')
  const reader = recordingReader(readFromDisk)
  const watch = watchFiles(readAgain([file], readFromDisk))
  reader.read(file)
  writeFileSync(file, 'one and two')
  watch.settle(reader.readings())
  t.notOk(watch.look())
  t.ok(watch.look())
})

t.test('content is what tells two readings apart, not when or where it was written', async (t) => {
  const folder = t.testdir({ 'a.yaml': 'one', secret: 'x' })
  const files = [join(folder, 'a.yaml'), join(folder, 'secret'), join(folder, 'absent')]
  const before = readAgain(files, readFromDisk)
  writeFileSync(join(folder, 'other'), 'one')
  renameSync(join(folder, 'other'), join(folder, 'a.yaml'))
  t.ok(sameContent(before, readAgain(files, readFromDisk)), 'replaced by the same bytes')
  writeFileSync(join(folder, 'secret'), 'y')
  t.notOk(sameContent(before, readAgain(files, readFromDisk)), 'other bytes of the same size')
  writeFileSync(join(folder, 'secret'), 'x')
  writeFileSync(join(folder, 'absent'), '')
  t.notOk(sameContent(before, readAgain(files, readFromDisk)), 'an empty file is not an absent one')
})

t.test('a file that is read twice is one file, whatever is written meanwhile', async (t) => {
  const folder = t.testdir({ secret: 'one' })
  const reader = recordingReader(readFromDisk)
  const file = join(folder, 'secret')
  const first = reader.read(file)
  writeFileSync(file, 'two')
  t.same(reader.read(file), first)
})

t.test('a file that no folder holds any more is detached', async (t) => {
  const folder = t.testdir({ 'a.yaml': 'one' })
  const file = join(folder, 'a.yaml')
  // What a bind mount of a single file is like: held open, and reached by a path that leads to the file itself.
  const held = openSync(file, 'r')
  t.teardown(() => closeSync(held))
  const path = `/proc/self/fd/${held}`
  const detached = () => readAgain([path], readFromDisk).get(path)?.detached
  t.equal(detached(), false)
  const watch = watchFiles(readAgain([path], readFromDisk))
  rmSync(file)
  t.equal(detached(), true)
  watch.look()
  t.ok(watch.look(), 'and that is a change')
})
