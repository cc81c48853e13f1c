import type { JSX } from 'preact';
import { useRef, useState } from 'preact/hooks';
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
      {nets.length === 0 && (
        <p class="quiet">
          This preset looks through a trained network. Drop its ONNX file anywhere on this page (SqueezeNet or a VGG,
          from the ONNX Model Zoo), or give an address on this server. It stays in this browser.
        </p>
      )}
      {nets.length > 0 && (
        <label>
          Use
          <select value={chosen ?? ''} onChange={(e) => onChoose(e.currentTarget.value || null)} data-test="net">
            <option value="">the first that suits</option>
            {nets.map((n) => (
              <option key={n.name} value={n.name}>
                {n.name} ({bytesText(n.bytes)})
              </option>
            ))}
          </select>
        </label>
      )}
      <p class="row">
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
      </p>
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

/** A network from an address, with how far its download is. */
function FetchNet({ fetching, worker }: Pick<Props, 'fetching' | 'worker'>): JSX.Element {
  const [url, setUrl] = useState('');
  const share = fetching?.of ? fetching.bytes / fetching.of : undefined;
  return (
    <>
      <label>
        Address on this server
        <input
          type="text"
          inputMode="url"
          placeholder="/weights/squeezenet1.0"
          value={url}
          onInput={(e) => setUrl(e.currentTarget.value)}
        />
      </label>
      <button
        type="button"
        disabled={url.trim() === '' || fetching !== null}
        onClick={() => worker.send({ type: 'fetchNet', name: url.split('/').at(-1) || 'net', url: url.trim() })}
      >
        Fetch
      </button>
      {fetching && (
        <p role="status">
          {fetching.name}: {bytesText(fetching.bytes)}
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
