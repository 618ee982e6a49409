/** What opens an invitation: it is kept for this tab until it is used, so that a reload still finds it. */
import { memory } from "../../shared/memory.ts";

const KEY = "invitation";

export const secretOf = (path: string): string => path.split("#")[1] ?? "";

export const kept = (): string => memory.read(KEY, "tab") ?? "";

export const keep = (secret: string): void => memory.write(KEY, secret, "tab");

export const forget = (): void => memory.write(KEY, null, "tab");
