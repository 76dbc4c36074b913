#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import module from 'node:module'

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
const [only, ...others] = process.argv.slice(2)

if (others.length === 0 && (only === '--version' || only === '-V')) {
  process.stdout.on('error', () => {})
  process.stdout.write(`${version}\n`)
} else {
  module.enableCompileCache?.()
  const { main } = await import('../dist/main.mjs')
  process.exitCode = await main(process, version)
}
