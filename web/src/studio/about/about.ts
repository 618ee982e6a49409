/** What runs here, as the API tells it. */
import type { TimeZone } from "../../shared/types.ts";

export type PartKind = "server" | "ffmpeg" | "pages";

/** Something that runs here under a licence, whose name may be "". */
export interface Part {
  readonly kind: PartKind;
  readonly name: string;
  readonly version: string;
  readonly licence: string;
}

export interface About {
  readonly version: string;
  readonly ffmpeg: string;
  readonly python: string;
  readonly database: string;
  readonly timeZone: TimeZone;
  readonly publicUrl: string | null;
  readonly parts: readonly Part[];
}
