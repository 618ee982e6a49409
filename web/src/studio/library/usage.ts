/** Where videos are used, and what their deletion would do, in the words of people. Pure. */
import { countText, lengthWords } from "../../shared/format.ts";
import type { Usage, Use } from "../../shared/types.ts";

const NAMED = 3;

/** Say whether some channel would notice that the videos are gone, or nobody could bring them back. */
export function isNoticed({ playlists, slates, keepDeletedSeconds }: Usage): boolean {
  return playlists > 0 || slates > 0 || keepDeletedSeconds === 0;
}

/** Say in sentences what the deletion of so many videos means; the last one says whether there is a way back. */
export function consequences(usage: Usage, count: number): readonly string[] {
  const { uses, onAir, leftEmpty, playlists, slates, keepDeletedSeconds } = usage;
  const [it, is] = count === 1 ? ["It", "is"] : ["They", "are"];
  const named = (test: (use: Use) => boolean, total: number): string => titlesText(uses.filter(test), total);
  return [
    onAir > 0 ? `On air now in ${named((use) => use.onAir, onAir)}.` : "",
    leftEmpty > 0 ? `${named((use) => use.leavesNothing, leftEmpty)} will have nothing left to show.` : "",
    playlists > 0 ? `${it} ${is} in ${named((use) => use.times > 0, playlists)}: ${countText(playlists, "playlist")}.` : "",
    slates > 0 ? `Standby picture of ${named((use) => use.isSlate, slates)}.` : "",
    keepDeletedSeconds > 0
      ? `The bin keeps ${it === "It" ? "it" : "them"} for ${lengthWords(keepDeletedSeconds)}. Restoring a video also puts it back into its playlists.`
      : `This server keeps nothing in the bin: ${it.toLowerCase()} cannot be restored.`,
  ].filter((sentence) => sentence !== "");
}

/** "Main", "Main and Kids", "Main, Kids, News and 7 more". total: how many there are. */
function titlesText(uses: readonly Use[], total: number): string {
  const titles = uses.slice(0, NAMED).map(({ title }) => title);
  const more = total - titles.length;
  const all = more > 0 ? [...titles, `${more.toLocaleString()} more`] : titles;
  return all.length < 2 ? (all[0] ?? "") : `${all.slice(0, -1).join(", ")} and ${all.at(-1)}`;
}

/** What else is to be said of one channel that uses a video: "2 times, on air". */
export function useText({ times, onAir, isSlate }: Use): string {
  const parts = [
    times > 1 ? `${times.toLocaleString()} times` : "",
    isSlate ? "standby picture" : "",
    onAir ? "on air" : "",
  ];
  return parts.filter((part) => part !== "").join(", ");
}
