import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { arch, platform } from 'node:os';

/** What is known of the system when no adapter, or only a software one, was found. */
export interface System {
  readonly platform: string;
  readonly arch: string;
  /** Fields of /etc/os-release. */
  readonly release: Readonly<Record<string, string>>;
  readonly root: boolean;
  /** A Vulkan loader is installed, so what is missing is a driver. */
  readonly loader: boolean;
  /** Names of the Vulkan drivers registered. */
  readonly drivers: readonly string[];
  /** The variable that tells the Vulkan loader to use other drivers than those, if one is set. */
  readonly override?: string;
  /** apt's sources are in the deb822 form of `SOURCES`, not in the one-line form of sources.list. */
  readonly deb822?: boolean;
  /** The kernel's NVIDIA driver is loaded. */
  readonly nvidia: boolean;
}

const SOURCES = '/etc/apt/sources.list.d/debian.sources';

export function inspectSystem(): System {
  const release: Record<string, string> = {};
  if (existsSync('/etc/os-release')) {
    for (const [, key, value] of readFileSync('/etc/os-release', 'utf8').matchAll(/^(\w+)="?(.*?)"?$/gm)) {
      if (key !== undefined && value !== undefined) release[key] = value;
    }
  }
  const list = (folder: string): string[] => (existsSync(folder) ? readdirSync(folder) : []);
  const libraries = [
    '/lib',
    '/usr/lib',
    '/usr/lib64',
    '/lib64',
    '/usr/local/lib',
    '/lib/x86_64-linux-gnu',
    '/usr/lib/x86_64-linux-gnu',
    '/usr/lib/aarch64-linux-gnu',
  ];
  const drivers = ['/etc/vulkan/icd.d', '/usr/share/vulkan/icd.d', '/usr/local/share/vulkan/icd.d'].flatMap(list);
  const override = ['VK_DRIVER_FILES', 'VK_ICD_FILENAMES'].find((name) => process.env[name]);
  return {
    platform: platform(),
    arch: arch(),
    release,
    root: process.getuid?.() === 0,
    loader: libraries.some((folder) => existsSync(`${folder}/libvulkan.so.1`)),
    drivers: [...new Set(drivers.filter((f) => f.endsWith('.json')))].sort(),
    ...(override !== undefined && { override: `${override}=${process.env[override]}` }),
    deb822: existsSync(SOURCES),
    nvidia: existsSync('/proc/driver/nvidia/version'),
  };
}

export interface DriverHint {
  readonly why: string;
  /** One line to paste into a shell, where one is enough. */
  readonly command?: string;
}

/**
 * The one thing that makes this system compute, or null when there is nothing to mend.
 * @param found whether an adapter was found, and whether it is only software.
 */
export function driverHint(found: 'gpu' | 'software' | 'none', system: System): DriverHint | null {
  if (found === 'gpu') return null;
  if (system.nvidia && !system.drivers.some((d) => d.includes('nvidia'))) {
    return {
      why:
        'An NVIDIA driver is loaded, but its Vulkan part is not visible here. In a container, start it with ' +
        'NVIDIA_DRIVER_CAPABILITIES=all; on the machine itself, install the full driver (not the "compute" one).',
    };
  }
  if (found === 'software') return null;
  if (system.override !== undefined) {
    return {
      why: `${system.override} is set, and that driver gives no adapter.`,
      command: 'unset VK_DRIVER_FILES VK_ICD_FILENAMES',
    };
  }
  if (system.platform !== 'linux') {
    return { why: 'No adapter: update the graphics driver. macOS and Windows need nothing else installed.' };
  }
  return { why: missing(system), ...install(system) };
}

function missing({ loader, drivers }: System): string {
  if (!loader) return 'The Vulkan loader (libvulkan.so.1) is not installed.';
  if (drivers.length === 0) return 'The Vulkan loader is installed, but no Vulkan driver.';
  return `Vulkan drivers are installed (${drivers.join(', ')}), but none gives a usable adapter: too old, or no such GPU.`;
}

/** A command that adds Debian 12's backports, from the mirror and by the keys of this machine's own first source. */
function addBackports(deb822: boolean, sudo: string): string {
  const to = `${sudo}tee /etc/apt/sources.list.d/backports`;
  return deb822
    ? `awk 'BEGIN{RS=""} NR==1' ${SOURCES} | sed 's/^Suites:.*/Suites: bookworm-backports/' | ${to}.sources`
    : `sed -n 's/^\\(deb .*\\) bookworm main.*/\\1 bookworm-backports main/p' /etc/apt/sources.list | head -n 1 | ${to}.list`;
}

/** Debian 12's own Mesa (22.3) is refused by Dawn; its backports have a new one. */
function install({ release, root, arch: cpu, deb822 = false }: System): { command?: string } {
  const family = `${release.ID ?? ''} ${release.ID_LIKE ?? ''}`;
  const sudo = root ? '' : 'sudo ';
  const is = (name: string): boolean => family.split(' ').includes(name);
  if (release.ID === 'debian' && release.VERSION_ID === '12') {
    const packages = `${sudo}apt-get install -y -t bookworm-backports mesa-vulkan-drivers libvulkan1`;
    return { command: `${addBackports(deb822, sudo)} && ${sudo}apt-get update && ${packages}` };
  }
  if (is('debian') || is('ubuntu')) {
    return { command: `${sudo}apt-get update && ${sudo}apt-get install -y mesa-vulkan-drivers libvulkan1` };
  }
  if (is('fedora') || is('rhel')) return { command: `${sudo}dnf install -y mesa-vulkan-drivers vulkan-loader` };
  if (is('arch')) return { command: `${sudo}pacman -S --needed vulkan-swrast vulkan-icd-loader` };
  if (cpu === 'x64' && !is('alpine')) return { command: 'npm install @sparticuz/chromium' };
  return {};
}
