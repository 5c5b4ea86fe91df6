import { cpSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { defineConfig, type Plugin } from 'vite';

const { resolve } = createRequire(import.meta.url);
const packaged = (name: string) => dirname(resolve(`${name}/package.json`));

/** Package, file in it, and the name under which @grafana/ui asks for it. */
const FONTS = [
  ['@fontsource/inter', 'inter-latin-400-normal.woff2', 'inter/Inter-Regular.woff2'],
  ['@fontsource/inter', 'inter-latin-500-normal.woff2', 'inter/Inter-Medium.woff2'],
  [
    '@fontsource/roboto-mono',
    'roboto-mono-latin-400-normal.woff2',
    'roboto/L0xTDF4xlVMF-BfR8bXMIhJHg45mwgGEFl0_3vrtSM1J-gEPT5Ese6hmHSh0mQ.woff2',
  ],
] as const;

/** Lay icons and fonts where the styles of @grafana/ui look for them, as a Grafana server does. */
function publicFiles(): Plugin {
  let built = '';
  return {
    name: 'public-files',
    configResolved: (config) => void (built = join(config.root, config.build.outDir)),
    closeBundle() {
      cpSync(join(packaged('@grafana/ui'), 'dist/public/img/icons'), join(built, 'build/img/icons'), { recursive: true });
      for (const [font, file, asked] of FONTS) {
        const target = join(built, 'fonts', asked);
        mkdirSync(dirname(target), { recursive: true });
        cpSync(join(packaged(font), 'files', file), target);
      }
    },
  };
}

export default defineConfig({
  base: '/',
  plugins: [publicFiles()],
  build: { outDir: 'dist', emptyOutDir: true, chunkSizeWarningLimit: 10_000, reportCompressedSize: false },
});
