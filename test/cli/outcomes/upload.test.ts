import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { ProcessRequest, RunProcess } from '../../../src/kit/run-process.ts'
import { firstCommit, type RunOptions, runStandIn, type Stage } from '../../support/stage.ts'
import { aDeployedStage, codeServices, deploymentsOf, failureOf, notesOf } from './deployed-stage.ts'

const code = { artisan: '#!/usr/bin/env php\n', 'app/Invoice.php': '<?php class Invoice {}\n' }

/** A directory with these files; its name has spaces, quotes and a dash in front. */
async function aDirectory(files: Record<string, string> = code): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'fakturino-upload-'))
  onTestFinished(() => rm(root, { recursive: true, force: true }))
  const directory = join(root, `-the "code" of $(id)`)
  await mkdir(directory)
  await write(directory, files)
  return directory
}

async function write(directory: string, files: Record<string, string>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(directory, path)), { recursive: true })
    await writeFile(join(directory, path), text)
  }
}

/** Keeps what was started, and lets something else come of it. */
function recording(run: RunProcess = runStandIn): { started: ProcessRequest[]; runProcess: RunProcess } {
  const started: ProcessRequest[] = []
  return {
    started,
    runProcess: (request) => {
      started.push(request)
      return run(request)
    },
  }
}

const deployed = (stage: Stage, directory: string, options: RunOptions = {}, ...more: string[]) =>
  stage.run(['deploy', '-e', 'staging', '--upload', directory, '--yes', '--json', ...more], options)

/** What kind of code each service runs, and how many deployments it has had. */
const runs = (stage: Stage) =>
  codeServices.map((service) => {
    const all = deploymentsOf(stage, 'staging', service)
    return [service, all.filter(({ status }) => status === 'SUCCESS').map(({ origin }) => origin.kind), all.length]
  })

const revisionOf = (answer: Record<string, unknown> | undefined) => String(answer?.commit)

