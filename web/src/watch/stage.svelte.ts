interface ApplesVideo extends HTMLVideoElement {
  /** iPhones put only the video itself on the full screen. */
  webkitEnterFullscreen?(): void;
}

/** Where the picture stands: in the page, over the whole screen, or in a small window of its own. */
export class Stage {
  isFullscreen = $state(false);
  isPip = $state(false);
  readonly canPip = document.pictureInPictureEnabled;
  readonly #screen: HTMLElement;
  readonly #video: ApplesVideo;

  constructor(screen: HTMLElement, video: HTMLVideoElement) {
    this.#screen = screen;
    this.#video = video;
    screen.addEventListener("fullscreenchange", () => (this.isFullscreen = document.fullscreenElement === screen));
    video.addEventListener("enterpictureinpicture", () => (this.isPip = true));
    video.addEventListener("leavepictureinpicture", () => (this.isPip = false));
  }

  async toggleFullscreen(): Promise<void> {
    if (document.fullscreenElement) await document.exitFullscreen();
    else if (document.fullscreenEnabled) await this.#screen.requestFullscreen();
    else this.#video.webkitEnterFullscreen?.();
  }

  async togglePip(): Promise<void> {
    if (!this.canPip) return;
    if (document.pictureInPictureElement) await document.exitPictureInPicture();
    else if (this.#video.readyState > 0) await this.#video.requestPictureInPicture();
  }
}
