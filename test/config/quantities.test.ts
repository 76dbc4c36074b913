import { describe, expect, test } from 'vitest'
import { nearest } from '../../src/config/nearest.ts'
import { durationMs, isDuration, isSize, sizeMB } from '../../src/config/quantities.ts'

describe('durations and sizes', () => {
  test.each([
    ['250ms', 250],
    ['30s', 30_000],
    ['1.5s', 1500],
    ['10m', 600_000],
    ['1h', 3_600_000],
    ['7d', 604_800_000],
  ] as const)('%s is %d ms', (text, ms) => {
    expect(isDuration(text)).toBe(true)
    expect(durationMs(text)).toBe(ms)
  })

  test.each([
    ['256MB', 256],
    ['1GB', 1024],
    ['10GB', 10_240],
    ['0.5GB', 512],
  ] as const)('%s is %d MB', (text, mb) => {
    expect(isSize(text)).toBe(true)
    expect(sizeMB(text)).toBe(mb)
  })

  test.each(['', '30', 's', '30 s', '-1s', '1w', '30S', 30, null])('%j is no duration', (value) => {
    expect(isDuration(value)).toBe(false)
  })

  test.each(['10', '10gb', '10 GB', 'GB', '0MB', 1024, undefined])('%j is no size', (value) => {
    expect(isSize(value)).toBe(false)
  })
})

describe('the nearest name', () => {
  const services = ['api', 'worker', 'scheduler', 'postgres', 'redis']
  test.each([
    ['postgrs', 'postgres'],
    ['Postgres', 'postgres'],
    ['wroker', 'worker'],
    ['REDIS_HOST', undefined],
    ['mysql', undefined],
  ])('of %s is %s', (word, name) => {
    expect(nearest(word, services)).toBe(name)
  })

  test('ignores separators', () => {
    expect(nearest('REDIS_HOST', ['REDISPORT', 'REDISHOST'])).toBe('REDISHOST')
  })
})
