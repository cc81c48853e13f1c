// The studio as `toroid studio` serves it, and a Chromium whose WebGPU is SwiftShader's.
import { spawn } from 'node:child_process';
import packed from '@sparticuz/chromium';
import { chromium } from 'playwright-core';

export async function openStudio() {
  const server = spawn(process.execPath, ['bin/toroid.mjs', 'studio', '--port', '0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const url = await new Promise((resolve) => {
    let said = '';
    server.stdout.on('data', (text) => {
      said += text;
      const [found] = /http:\/\/\S+/.exec(said) ?? [];
      if (found) resolve(found);
    });
  });
  const browser = await chromium.launch({
    executablePath: await packed.executablePath(),
    args: [
      ...['--no-sandbox', '--disable-dev-shm-usage', '--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'],
      ...['--enable-webgpu-developer-features', '--enable-dawn-features=disable_workgroup_init'],
    ],
  });
  const close = async () => {
    await Promise.race([browser.close(), new Promise((over) => setTimeout(over, 5000))]); // it may not answer
    server.kill();
  };
  return { url, browser, close };
}