describe('deploy --upload', () => {
  it('brings the code of a directory to every service of the codebase, at one revision, verified like any deploy', async () => {
    const stage = await aDeployedStage()
    const { exitCode, documents, stderr } = await deployed(stage, await aDirectory())
    expect(exitCode, stderr).toBe(0)
    expect(runs(stage)).toEqual(codeServices.map((service) => [service, ['upload'], 2]))
    const answer = documents.at(-1)
    expect(revisionOf(answer)).toMatch(/^upload-[0-9a-f]{64}$/)
    expect(answer).toMatchObject({ verdict: 'pass', previousCommit: firstCommit })
    expect(documents).toContainEqual(expect.objectContaining({ type: 'code-read', files: 2, bytes: 42 }))
    const [release] = notesOf(stage).releases
    expect(release).toMatchObject({ commit: answer?.commit, previousCommit: firstCommit, verdict: 'pass' })
  })

  it('starts the stand-in with ids and the directory as it is called, and no token in its arguments', async () => {
    const stage = await aDeployedStage()
    const { started, runProcess } = recording()
    const directory = await aDirectory()
    await deployed(stage, directory, { runProcess })
    expect(started).toHaveLength(3)
    const { id, project } = stage.platform.world.environmentNamed('staging')
    const [first] = started
    expect(first?.argv.slice(1)).toEqual([
      ...['up', directory, '--path-as-root', '--project', project.id, '--environment', id],
      ...['--service', stage.platform.world.serviceNamed('api').id, '--detach', '--json'],
    ])
    const { account } = stage.platform.address.tokens
    expect(started.flatMap(({ argv }) => argv).join('\n')).not.toContain(account)
    expect(first?.env.RAILWAY_API_TOKEN).toBe(account)
  })

  it('has nothing to do where that very code runs already', async () => {
    const stage = await aDeployedStage()
    const directory = await aDirectory()
    await deployed(stage, directory)
    const { started, runProcess } = recording()
    const { exitCode, documents } = await deployed(stage, directory, { runProcess })
    expect(exitCode).toBe(0)
    expect(documents.at(-1)).toMatchObject({ type: 'answer', changes: 0 })
    expect(started).toEqual([])
  })

  it('is put back with --auto-rollback where the code does not stay live', async () => {
    const stage = await aDeployedStage()
    const directory = await aDirectory({ ...code, '.rehearsal-behaviour': 'crash-after-success\n' })
    const { exitCode } = await deployed(stage, directory, {}, '--auto-rollback')
    expect(exitCode).toBe(3)
    expect(runs(stage).map(([service, kinds]) => [service, kinds])).toEqual(
      codeServices.map((service) => [service, ['commit']]),
    )
  })

  it('is put back to the uploaded code before it, and plan has nothing to do then', async () => {
    const stage = await aDeployedStage()
    await deployed(stage, await aDirectory())
    const bad = await aDirectory({ ...code, '.rehearsal-behaviour': 'crash-after-success' })
    const { exitCode, stderr, stdout } = await deployed(stage, bad, {}, '--auto-rollback')
    expect(exitCode, stderr + stdout).toBe(3)
    const serving = codeServices.map((service) => {
      const live = deploymentsOf(stage, 'staging', service).filter(({ status }) => status === 'SUCCESS')
      return live.map(({ origin }) => (origin.kind === 'upload' ? origin.commit.behaviour : origin.kind))
    })
    expect(serving).toEqual([['healthy'], ['healthy'], ['healthy']])
    const { documents } = await stage.run(['plan', '-e', 'staging', '--json'])
    expect(documents[0]).toMatchObject({ changes: [], deployments: [] })
  })

  it('says which migration of the code failed, and leaves the rest alone', async () => {
    const stage = await aDeployedStage()
    const directory = await aDirectory({ ...code, '.rehearsal-behaviour': 'failing-migration' })
    const ran = await deployed(stage, directory)
    expect(ran.exitCode).toBe(1)
    expect(failureOf(ran).message).toContain('add_reference_to_invoices')
    expect(runs(stage)).toEqual([
      ['api', ['commit'], 2],
      ['worker', ['commit'], 1],
      ['scheduler', ['commit'], 1],
    ])
  })

  it('finds the deployment of an upload whose answer was lost, and sends nothing twice', async () => {
    const stage = await aDeployedStage()
    const { started, runProcess } = recording(async (request) => {
      await runStandIn({ ...request, tell: async () => {} })
      await request.tell('stdout', '{"error":"error sending request for url","code":"ERROR","hint":null}\n')
      return { kind: 'exited', code: 1 }
    })
    const { exitCode, stderr } = await deployed(stage, await aDirectory(), { runProcess })
    expect(exitCode, stderr).toBe(0)
    expect(started).toHaveLength(3)
    expect(runs(stage)).toEqual(codeServices.map((service) => [service, ['upload'], 2]))
  })

  it('ends unfinished where no deployment shows up, and sends nothing again', async () => {
    const stage = await aDeployedStage()
    const { started, runProcess } = recording(async () => ({ kind: 'killed', by: 'SIGKILL' }))
    const ran = await deployed(stage, await aDirectory(), { runProcess })
    expect(ran.exitCode).toBe(6)
    expect(failureOf(ran)).toMatchObject({ code: 'upload-unknown' })
    expect(started).toHaveLength(1)
  })

  it('goes on with an upload that was ended in the middle, without a second one of what is there', async () => {
    const stage = await aDeployedStage()
    const directory = await aDirectory()
    const { runProcess } = recording()
    let left = 2
    const ending: RunProcess = async (request) => {
      left -= 1
      if (left < 0) return { kind: 'killed', by: 'SIGKILL' }
      return runProcess(request)
    }
    const { exitCode } = await deployed(stage, directory, { runProcess: ending })
    expect(exitCode).toBe(6)
    const again = await deployed(stage, directory)
    expect(again.exitCode, again.stderr).toBe(0)
    expect(runs(stage)).toEqual(codeServices.map((service) => [service, ['upload'], 2]))
  })

  it('works with a project token', async () => {
    const stage = await aDeployedStage()
    const token = stage.platform.address.tokens.project.staging ?? ''
    const { started, runProcess } = recording()
    const env = { RAILWAY_TOKEN: token }
    const { exitCode, stderr } = await deployed(stage, await aDirectory(), { runProcess, env })
    expect(exitCode, stderr).toBe(0)
    expect(started[0]?.env).toMatchObject({ RAILWAY_TOKEN: token })
    expect(started[0]?.env).not.toHaveProperty('RAILWAY_API_TOKEN')
  })

  it('deploys only the services that are named, once it is allowed that they part from the others', async () => {
    const stage = await aDeployedStage()
    const directory = await aDirectory()
    const refused = await deployed(stage, directory, {}, 'worker')
    expect(failureOf(refused)).toMatchObject({ code: 'guard' })
    const { exitCode } = await deployed(stage, directory, {}, 'worker', '--allow', 'split-revision')
    expect(exitCode).toBe(0)
    expect(runs(stage).map(([, kinds]) => kinds)).toEqual([['commit'], ['upload'], ['commit']])
    const { documents } = await stage.run(['status', '-e', 'staging', '--json'])
    expect(JSON.stringify(documents)).toContain('upload-')
  })
})

