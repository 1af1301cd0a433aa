/** The part of WebAssembly that is used here; TypeScript declares it for browsers only. */
export interface Module {
  readonly __module: never
}

export interface Memory {
  readonly buffer: SharedArrayBuffer
  /** By this many pages of 64 KiB. */
  readonly grow: (pages: number) => number
}

export interface Instance {
  readonly exports: unknown
}

interface Size {
  /** In pages of 64 KiB. */
  readonly initial: number
  readonly maximum: number
  readonly shared: true
}

interface Host {
  readonly compile: (bytes: Uint8Array) => Promise<Module>
  readonly Module: new (bytes: Uint8Array) => Module
  readonly Memory: new (size: Size) => Memory
  readonly Instance: new (
    module: Module,
    imports: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
  ) => Instance
}

export const { WebAssembly } = globalThis as unknown as { readonly WebAssembly: Host } // no types without a browser's
