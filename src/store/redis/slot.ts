/** Slots of Redis Cluster: CRC16 (XMODEM) of what stands in the first braces, else of the whole key. */
export const slots = 16_384

export function slotOf(key: string): number {
  const from = key.indexOf('{')
  const to = from === -1 ? -1 : key.indexOf('}', from + 1)
  const hashed = to > from + 1 ? key.slice(from + 1, to) : key
  let crc = 0
  for (const byte of Buffer.from(hashed, 'utf8'))
    crc = ((crc << 8) ^ (table[((crc >> 8) ^ byte) & 0xff] ?? 0)) & 0xffff
  return crc % slots
}

const table: readonly number[] = Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8
  for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1
  return crc & 0xffff
})
