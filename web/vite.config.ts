import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig, loadEnv } from "vite";
import { chunkOf, viewersPages } from "./viewers.ts";

// Addresses stay relative: the server tells every page how far it is from the root, so that the pages work behind
// a proxy that adds a path. `npm run dev` asks a server that runs beside it for everything that is not a page.
const server = loadEnv("", ".", "INSTA_STREAM_")["INSTA_STREAM_SERVER"] ?? "http://127.0.0.1:3000";
const proxy = Object.fromEntries(
  ["/api", "/stream", "/media", "^/t/[^/]+/(stream|media)/", "/health", "/guide.xml", "/channels.m3u"].map((path) => [
    path,
    { target: server, ws: path === "/api" },
  ]),
);

export default defineConfig({
  base: "./",
  plugins: [svelte({ configFile: false }), viewersPages()],
  build: {
    outDir: "../src/insta_stream/web/static",
    emptyOutDir: true,
    target: "es2022",
    cssTarget: ["chrome123", "firefox120", "safari17.5"],
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 700,
    license: { fileName: "licences.json" }, // of what is bundled; the page About shows them
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: chunkOf, debugName: "viewers", includeDependenciesRecursively: false }] } } },
  },
  server: { proxy },
});
