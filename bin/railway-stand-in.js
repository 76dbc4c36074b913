#!/usr/bin/env node
import { railwayStandIn } from '../dist/railway-stand-in.mjs'

const { env, stdout, stderr } = process
process.exitCode = await railwayStandIn({ argv: process.argv.slice(2), env, stdout, stderr })
