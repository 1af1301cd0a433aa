/** WebAssembly as every JavaScript host has it; TypeScript describes it for browsers only. */
export interface Module {
  readonly __module: never
}

export interface Memory {
  readonly buffer: ArrayBuffer
}

interface Host {
  readonly compile: (bytes: Uint8Array) => Promise<Module>
  readonly Memory: new (size: { readonly initial: number; readonly maximum: number }) => Memory
  readonly Instance: new (
    module: Module,
    imports: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
  ) => { readonly exports: unknown }
}

export const { WebAssembly } = globalThis as unknown as { readonly WebAssembly: Host } // no types without a browser's
