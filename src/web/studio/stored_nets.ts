import type { Nets } from '../../app/platform';
import { EngineError } from '../../base/errors';
import { listNets, netNamed } from './net_store';

const ADD = 'Drop an ONNX file of SqueezeNet or a VGG on the page.';

/** The networks kept in this browser, as those of a job. */
export const storedNets: Nets = {
  first: async () => (await listNets())[0]?.name,
  check: async (name) => {
    const names = (await listNets()).map((n) => n.name);
    if (names.includes(name)) return;
    const others = names.length > 0 ? `; there is ${names.join(', ')}` : '';
    throw new EngineError(
      'WeightsError',
      `the network ${name} is not kept in this browser${others}`,
      names.length > 0 ? 'Choose one of them, or add the file.' : ADD,
    );
  },
  load: (name) => netNamed(name),
  none: (recipe) =>
    new EngineError('WeightsError', `${recipe} looks through a network, and none is kept in this browser`, ADD),
};
