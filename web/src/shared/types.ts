/**
 * What goes over the wire: the JSON of the HTTP API (docs/reference/api.md) and of the events. Times are ISO 8601 in
 * UTC, durations seconds.
 */

export type Moment = string;
/** Who may watch a channel: everybody, whoever has a link, or only who signs in. */
export type Playback = "public" | "link" | "signed_in";
export type ChannelState = "off" | "on" | "paused";
export type VideoState = "uploading" | "inspecting" | "packaging" | "ready" | "failed";

export interface VideoBrief {
  readonly id: string;
  readonly name: string;
  readonly duration: number;
}

export interface EntryBrief extends VideoBrief {
  readonly entry: string;
}

export interface Progress {
  readonly step: string;
  readonly percent: number;
  readonly fps: number;
  readonly speed: number;
  readonly etaSeconds: number | null;
}

export interface Caution {
  readonly code: string;
  readonly message: string;
}

export interface Video extends VideoBrief {
  readonly state: VideoState;
  readonly progress: Progress;
  readonly airable: boolean;
  readonly airableAt: Moment | null;
  readonly sizeBytes: number;
  readonly diskUseBytes: number;
  /** Of that, the uploaded file; 0 when it was dropped. */
  readonly originalBytes: number;
  readonly addedAt: Moment;
  readonly cautions: readonly Caution[];
  readonly error: string;
  readonly posterUrl: string | null;
  readonly stripUrl: string | null;
  readonly strip: StripLayout | null;
  /** An HLS playlist of the video by itself; null while there is nothing to play. */
  readonly previewUrl: string | null;
  readonly width: number;
  readonly height: number;
  readonly frameRate: string;
  readonly videoCodec: string;
  readonly audioCodec: string;
  /** Who uploaded it; null where nobody signed in. */
  readonly owner: string | null;
}

/** A deleted video that can be restored, until `goneAt`. */
export interface DeletedVideo {
  readonly video: Video;
  readonly deletedAt: Moment;
  readonly goneAt: Moment;
}

/** A place in a playlist: `id` is the video's, `entry` the place's. */
export interface PlaylistEntry extends EntryBrief {
  readonly addedAt: Moment;
  readonly state: VideoState;
  readonly airable: boolean;
  readonly airsAt: Moment | null;
}

export interface Playlist {
  readonly isPlaying: boolean;
  readonly currentIndex: number;
  readonly totalVideos: number;
  readonly currentVideo: EntryBrief | null;
  readonly playlist: readonly PlaylistEntry[];
  readonly canUndo: boolean;
}

export type StandbyReason = "empty" | "deleted" | "encoding" | "failed" | "no_quality" | "ready";

/** Why a channel that is on the air, and not paused, shows only its slate. */
export interface Standby {
  readonly since: Moment;
  readonly reason: StandbyReason;
  readonly message: string;
  readonly remedy: string;
  /** When the first of its videos can air, where that can be told. */
  readonly expectedAt: Moment | null;
}

export interface StreamStatus {
  readonly isStreaming: boolean;
  readonly streamUrl: string;
  readonly currentVideo: VideoBrief | null;
  readonly playlistStatus: Playlist;
  readonly state: ChannelState;
  readonly standby: Standby | null;
  readonly position: number | null;
  readonly startedAt: Moment | null;
}

export interface Rung {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly bandwidth: number;
}

export interface Channel {
  readonly slug: string;
  readonly title: string;
  readonly state: ChannelState;
  /** Set while the slate is all that viewers get; null in a pause, too. */
  readonly standby: Standby | null;
  readonly rungs: readonly string[];
  readonly windowSeconds: number;
  readonly slate: string | null;
  readonly playback: Playback;
  readonly createdAt: Moment;
  readonly startedAt: Moment | null;
  readonly streamUrl: string;
  readonly totalVideos: number;
  readonly currentVideo: EntryBrief | null;
  /** What viewers get at this moment, the slate included. */
  readonly onAir: Showing | null;
  /** Of the present broadcast, best first: `rungs` are those of the next one. */
  readonly rungsOnAir: readonly string[] | null;
  /** Why what is stored of it cannot be read; "" where it can. A start begins it anew. */
  readonly error: string;
}

/** A way to watch one channel, for whoever has it. */
export interface PlaybackLink {
  readonly id: string;
  readonly label: string;
  /** "/t/{token}" */
  readonly folder: string;
  readonly createdAt: Moment;
  /** null: it holds until somebody ends it. */
  readonly expiresAt: Moment | null;
  /** Who made it. */
  readonly by: string | null;
  /** It plays only inside pages of this site. */
  readonly site: string | null;
  /** It plays only from this address. */
  readonly address: string | null;
}

