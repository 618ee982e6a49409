import { countText } from "../../shared/format.ts";
import { ApiError, api, sentenceOf } from "../../shared/net/api.ts";
import { events } from "../../shared/net/events.svelte.ts";
import { router } from "../../shared/router.svelte.ts";
import { may } from "../../shared/net/permission.ts";
import { session } from "../../shared/net/session.svelte.ts";
import { toasts } from "../../shared/ui/toasts.svelte.ts";
import type { Video } from "../../shared/types.ts";
import { untrack } from "svelte";
import { Movement, isArrival, isResumable, mismatch, next, noticesOf, tallyText, type Tally } from "./arrivals.ts";
import type { Selected } from "./dropped.ts";
import { isOf, send, type Failure } from "./sending.ts";
import { Upload } from "./upload.svelte.ts";

const GONE = "The server no longer has this upload: it was removed, or has expired.";
const TAKEN = "Another page or program has taken over this upload.";
const REMOVED_AFTER_MS = 8000;

/** So long a video may take from being one to its place in a playlist, and the news of that to this page. */
const JOINS_WITHIN_MS = 10_000;

/**
 * Everything that this page sends. It belongs to no component, so uploads go on while the person looks at other
 * pages. What the server knows comes from the topic `videos`.
 */
class Uploads {
  #all = $state.raw<readonly Upload[]>([]);
  #channels = $state.raw<ReadonlySet<string>>(new Set());
  /** The channels of what was accepted a moment ago. */
  #joined = $state.raw<readonly string[]>([]);
  /** Being removed, with a way back for some seconds. */
  #leaving = $state.raw<ReadonlySet<string>>(new Set());
  /** Begun by somebody else, who alone may go on with them or take them back. */
  #foreign = $state.raw<ReadonlySet<string | null>>(new Set());
  /** When each of these is removed for good. */
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();
  /** How many files of this batch have become videos. A batch lasts as long as something of it is here. */
  #done = $state(0);
  /** What the topic had last. */
  #known: ReadonlySet<string> = new Set();
  readonly #movement = new Movement();

