/** The wheels that an engine is built from, each by its version and its sha256. Source  PyPI */

/** `cpu` is small; `gpu` can use a GPU and falls back to the CPU. */
export type WheelKind = 'cpu' | 'gpu'

export interface Pin {
  /** The requirement for pip. */
  readonly requirement: string
  /** SHA-256 of each file: one for each Python, or one for all. */
  readonly digests: readonly string[]
}

export const tensorflowVersion = '2.20.0'

/** For CPython 3.9 to 3.13; the libraries inside are the same. */
const tensorflowCpu: Pin = {
  requirement: `tensorflow-cpu==${tensorflowVersion}`,
  digests: [
    '90cf8009bdf60297c23e098b574e053faa5d7872857df110fe13fc58cfa8b5db',
    '1a3ef238410543ee884b64d222775727504407395785d3719a9ee8d016d1c583',
    'cf756bbe2d256e942ab5d0ad2c858fb40017581494febdb4387c149b1afde780',
    'c7a9224185818094ed95c4e114d3efe77241db35fbf0b75251fb2bf6222dd6a7',
    'da6e7791e5e10ec84e6225c45e04fee05f33d7b828c9b61cc905f4146f7c64b5',
  ],
}

const tensorflow: Pin = {
  requirement: `tensorflow==${tensorflowVersion}`,
  digests: [
    '0deb5c583dfc53b54fd158a194ce0087b406bb6518af400ca3809735e4548ec3',
    '7abd7f3a010e0d354dc804182372779a722d474c4d8a3db8f4a3f5baef2a591e',
    '481499fd0f824583de8945be61d5e827898cdaa4f5ea1bc2cc28ca2ccff8229e',
    '25265b0bc527e0d54b1e9cc60c44a24f44a809fe27666b905f0466471f9c52ec',
    '5fa3729b0126f75a99882b89fb7d536515721eda8014a63e259e780ba0a37372',
  ],
}

const nvidia = (name: string, version: string, digest: string): Pin => ({
  requirement: `nvidia-${name}-cu12==${version}`,
  digests: [digest],
})

/** The CUDA libraries that this TensorFlow was built with. */
const cuda: readonly Pin[] = [
  nvidia('cublas', '12.5.3.2', 'ca070ad70e9fa6654084575d01bd001f30cc4665e33d4bb9fc8e0f321caa034b'),
  nvidia('cuda-cupti', '12.5.82', 'bde77a5feb66752ec61db2adfe47f56b941842825b4c7e2068aff27c9d107953'),
  nvidia('cuda-nvcc', '12.5.82', 'b03e545b8e8c3ce7ebcd7fc44063180ff52ff01d064ece2127ed90a04ef12cd0'),
  nvidia('cuda-nvrtc', '12.5.82', '3dbd97b0104b4bfbc3c4f8c79cd2496307c89c43c29a9f83125f1d76296ff3fd'),
  nvidia('cuda-runtime', '12.5.82', '3e79a060e126df40fd3a068f3f787eb000fa51b251ec6cd97d09579632687115'),
  nvidia('cudnn', '9.3.0.75', '9ad9c6929ebb5295eb4a1728024666d1c88283373e265a0c5c883e6f9d5cd76d'),
  nvidia('cufft', '11.2.3.61', '9a6e8df162585750f61983a638104a48c756aa13f9f48e19ab079b38e3c828b8'),
  nvidia('curand', '10.3.6.82', '2823fb27de4e44dbb22394a6adf53aa6e1b013aca0f8c22867d1cfae58405536'),
  nvidia('cusolver', '11.6.3.83', '93cfafacde4428b71778eeb092ec615a02a3d05404da1bcf91c53e3fa1bce42b'),
  nvidia('cusparse', '12.5.1.3', '016df8e993c437e8301e62739f01775cba988fd5253cd4c64173f8e8d2f8e752'),
  nvidia('nccl', '2.25.1', '362aed5963fb9ea2ed2f264409baae30143498fd0e5c503aeaa1badd88cdc54a'),
  nvidia('nvjitlink', '12.5.82', 'f9b37bc5c8cf7509665cb6ada5aaa0ce65618f2332b7d3e78e9790511f111212'),
]

export const pins: { readonly [K in WheelKind]: readonly [Pin, ...Pin[]] } = {
  cpu: [tensorflowCpu],
  gpu: [tensorflow, ...cuda],
}

/** Pythons that TensorFlow has wheels for. */
export const pythonVersions: readonly string[] = ['3.9', '3.10', '3.11', '3.12', '3.13']
