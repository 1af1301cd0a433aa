/** Facts on runs, their folders and schedules, as the page of messages shows them. */
import type { Examples } from './examples.js'

const folder = 'runs/mine'
const file = 'dsl/mine.ts'
const differences = [{ at: 'schedule.0.epochs', began: '5', now: '3' }]
const [began, now] = ['0a1b2c3d4e5f6a7b', '1b2c3d4e5f6a7b8c']
const data = ['cats', 'frogs', 'ships']

const folders = {
  FileMissing: [{ file: 'model.safetensors' }],
  FileFailed: [{ file: 'results/table.md', reason: 'EACCES: permission denied' }],
  BadFile: [{ file: 'model.safetensors', fault: { _tag: 'NotAModel', found: 'other' } }],
  NothingToResume: [{ folder }],
  NothingRanked: [{ folder, at: 'maxPool' }],
  RunUnfinished: [{ folder }],
  RunThere: [{ folder }],
  FileThere: [{ file: 'dsl/photos.ts' }],
  RunLocked: [{ folder, pid: 4242, host: 'node7' }],
  RunLost: [{ folder }],
  LockTakenOver: [{ folder, pid: 4242 }],
  LogMended: [
    { file: 'runs/mine/events.jsonl', kept: 0, known: 9000 },
    { file: 'runs/mine/events.jsonl', kept: 8000, known: 9000 },
  ],
  Damaged: [
    { expected: '', got: began },
    { expected: began, got: now },
  ],
  OtherRun: [{ file: 'runs/mine/checkpoint.safetensors' }],
} satisfies Partial<Examples>

const resumed = {
  DoneDiffers: [{ folder, differences }],
  OutDiffers: [{ folder, out: 'runs/other' }],
  ImagesLost: [{ folder, images: 2, first: { _tag: 'ReadFailed', file: 'a.jpg', reason: 'EIO' } }],
  ExperimentDiffers: [{ folder, differences }],
  VariantDiffers: [{ folder, differences }],
  ModelDiffers: [{ folder, file: 'resnet18.onnx', began, now }],
  OriginDiffers: [
    { folder, began: 'resnet18.onnx', now: null },
    { folder, began: null, now: 'resnet18.onnx' },
  ],
  RunDiffers: [
    { folder, what: 'seed', began: '0', now: '1' },
    { folder, what: 'engine', began: 'wasm', now: 'tensorflow' },
    { folder, what: 'engine version', began: '2.20.0', now: '2.19.1' },
    { folder, what: 'engine version', began: '2.20.0', now: '2.20.0+oneDNN' },
    { folder, what: 'threads', began: '2', now: '4' },
    { folder, what: 'data checksum', began, now },
    { folder, what: 'training images', began: 'all', now: '500' },
  ],
} satisfies Partial<Examples>

const schedules = {
  NoTeacher: [{ at: '2' }],
  NoTarget: [{ at: '2' }],
  NoValidation: [{ at: '1/0' }],
  AtChance: [{ stage: 3, accuracy: 0.1, chance: 0.12, before: 0.97 }],
  LostTooMuch: [
    { round: 4, within: 0.005, lost: 0.012 },
    { round: 4, within: { relative: 0.02 } },
  ],
  NoGain: [{ growths: 2, minDelta: 0.002 }],
  SiteRemoved: [{ at: 'a' }],
  Stopped: [
    { signal: 'SIGINT', next: 'npm run resume -- runs/mine' },
    { signal: 'SIGINT', next: null },
  ],
} satisfies Partial<Examples>

const functions = {
  NoFunction: [
    { kind: 'layer', name: 'centred', file: null },
    { kind: 'criterion', name: 'strongest', file: null },
    { kind: 'criterion', name: 'strongest', file },
  ],
  SameName: [{ kind: 'pushTerm', name: 'sparse' }],
  FunctionFailed: [{ kind: 'growthRule', name: 'deeper', reason: 'x is not defined' }],
  WrongReturn: [
    {
      kind: 'criterion',
      name: 'strongest',
      fault: { _tag: 'DecodeError', at: 'conv', expected: 'a list of numbers', got: '3' },
    },
  ],
} satisfies Partial<Examples>

const files = {
  ClassesDiffer: [
    { file: 'resnet18.onnx', values: 1000, classes: null, data, remedy: 'head' },
    { file: 'model.safetensors', values: 2, classes: ['cats', 'dogs'], data, remedy: 'data' },
  ],
  NoWeights: [{ file: 'runs/mine/experiment.json' }],
  NoModule: [{ file: 'notes.txt', got: 'a .txt file' }],
  BadModule: [{ file, reason: "Unexpected token ')', 7:12", stack: '' }],
  NoExperiment: [
    { file, fault: { _tag: 'DecodeError', at: '', expected: 'an experiment', got: 'nothing' } },
    { file, fault: { _tag: 'DecodeError', at: 'seeds', expected: 'a whole number ≥ 1', got: '0' } },
  ],
  DecodeError: [
    {
      at: 'schedule.0.learningRate',
      expected: 'a number > 0',
      got: '-1',
      way: [
        { key: '0', kind: 'a step', tag: 'train', name: null },
        { key: 'learningRate', kind: 'a number > 0', tag: null, name: null },
      ],
    },
    {
      at: 'schedule.0.epoch',
      expected: 'nothing',
      got: '8',
      way: [
        { key: '0', kind: 'a step', tag: 'train', name: null },
        { key: 'epoch', kind: 'nothing', tag: null, name: null },
      ],
      known: ['epochs', 'batchSize', 'learningRate'],
    },
  ],
} satisfies Partial<Examples>

export const runFacts = { ...folders, ...resumed, ...schedules, ...functions, ...files }