describe('deploy --upload is refused', () => {
  it.each([
    ['a .env', { '.env': 'APP_KEY=base64:x' }, '.env'],
    ['one for production, further down', { 'backend/.env.production': 'X=1' }, 'backend/.env.production'],
    ['a key of ssh', { id_ed25519: 'x' }, 'id_ed25519'],
    ['a private key under any name', { 'storage/oauth': '-----BEGIN RSA PRIVATE KEY-----\nx' }, 'storage/oauth'],
    ['a .env that only .gitignore names, outside of git', { '.env': 'X=1', '.gitignore': '.env' }, '.env'],
  ])('where the directory holds %s', async (_what, files, named) => {
    const stage = await aDeployedStage()
    const { started, runProcess } = recording()
    const ran = await deployed(stage, await aDirectory({ ...code, ...files }), { runProcess })
    expect(ran.exitCode).toBe(5)
    expect(failureOf(ran)).toMatchObject({ code: 'secret-file', message: expect.stringContaining(named) })
    expect(failureOf(ran).hint).toContain('.railwayignore')
    expect(started).toEqual([])
  })

  it('not where a .railwayignore leaves the secret out, or an example is all there is', async () => {
    const stage = await aDeployedStage()
    const directory = await aDirectory({ ...code, '.env': 'X=1', '.env.example': 'X=', '.railwayignore': '.env\n' })
    const { exitCode, stderr } = await deployed(stage, directory)
    expect(exitCode, stderr).toBe(0)
  })

  it.each([
    ['there is no such directory', ['--upload', '/nowhere/at/all'], 64, 'There is no directory'],
    ['it is a file', ['--upload', import.meta.filename], 64, 'is no directory'],
    ['a commit is named too', ['--upload', '.', '--commit', 'latest'], 64, '--upload and --commit'],
    ['a plan is named too', ['--upload', '.', '--plan', 'x.plan'], 64, '--upload and --plan'],
  ])('where %s', async (_what, argv, exitCode, words) => {
    const stage = await aDeployedStage()
    const ran = await stage.run(['deploy', '-e', 'staging', '--yes', '--json', ...argv])
    expect(ran.exitCode).toBe(exitCode)
    expect(failureOf(ran).message).toContain(words)
  })

  it('where the directory is empty, or a service that is named runs an image', async () => {
    const stage = await aDeployedStage()
    expect(failureOf(await deployed(stage, await aDirectory({}))).message).toContain('holds no file')
    expect(failureOf(await deployed(stage, await aDirectory(), {}, 'redis')).message).toContain('redis runs an image')
  })

  it('where there is no railway command, with the way to get one', async () => {
    const stage = await aDeployedStage()
    const { runProcess } = recording(async () => ({ kind: 'not-found' }))
    const ran = await deployed(stage, await aDirectory(), { runProcess })
    expect(failureOf(ran)).toMatchObject({ code: 'railway-cli-missing', hint: expect.stringContaining('npm install') })
    expect(runs(stage)).toEqual(codeServices.map((service) => [service, ['commit'], 1]))
  })

  it('where the directory is larger than the platform takes', async () => {
    const stage = await aDeployedStage()
    const ran = await deployed(stage, await aDirectory({ ...code, 'dump.sql': 'x'.repeat(9 * 1024 * 1024) }))
    expect(failureOf(ran)).toMatchObject({ code: 'upload-too-large', hint: expect.stringContaining('.railwayignore') })
  })
})

