import type { BuildOptions, Plugin } from "esbuild";

export declare function textOf(path: string): Promise<string>;
export declare const textImports: Plugin;
export declare const sharedModules: Plugin;
export declare const common: BuildOptions;
export declare const bundles: BuildOptions;
export declare function bundleTexts(): Promise<Record<string, string>>;
export declare function reportText(): Promise<string>;
