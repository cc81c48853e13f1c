import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { bytesText } from '../../../base/errors';
import type { NetKept, WorkerClient } from '../protocol';
import type { State } from '../state';

interface Props {
  readonly nets: readonly NetKept[];
  readonly chosen: string | null;
  readonly fetching: State['fetching'];
  readonly worker: WorkerClient;
  onFiles(files: readonly File[]): void;
  onChoose(name: string | null): void;
}

/** Networks kept in this browser: chosen, added from a file or an address, thrown away. */
export function Nets({ nets, chosen, fetching, worker, onFiles, onChoose }: Props): JSX.Element {
  const chooser = useRef<HTMLInputElement>(null);
  return (
    <fieldset class="nets">
      <legend>Network</legend>
      {nets.length === 0 ? (
        <p class="quiet">
          This way compares pictures as a trained network sees them, so it needs one: SqueezeNet (5 MB) is enough to
          begin with, VGG-19 (575 MB) is better. It stays in this browser.
        </p>
      ) : (
        <label>
          <span class="hidden">Use</span>
          <select value={chosen ?? ''} onChange={(e) => onChoose(e.currentTarget.value || null)} data-test="net">
            <option value="">{nets[0]?.name} (the first there is)</option>
            {nets.map((n) => (
              <option key={n.name} value={n.name}>
                {n.name} ({bytesText(n.bytes)})
              </option>
            ))}
          </select>
        </label>
      )}
      <Offered nets={nets} busy={fetching !== null} worker={worker} />
      <div class="row">
        <button type="button" onClick={() => chooser.current?.click()}>
          Add a file
        </button>
        {chosen !== null && (
          <button
            type="button"
            onClick={() => {
              worker.send({ type: 'dropNet', name: chosen });
              onChoose(null);
            }}
          >
            Remove {chosen}
          </button>
        )}
      </div>
      <input
        ref={chooser}
        type="file"
        accept=".onnx"
        hidden
        data-test="file-net"
        onChange={(e) => onFiles([...(e.currentTarget.files ?? [])])}
      />
      <FetchNet fetching={fetching} worker={worker} />
    </fieldset>
  );
}

/** Networks that `toroid studio` found on its machine; other servers have none to offer. */
function Offered({
  nets,
  busy,
  worker,
}: Pick<Props, 'nets' | 'worker'> & { readonly busy: boolean }): JSX.Element | null {
  const [offered, setOffered] = useState<readonly NetKept[] | null>(null);
  useEffect(() => {
    void fetch(new URL('weights/list.json', location.href))
      .then((answer) => (answer.ok ? (answer.json() as Promise<NetKept[]>) : null))
      .then(setOffered, () => {});
  }, []);
  if (offered === null) return null;
  const more = offered.filter(({ name }) => !nets.some((n) => n.name === name));
  if (more.length === 0 && nets.length === 0) {
    return (
      <p class="quiet">
        None is on this machine: run <code>toroid weights pull squeezenet1.0</code>, then load this page again.
      </p>
    );
  }
  return (
    <div class="row">
      {more.map(({ name, bytes }) => (
        <button
          key={name}
          type="button"
          aria-disabled={busy}
          data-test={`add-${name}`}
          onClick={() => busy || worker.send({ type: 'fetchNet', name, url: `weights/${name}` })}
        >
          Add {name} ({bytesText(bytes)})
        </button>
      ))}
    </div>
  );
}

/** A network from an address, with how far its download is. */
function FetchNet({ fetching, worker }: Pick<Props, 'fetching' | 'worker'>): JSX.Element {
  const [url, setUrl] = useState('');
  const share = fetching?.of ? fetching.bytes / fetching.of : undefined;
  return (
    <>
      <details>
        <summary>From an address on this server</summary>
        <label>
          Address
          <input type="text" inputMode="url" value={url} onInput={(e) => setUrl(e.currentTarget.value)} />
        </label>
        <button
          type="button"
          disabled={url.trim() === '' || fetching !== null}
          onClick={() => worker.send({ type: 'fetchNet', name: url.split('/').at(-1) || 'net', url: url.trim() })}
        >
          Fetch
        </button>
      </details>
      {fetching && (
        <p role="status">
          Adding {fetching.name}: {bytesText(fetching.bytes)}
          {fetching.of ? ` of ${bytesText(fetching.of)}` : ''}
          <progress
            aria-label={`Download of ${fetching.name}`}
            max={1}
            {...(share !== undefined && { value: share })}
          />
        </p>
      )}
    </>
  );
}