  readonly #videos: readonly Video[] | undefined = $derived.by(
    () => (events.value("videos") as { readonly videos: readonly Video[] } | undefined)?.videos,
  );
  readonly #isBusy: boolean = $derived(this.#all.length > 0);
  readonly isUnsent: boolean = $derived(this.#all.some(({ isUnsent }) => isUnsent));
  readonly #own: ReadonlySet<string | null> = $derived(new Set(this.#all.map(({ id }) => id)));

  /** What is coming in from elsewhere, or was begun before this page was loaded, or was refused then. */
  readonly others: readonly Video[] = $derived.by(() =>
    (this.#videos ?? []).filter((video) => isArrival(video) && !this.#own.has(video.id) && !this.#leaving.has(video.id)),
  );

  /** What the server has refused, and what nobody could go on with: to be dismissed. */
  readonly refused: readonly Video[] = $derived.by(() =>
    (this.#videos ?? []).filter((video) => video.state === "failed" && isArrival(video) && !this.#leaving.has(video.id)),
  );
  readonly #refusedIds: ReadonlySet<string> = $derived(new Set(this.refused.map(({ id }) => id)));

  /** How far what this page sends has come. */
  readonly tally: Tally = $derived.by(() => {
    const failed = this.#all.filter((upload) => this.#hasFailed(upload)).length;
    return { done: this.#done, failed, total: this.#all.length === 0 ? 0 : this.#done + this.#all.length };
  });

  /** How much of it has been sent, of 1. */
  readonly share: number = $derived.by(() => {
    const size = this.#all.reduce((sum, { file }) => sum + file.size, 0);
    return size > 0 ? this.#all.reduce((sum, { sentBytes }) => sum + sentBytes, 0) / size : 0;
  });

  /** Say whether something is being sent, or will be. */
  readonly isRunning: boolean = $derived(this.#all.some((upload) => !this.#hasFailed(upload)));

  constructor() {
    addEventListener("pagehide", () => this.#endAll());
    $effect.root(() => {
      $effect(() => (this.#isBusy ? events.subscribe("videos") : undefined));
      $effect(() => this.#settle(this.#videos));
      $effect(() => {
        if (events.connection === "open") untrack(() => this.#hurry());
      });
      let wasRunning = false;
      $effect(() => {
        if (wasRunning && !this.isRunning) untrack(() => this.#conclude());
        wasRunning = this.isRunning;
      });
      $effect(() => {
        if (!this.isUnsent) return;
        addEventListener("beforeunload", ask);
        return () => removeEventListener("beforeunload", ask);
      });
    });
  }

  get all(): readonly Upload[] {
    return this.#all;
  }

  /** Say whether another page or program has sent something of an upload in the last seconds. */
  isMoving(id: string): boolean {
    return this.#movement.isMoving(id, performance.now());
  }

  /** The channels that files of this page were to join, since it was loaded. */
  get channels(): ReadonlySet<string> {
    return this.#channels;
  }

  /** Say whether something of this page is on its way to a channel. */
  isComingTo(channel: string): boolean {
    if (this.#joined.includes(channel)) return true;
    return this.#all.some((one) => one.channel === channel && one.phase !== "stopped" && !this.#isRefused(one));
  }

  /** Send files; return how many. channel: whose playlist they are to join, "" for none. */
  add({ files, leftOut }: Selected, channel: string): number {
    const empty = files.filter(({ size }) => size === 0);
    const fresh = files.filter((file) => file.size > 0 && !this.#all.some((one) => one.isUnsent && one.isSameFileAs(file)));
    this.#take(fresh.map((file) => new Upload(file, channel)));
    if (leftOut > 0) toasts.say(`${countText(leftOut, "file")} in the folder skipped: not ${leftOut === 1 ? "a video" : "videos"}.`);
    if (empty[0]) toasts.warn(empty.length === 1 ? `“${empty[0].name}” is empty.` : `${empty.length} files are empty.`);
    if (channel !== "" && fresh.length > 0) this.#channels = new Set([...this.#channels, channel]);
    this.#fill();
    return fresh.length;
  }

  #take(uploads: readonly Upload[]): void {
    if (!this.isRunning) this.#done = 0; // another batch
    this.#all = [...this.#all, ...uploads];
  }

  /** Say how a batch ended to somebody who looks at another page than the library, which shows it. */
  #conclude(): void {
    const [done, { failed }] = [this.#done, this.tally];
    if (done + failed === 0 || (router.parts[1] ?? "library") === "library") return;
    if (failed === 0) return toasts.say(`${countText(done, "video")} uploaded.`);
    const show = { label: "Show", act: () => router.go("/studio/library") };
    toasts.warn(`${tallyText({ done, failed, total: done + failed })}.`, show);
  }

  /** Go on with an upload that was begun before; say what is wrong with the file, "" if nothing is. */
  async giveAgain(video: Video, file: File): Promise<string> {
    try {
      const isSame = file.size === video.sizeBytes && (await isOf(video.id, file));
      const fault = mismatch(video, file, isSame);
      if (fault === "" && !this.#own.has(video.id)) {
        this.#take([new Upload(file, "", video.id)]);
        this.#fill();
      }
      return fault;
    } catch {
      return "Cannot reach the server. Try again when it is back.";
    }
  }

  /** Whether it has turned out to be another person's. */
  isForeign(id: string): boolean {
    return this.#foreign.has(id);
  }

  pause(upload: Upload): void {
    upload.stop();
    upload.backoff.reset();
    upload.phase = "paused";
    this.#fill();
  }

  /** Go on where it was, or from the beginning where the server has nothing of it. */
  resume(upload: Upload): void {
    upload.fault = "";
    upload.phase = "queued";
    this.#fill();
  }

  pauseAll(some: readonly Upload[]): void {
    for (const one of some.filter(({ isUnsent }) => isUnsent)) {
      one.stop();
      one.backoff.reset();
      one.phase = "paused";
    }
  }

  resumeAll(some: readonly Upload[]): void {
    for (const one of some) if (one.phase === "paused") one.phase = "queued";
    this.#fill();
  }

  /** Stop sending a file, and let the server forget it, unless the person thinks better of it. */
  cancel(upload: Upload): void {
    const { id, phase } = upload;
    upload.stop();
    upload.backoff.reset();
    this.#forget(upload);
    const goOn = (): void => {
      upload.phase = phase === "paused" || phase === "stopped" ? phase : "queued";
      this.#all = [...this.#all, upload];
      this.#fill();
    };
    const keep = id === null ? goOn : this.#remove(id, goOn);
    toasts.say(`“${upload.file.name}” was not uploaded.`, keep);
    this.#fill();
  }

  /** Remove what is left of an upload, or the news that it was refused. */
  dismiss(video: Video): void {
    const own = this.#all.find(({ id }) => id === video.id);
    if (own) this.#forget(own);
    if (video.state === "failed") {
      this.#leave(video.id);
      void this.#end(video.id);
    } else {
      toasts.say(`The unfinished upload of “${video.name}” was removed.`, this.#remove(video.id, () => undefined));
    }
  }

  /** Remove the news of everything that failed, and what is left of it. */
  dismissAll(): void {
    for (const video of this.refused) this.dismiss(video);
    const stopped = this.#all.filter(({ phase }) => phase === "stopped");
    if (stopped.length === 0) return;
    const back = stopped.map((upload) => {
      this.#forget(upload);
      const isOurs = upload.id !== null && upload.fault !== TAKEN;
      return isOurs && upload.id !== null ? this.#remove(upload.id, () => undefined) : () => undefined;
    });
    toasts.say(`${countText(stopped.length, "failed upload")} dismissed.`, () => {
      for (const keep of back) keep();
      this.#all = [...this.#all, ...stopped];
    });
  }

  #hasFailed({ phase, id }: Upload): boolean {
    return phase === "stopped" || (id !== null && this.#refusedIds.has(id));
  }

  // --- removal, with a way back

  /** Remove an upload in some seconds; return how to think better of it. */
  #remove(id: string, undone: () => void): () => void {
    this.#leave(id);
    this.#timers.set(id, setTimeout(() => void this.#end(id), REMOVED_AFTER_MS));
    return () => {
      this.#forgo(id);
      this.#stay(id);
      undone();
    };
  }

  #leave(id: string): void {
    this.#leaving = new Set([...this.#leaving, id]);
  }

  #stay(id: string): void {
    this.#leaving = new Set([...this.#leaving].filter((one) => one !== id));
  }

  #forgo(id: string): void {
    clearTimeout(this.#timers.get(id));
    this.#timers.delete(id);
  }

  /** The page goes, and with it the way back: what is being removed is removed now, as the browser will let us. */
  #endAll(): void {
    for (const id of [...this.#timers.keys()]) void this.#end(id, true);
  }

  async #end(id: string, isLast = false): Promise<void> {
    this.#forgo(id);
    try {
      // Who may upload may take back what is not a video yet, and no more than that.
      if (may("library:edit")) await api.delete(`api/videos/${id}`, { keepalive: isLast });
      else await api.delete(`api/uploads/${id}`, { keepalive: isLast, headers: { "tus-resumable": "1.0.0" } });
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) return; // somebody was faster
      if (error instanceof ApiError && error.status === 403) this.#foreign = new Set([...this.#foreign, id]);
      this.#stay(id);
      toasts.warn(sentenceOf(error));
    }
  }

  // --- sending

  /** Begin what may begin. What the server already has must be known first: parts of the same files may be there. */
  #fill(): void {
    if (this.#videos === undefined) return;
    for (const upload of next(this.#all.filter((one) => !this.#isRefused(one)))) void this.#begin(upload);
  }

  async #begin(upload: Upload): Promise<void> {
    let isStopped = false;
    upload.stop = () => (isStopped = true);
    upload.phase = "sending";
    upload.meter.reset();
    if (upload.id === null) {
      const id = await this.#begunBefore(upload).catch(() => null);
      if (isStopped) return;
      upload.id = id;
    }
    const shown = session.proof;
    upload.stop = send(
      { file: upload.file, channel: upload.channel, id: upload.id },
      {
        begun: (id) => (upload.id = id),
        progress: (bytes) => {
          upload.sentBytes = bytes;
          upload.meter.note(bytes, performance.now());
          upload.backoff.reset();
        },
        arrived: () => this.#onArrival(upload),
        failed: (failure) => this.#onFailure(upload, failure, shown),
      },
    );
  }

  /** Return the unfinished upload of the same file to the same place that nobody sends, null if there is none. */
  async #begunBefore({ file, channel }: Upload): Promise<string | null> {
    for (const { id, sizeBytes } of this.others.filter(isResumable)) {
      if (sizeBytes === file.size && !this.isMoving(id) && !this.isForeign(id) && (await isOf(id, file, channel)) && !this.#own.has(id)) return id;
    }
    return null;
  }

  #onArrival(upload: Upload): void {
    upload.sentBytes = upload.file.size;
    upload.phase = "arrived";
    this.#settle(this.#videos);
    this.#fill();
  }

  #onFailure(upload: Upload, { kind, message }: Failure, shown: string): void {
    if (kind === "away") {
      upload.phase = "waiting";
      upload.backoff.retry(() => void this.#begin(upload));
    } else if (kind === "token") {
      upload.phase = "waiting";
      const goOn = (): void => void (upload.phase === "waiting" && this.#begin(upload));
      void session.prove(shown).then(goOn, () => upload.backoff.retry(goOn));
    } else if (kind === "foreign") {
      this.#foreign = new Set([...this.#foreign, upload.id]);
      upload.id = null;
      this.resume(upload);
    } else {
      upload.phase = "stopped";
      upload.fault = { gone: GONE, taken: TAKEN, refused: message }[kind];
      if (kind === "gone") upload.id = null; // whoever resumes it, begins anew
      this.#fill();
    }
  }

  /** The server is there again: nobody needs to wait. */
  #hurry(): void {
    for (const one of this.#all.filter(({ phase }) => phase === "waiting")) {
      one.backoff.reset();
      void this.#begin(one);
    }
    this.#fill();
  }

  /** Let go of what has become a video, or was removed by somebody. */
  #settle(videos: readonly Video[] | undefined): void {
    if (!videos) return;
    this.#movement.note(videos.filter(isResumable), performance.now());
    const accepted = new Map(videos.filter((video) => !isArrival(video)).map((video) => [video.id, video]));
    const known = new Set(videos.map(({ id }) => id));
    untrack(() => {
      const isOver = (id: string): boolean => accepted.has(id) || (this.#known.has(id) && !known.has(id));
      for (const upload of this.#all) {
        if (upload.phase !== "arrived" || upload.id === null || !isOver(upload.id)) continue;
        this.#forget(upload);
        const video = accepted.get(upload.id);
        if (video) this.#noteJoining(upload.channel);
        for (const notice of video ? noticesOf(video) : []) toasts.say(`“${video?.name}”: ${notice}`);
        if (video) this.#done += 1;
      }
      this.#known = known;
      this.#leaving = this.#leaving.size === 0 ? this.#leaving : new Set([...this.#leaving].filter((id) => known.has(id)));
      this.#fill();
    });
  }

  #isRefused({ id }: Upload): boolean {
    return (this.#videos ?? []).some((video) => video.id === id && video.state === "failed");
  }

  #noteJoining(channel: string): void {
    if (channel === "") return;
    this.#joined = [...this.#joined, channel];
    setTimeout(() => (this.#joined = this.#joined.slice(1)), JOINS_WITHIN_MS);
  }

  #forget(upload: Upload): void {
    this.#all = this.#all.filter((one) => one !== upload);
  }
}

function ask(event: BeforeUnloadEvent): void {
  if (!session.isOver) event.preventDefault(); // who signs out was asked before, and what was shown must go
}

export const uploads = new Uploads();