describe('after an upload', () => {
  it('plan says that no commit runs, and an ordinary deploy has nothing to do', async () => {
    const stage = await aDeployedStage()
    await deployed(stage, await aDirectory())
    const { documents } = await stage.run(['plan', '-e', 'staging', '--json'])
    expect(documents[0]).toMatchObject({ changes: [], deployments: [] })
    expect(JSON.stringify(documents[0]?.notes)).toContain('was uploaded from a directory (upload ')
    const { exitCode } = await stage.run(['deploy', '-e', 'staging', '--yes', '--json'])
    expect(exitCode).toBe(0)
    expect(runs(stage)).toEqual(codeServices.map((service) => [service, ['upload'], 2]))
  })

  it('a deploy that would have to build the code again asks which, and starts nothing', async () => {
    const stage = await aDeployedStage()
    await deployed(stage, await aDirectory())
    const { world } = stage.platform
    const { id } = world.serviceNamed('worker')
    const { config } = world.environmentNamed('staging')
    const variables = config.services?.[id]?.variables
    if (variables === undefined) throw new Error('the worker has variables')
    variables.APP_ENV = { value: 'changed' }
    const ran = await stage.run(['deploy', '-e', 'staging', '--yes', '--json'])
    expect(ran.exitCode).toBe(5)
    expect(failureOf(ran)).toMatchObject({ code: 'uploaded-code', hint: expect.stringContaining('--upload DIR') })
  })

  it('deploy --commit brings a commit again, and rollback the uploaded code by digest or by deployment', async () => {
    const stage = await aDeployedStage()
    const revision = revisionOf((await deployed(stage, await aDirectory())).documents.at(-1))
    const uploaded = deploymentsOf(stage, 'staging', 'api').at(-1)?.id ?? ''
    const commit = ['deploy', '-e', 'staging', '--commit', firstCommit, '--yes', '--json']
    const ordinary = await stage.run(commit)
    expect(ordinary.exitCode, ordinary.stderr).toBe(0)
    expect(ordinary.documents.at(-1)).toMatchObject({ commit: firstCommit, previousCommit: revision })
    for (const to of [`upload-${revision.slice(7, 15)}`, uploaded]) {
      const back = await stage.run(['rollback', 'services', '-e', 'staging', '--to', to, '--yes', '--json'])
      expect(back.exitCode, back.stderr + back.stdout).toBe(0)
      expect(runs(stage).map(([, kinds]) => kinds)).toEqual([['upload'], ['upload'], ['upload']])
      expect((await stage.run(commit)).exitCode).toBe(0)
    }
  })

  it('rollback goes from the uploaded code to the commit before, and status calls it by its digest', async () => {
    const stage = await aDeployedStage()
    const revision = revisionOf((await deployed(stage, await aDirectory())).documents.at(-1))
    const { stdout } = await stage.run(['status', '-e', 'staging'])
    expect(stdout).toContain(`upload ${revision.slice(7, 15)}`)
    const back = await stage.run(['rollback', 'services', '-e', 'staging', '--yes', '--json'])
    expect(back.exitCode, back.stderr).toBe(0)
    expect(runs(stage).map(([, kinds]) => kinds)).toEqual([['commit'], ['commit'], ['commit']])
  })

  it('code that somebody else uploaded reads upload, and no ordinary deploy puts the newest commit in its place', async () => {
    const stage = await aDeployedStage()
    const { platform } = stage
    const { id, project } = platform.world.environmentNamed('staging')
    for (const service of codeServices) {
      const url = new URL(
        `/project/${project.id}/environment/${id}/up?serviceId=${platform.world.serviceNamed(service).id}`,
        platform.address.endpoint,
      )
      const body = JSON.stringify({ files: [{ path: 'artisan', content: '' }] })
      const headers = { authorization: `Bearer ${platform.address.tokens.account}` }
      expect((await fetch(url, { method: 'POST', body, headers })).status).toBe(200)
    }
    await stage.clock.sleep(600_000)
    const { documents } = await stage.run(['plan', '-e', 'staging', '--json'])
    expect(documents[0]).toMatchObject({ deployments: [] })
    expect(JSON.stringify(documents[0]?.notes)).toContain('from a directory (upload)')
  })
})
