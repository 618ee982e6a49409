/** One attempt to send a file, or the rest of it, with tus. It tries nothing twice: that is for whoever asked. */
import { at } from "../../shared/root.ts";
import { isSameName } from "../../shared/search.ts";
import { session } from "../../shared/net/session.svelte.ts";
import { metadataIn } from "./metadata.ts";

const ENDPOINT = "api/uploads";
const UNREADABLE = "The browser can no longer read this file: it was changed, moved or deleted. Choose it again.";
const STRANGE = "The server sent an unexpected answer; its log may have details.";

/**
 * "away": trying again may help. "token": the server wants another token or session. "gone": the server no longer has the upload.
 * "taken": somebody else sends it now. "foreign": somebody else has begun it, who alone may go on with it. "refused": for
 * the reason in `message`.
 */
export interface Failure {
  readonly kind: "away" | "token" | "gone" | "taken" | "foreign" | "refused";
  readonly message: string;
}

interface Sender {
  /** The server has begun an upload with this id. */
  begun(id: string): void;
  progress(bytes: number): void;
  arrived(): void;
  failed(failure: Failure): void;
}

export interface What {
  readonly file: File;
  readonly channel: string;
  /** Of an upload that was begun; null for a new one. */
  readonly id: string | null;
}

/** Send until all bytes have arrived, or it fails; return how to stop it. After that, `to` is not told of anything. */
export function send(what: What, to: Sender): () => void {
  let stop = (): void => undefined;
  let isStopped = false;
  void import("tus-js-client").then(
    ({ Upload }) => {
      if (isStopped) return;
      const upload = new Upload(what.file, {
        ...placeOf(what),
        headers: session.headers,
        retryDelays: null,
        storeFingerprintForResuming: false,
        onUploadUrlAvailable: () => to.begun(idOf(upload.url ?? "")),
        onProgress: (bytes) => to.progress(bytes),
        onSuccess: () => to.arrived(),
        onError: (error) => void failureOf(error, what).then((failure) => isStopped || to.failed(failure)),
      });
      stop = () => void upload.abort();
      upload.start();
    },
    () => isStopped || to.failed({ kind: "away", message: "" }),
  );
  return () => {
    isStopped = true;
    stop();
  };
}

/** Without an endpoint, tus-js-client does not begin anew by itself when the server has forgotten an upload. */
function placeOf({ file, channel, id }: What) {
  if (id !== null) return { uploadUrl: at(`${ENDPOINT}/${id}`) };
  const metadata = { filename: file.name, modified: String(file.lastModified), ...(channel ? { channel } : {}) };
  return { endpoint: at(ENDPOINT), metadata };
}

const idOf = (url: string): string => url.slice(url.lastIndexOf("/") + 1);

interface Reply {
  getStatus(): number;
  getBody(): string;
}

async function failureOf(error: Error & { readonly originalResponse?: Reply | null }, { file, id }: What): Promise<Failure> {
  const reply = error.originalResponse;
  if (!reply || reply.getStatus() === 0) {
    return (await isReadable(file)) ? { kind: "away", message: "" } : { kind: "refused", message: UNREADABLE };
  }
  const { code, message } = problemIn(reply.getBody());
  return { kind: kindOf(reply.getStatus(), code, id !== null), message };
}

/** isBegun: the upload was there before. Pure. */
export function kindOf(status: number, code: string, isBegun: boolean): Failure["kind"] {
  if (status === 401) return "token";
  if (status === 403 && isBegun) return "foreign";
  if (status === 404 || status === 410) return "gone";
  if (code === "superseded") return "taken";
  const mayPass = status === 409 || status === 423 || status === 460 || (status >= 500 && status !== 507);
  return mayPass ? "away" : "refused";
}

function problemIn(body: string): { code: string; message: string } {
  try {
    const { code = "", message = STRANGE } = JSON.parse(body) as { code?: string; message?: string };
    return { code, message };
  } catch {
    return { code: "", message: STRANGE };
  }
}

async function isReadable(file: File): Promise<boolean> {
  try {
    await file.slice(0, 1).arrayBuffer();
    return true;
  } catch {
    return false;
  }
}

/**
 * Say whether an upload that the server has is of this file and, where that is asked, goes to the same playlist. Throws
 * TypeError where the server is away.
 */
export async function isOf(id: string, file: File, channel?: string): Promise<boolean> {
  const headers = { "tus-resumable": "1.0.0", ...session.headers };
  const reply = await fetch(at(`${ENDPOINT}/${id}`), { method: "HEAD", headers });
  const said = metadataIn(reply.headers.get("upload-metadata") ?? "");
  const isSameTime = !said.has("modified") || said.get("modified") === String(file.lastModified);
  const isSamePlace = channel === undefined || (said.get("channel") ?? "") === channel;
  return reply.ok && isSameName(said.get("filename") ?? "", file.name) && isSameTime && isSamePlace;
}
