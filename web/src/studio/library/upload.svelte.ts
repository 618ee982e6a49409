import type { Channel } from "../../shared/types.ts";
import { isSameName } from "../../shared/search.ts";
import { Backoff } from "../../shared/net/backoff.ts";
import { Meter } from "./meter.ts";

/**
 * "queued": waits for others. "sending": bytes go out. "waiting": the server is away; it goes on by itself. "paused":
 * by the person. "arrived": the server has all of it and looks into it. "stopped": it does not go on by itself; why
 * is in `fault`.
 */
export type Phase = "queued" | "sending" | "waiting" | "paused" | "arrived" | "stopped";

/** A file that this page sends. */
export class Upload {
  readonly file: File;
  /** The channel whose playlist it is to join, "" for none. */
  readonly channel: Channel["slug"];
  /** The server's, of the upload and of the video it becomes; null until it has begun. */
  id = $state<string | null>(null);
  phase = $state<Phase>("queued");
  sentBytes = $state(0);
  fault = $state("");
  readonly meter = new Meter();
  readonly backoff = new Backoff(500, 8000);
  /** Ends the attempt under way. */
  stop: () => void = () => undefined;

  constructor(file: File, channel: string, id: string | null = null) {
    this.file = file;
    this.channel = channel;
    this.id = id;
  }

  /** It occupies one of the places for what is sent at the same time. */
  get isActive(): boolean {
    return this.phase === "sending" || this.phase === "waiting";
  }

  /** Something of it is yet to be sent. */
  get isUnsent(): boolean {
    return this.phase !== "arrived" && this.phase !== "stopped";
  }

  isSameFileAs(file: File): boolean {
    const { name, size, lastModified } = this.file;
    return isSameName(name, file.name) && size === file.size && lastModified === file.lastModified;
  }
}
