import type { Transferred } from "../../core/run/report.ts";
import type { Descriptor } from "./named.ts";

/** Counts what a copy is made of, and how much of it is there. */
export interface CopyProgress {
  /** A blob belongs to the copy. */
  begin(blob: Descriptor): void;
  /** Bytes of it were sent. Those of an attempt that failed are taken back by a negative number. */
  readonly sent: (bytes: number) => void;
  /** It is there: `rest` are those of its bytes that did not have to be sent. */
  end(blob: Descriptor, rest: number): void;
}

/** The configuration of an image has bytes, and is no layer. Its types: https://github.com/opencontainers/image-spec/blob/main/media-types.md */
function layersIn({ mediaType }: Descriptor): number {
  return /^application\/vnd\.(oci\.image\.config|docker\.container\.image)\.v1\+json$/.test(mediaType) ? 0 : 1;
}

/** Bytes between two reports: each layer that ends is one too. */
const step = 2 ** 20;

/** Returns the count of a copy that has not begun. */
export function createProgress(tell: ((state: Transferred) => void) | undefined): CopyProgress {
  const state = { layers: 0, ofLayers: 0, bytes: 0, ofBytes: 0 };
  let told = 0;
  const report = (): void => {
    told = state.bytes;
    tell?.({ ...state });
  };
  return {
    begin(blob) {
      state.ofLayers += layersIn(blob);
      state.ofBytes += blob.size;
    },
    sent(bytes) {
      state.bytes += bytes;
      if (Math.abs(state.bytes - told) >= step) report();
    },
    end(blob, rest) {
      state.layers += layersIn(blob);
      state.bytes += rest;
      report();
    },
  };
}