/** With it, a website makes links by itself. channel: for which; null for every one. */
export interface PlaybackKey {
  readonly id: string;
  readonly label: string;
  /** With it, this server itself makes links. */
  readonly isOwn: boolean;
  readonly channel: string | null;
  readonly createdAt: Moment;
}

/** Where television software finds what: paths on this server. */
export interface TvAddresses {
  readonly channels: string;
  readonly guide: string;
  /** They have a secret that can be replaced; one that comes from the server's token changes with that. */
  readonly isReplaceable: boolean;
}

export interface ChannelList {
  readonly channels: readonly Channel[];
  readonly ladder: readonly Rung[];
}

/** When viewers see an edit. */
export interface Effect {
  readonly effectiveAt: Moment;
  /** As the topic of the channel has it: a topic with a lower one is from before the edit. */
  readonly revision: number;
}

/** What an edit makes of a channel. back: where a jump takes a skip or a jump back to; null where nothing does. */
export interface Steered extends Effect {
  readonly next: { readonly entry: string; readonly id: string; readonly name: string } | null;
  readonly back: { readonly entry: string; readonly id: string; readonly name: string; readonly offset: number } | null;
}

/** What a channel has of some videos. leavesNothing: without them, only the slate can air. */
export interface Use {
  readonly slug: string;
  readonly title: string;
  readonly state: ChannelState;
  readonly times: number;
  readonly onAir: boolean;
  readonly isSlate: boolean;
  readonly leavesNothing: boolean;
}

/** What all channels have of some videos: the 100 uses that matter most, and how many there are. */
export interface Usage {
  readonly uses: readonly Use[];
  readonly playlists: number;
  readonly onAir: number;
  readonly leftEmpty: number;
  readonly slates: number;
  readonly keepDeletedSeconds: number;
}

/** One showing of a video. firstOffset: where in the video it begins, in seconds. */
export interface Showing {
  readonly entry: string | null;
  readonly id: string | null;
  readonly name: string;
  readonly startsAt: Moment;
  readonly endsAt: Moment | null;
  readonly firstOffset: number;
  readonly isPartial: boolean;
  readonly isSlate: boolean;
  readonly isBackfilled: boolean;
}

export interface Airings {
  readonly from: Moment;
  readonly to: Moment;
  readonly airings: readonly Showing[];
  readonly next: Moment | null;
}

/** The topic `channel/{slug}`. The playhead stands at onAir.firstOffset + (now - onAir.startsAt). */
export interface ChannelTopic {
  readonly channel: Channel;
  readonly revision: number;
  readonly canUndo: boolean;
  readonly effectiveAt: Moment | null;
  readonly horizonSeconds: number;
  readonly lengthSeconds: number;
  readonly onAir: Showing | null;
  readonly upNext: readonly Showing[];
  readonly held: string | null;
  readonly entries: readonly PlaylistEntry[];
}

/** Where the server is; a zone without a name has null. */
export interface TimeZone {
  readonly name: string | null;
  readonly utcOffsetMinutes: number;
}

/** How thumbnails lie in a picture: in rows of `columns`; thumbnail i shows the video at about i * interval seconds. */
export interface StripLayout {
  readonly tiles: number;
  readonly columns: number;
  readonly tileWidth: number;
  readonly tileHeight: number;
  readonly interval: number;
}

/** A picture of thumbnails. */
export interface Strip extends StripLayout {
  readonly url: string;
}

/** What viewers are told of a showing. Addresses are relative to the document's own. */
export interface PublicShowing {
  readonly name: string;
  readonly startsAt: Moment;
  readonly endsAt: Moment | null;
  readonly offset: number;
  readonly isSlate: boolean;
  /** The video by itself. */
  readonly preview: string | null;
  readonly poster: string | null;
  readonly strip: Strip | null;
}

/** A channel in /stream/channels.json. */
export interface PublicChannel {
  readonly slug: string;
  readonly title: string;
  readonly state: ChannelState;
  readonly url: string;
  readonly windowSeconds: number;
  readonly now: PublicShowing | null;
  readonly next: PublicShowing | null;
}

/** /stream/channels.json: a page of all channels. total: how many there are; next: where the next page is. */
export interface PublicChannels {
  readonly serverTime: Moment;
  readonly channels: readonly PublicChannel[];
  readonly total: number;
  readonly next: string | null;
}

/** /stream/{channel}/now.json. past: within the window, oldest first; next: at most five. */
export interface PublicNow {
  readonly serverTime: Moment;
  readonly slug: string;
  readonly title: string;
  readonly state: ChannelState;
  readonly url: string;
  readonly windowSeconds: number;
  /** The playlist for going back, and how far back it goes; null while nothing is on the air. */
  readonly rewind: { readonly url: string; readonly from: Moment } | null;
  readonly past: readonly PublicShowing[];
  readonly now: PublicShowing | null;
  readonly next: readonly PublicShowing[];
}
